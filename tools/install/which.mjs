import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Everything that is installed for the tests alone lies here; Git ignores it, and it can be deleted at any time. */
export const CACHE = path.join(ROOT, '.cache')

/** Programs that `npm test` fetched or built. */
export const CACHE_BIN = path.join(CACHE, 'bin')

/** The Python environment of the tests. */
export const VENV = path.join(CACHE, 'venv')

const VENV_BIN = path.join(VENV, process.platform === 'win32' ? 'Scripts' : 'bin')
const EXTENSIONS = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : ['']

/**
 * The path of a program: the project's own copy first, then the one on PATH.
 *
 * @param {string} name
 * @returns {string | undefined} an absolute path; undefined when there is no such program
 */
export function which(name) {
  return find(name, [CACHE_BIN, VENV_BIN]) ?? whichOnPath(name)
}

/**
 * The path of a program on PATH, the project's own copies left out.
 *
 * @param {string} name
 * @returns {string | undefined} an absolute path; undefined when there is no such program
 */
export function whichOnPath(name) {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder))
  return find(name, folders)
}

/**
 * @param {string} name
 * @param {readonly string[]} folders
 * @returns {string | undefined}
 */
function find(name, folders) {
  for (const folder of folders) {
    for (const extension of EXTENSIONS) {
      const candidate = path.join(folder, name + extension)
      if (isProgram(candidate)) return candidate
    }
  }
  return undefined
}

/**
 * @param {string} file
 * @returns {boolean}
 */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
