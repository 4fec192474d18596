import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Texts that people write and read; a program that is one long line is not one. */
const TEXT = /\.(ts|tsx|js|mjs|cjs|md|json|py|yml|yaml|txt)$/
const MINIFIED = /\.min\.|\.map$/

/** Made from the others, or Git's own. */
const LEFT_OUT = new Set(['.git', '.next', '.turbo', '.cache', 'dist', 'coverage'])

/** npm's own record of what it installed. */
const NPM_RECORD = 'node_modules/.package-lock.json'

/** What tools keep in node_modules for themselves changes while they run. */
const TOOLS_OWN = /^\./

/** A chosen set of files, as tasks take them. */
export interface FileChoice {
  /** Relative to the root, with `/`. */
  readonly paths: readonly string[]
  readonly bytes: number
}

/**
 * Text files of the repository: first its own, then those of the packages in its node_modules, in the order of their names, until they
 * are `bytesWanted` together. The order does not depend on the file system, so that two runs count the same files.
 */
export function chooseFiles(root: string, bytesWanted: number): FileChoice {
  const paths: string[] = []
  let bytes = 0
  const take = (folder: string, enter: (name: string) => boolean): void => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      if (bytes >= bytesWanted) return
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      // Links are left out: workspaces are linked into node_modules and would count twice.
      if (entry.isDirectory() && enter(entry.name)) take(path, enter)
      else if (entry.isFile() && TEXT.test(entry.name) && !MINIFIED.test(entry.name) && path !== NPM_RECORD) {
        paths.push(path)
        bytes += statSync(join(root, path)).size
      }
    }
  }
  take('', (name) => name !== 'node_modules' && !LEFT_OUT.has(name))
  take('node_modules', (name) => !TOOLS_OWN.test(name))
  return { paths, bytes }
}

/**
 * Writes the choice into `folder` as JSON lines, which `forkpool … --items-file` reads, and returns the file's path. The repository's own
 * files are copied there first: one that an editor saves between two runs would look like a wrong result. Its packages stay as they are.
 */
export function writeItems(root: string, choice: FileChoice, folder: string): string {
  const lines = choice.paths.map((path) => {
    if (path.startsWith('node_modules/')) return JSON.stringify(join(root, path))
    const copy = join(folder, path)
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(join(root, path), copy)
    return JSON.stringify(copy)
  })
  const file = join(folder, 'items.jsonl')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}
