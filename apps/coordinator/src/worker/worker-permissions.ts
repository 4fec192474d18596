import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { COMPILE_CACHE } from './worker-environment.ts'

export interface PermissionOptions {
  /** Task modules, absolute paths. */
  readonly taskModules: readonly string[]
  /** Folders that tasks may read, absolute paths. */
  readonly taskRoots: readonly string[]
  /** Native addons may be loaded: what they do nobody checks. */
  readonly addons: boolean
}

/**
 * The flags of Node for a worker under Node's permission model: it may read the folders of its task modules, the packages that they and
 * Forkpool need, and the task roots; write nothing, start no process, no thread, no WASI, load no addon. The two permissions that a start needs,
 * to write the compile cache and to start the watchdog's thread, are given up before the first task runs (`sealWorker`): a thread would not
 * be bound by the model.
 */
export function permissionFlags(options: PermissionOptions): readonly string[] {
  const readable = readableFolders(options)
  try {
    mkdirSync(COMPILE_CACHE, { recursive: true })
    readable.push(...withRealPath(COMPILE_CACHE))
  } catch {
    // Where the package is read-only there is no compile cache, and workers start later.
  }
  return [
    '--permission',
    // It warns of the flag --allow-worker, which is why the permission is given up again.
    '--disable-warning=PERM0006',
    '--allow-worker',
    `--allow-fs-write=${COMPILE_CACHE}`,
    ...new Set(readable.map((folder) => `--allow-fs-read=${folder}`)),
    ...(options.addons ? ['--allow-addons'] : []),
  ]
}

/**
 * Throws where a file that no task may see lies in a folder that tasks may read.
 * @param secrets such files by the flag that names them; undefined where the flag was not given.
 */
export function checkOutOfReach(secrets: Readonly<Record<string, string | undefined>>, options: PermissionOptions): void {
  const readable = readableFolders(options)
  for (const [flag, file] of Object.entries(secrets)) {
    if (file === undefined) continue
    const folder = readable.find((one) => withRealPath(path.resolve(file)).some((place) => isBelow(place, one)))
    if (folder !== undefined)
      throw new ForkpoolError(
        'BAD_ARGUMENT',
        `--worker-permissions: tasks may read ${folder}, and ${file} (${flag}) lies in it; move it, or name other --task-roots`,
      )
  }
}

function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file)
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}

/** Folders, and single files, that workers may read. */
function readableFolders({ taskModules, taskRoots }: PermissionOptions): string[] {
  const own = fileURLToPath(new URL('../', import.meta.url))
  const core = path.dirname(createRequire(import.meta.url).resolve('@forkpool/pool-core/package.json'))
  const folders = [own, ...['src', 'dist'].map((part) => path.join(core, part)), ...taskModules.map((file) => path.dirname(file))]
  return [...folders, ...folders.flatMap(packagesAbove), ...taskRoots].flatMap(withRealPath)
}

/** Where Node looks for packages of a module in this folder: `package.json` and `node_modules` there and above. */
function packagesAbove(folder: string): readonly string[] {
  const found: string[] = []
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    found.push(path.join(at, 'package.json'), path.join(at, 'node_modules'))
    if (at === path.dirname(at)) return found
  }
}

/** Modules are loaded by their real path; nothing for what is not there. */
function withRealPath(file: string): readonly string[] {
  return existsSync(file) ? [file, realpathSync(file)] : []
}
