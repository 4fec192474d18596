import { closeSync, constants, fstatSync, openSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { ForkpoolError } from '@forkpool/pool-core/base'

/** Folders below which tasks may read, as the operator named them, and where they really are. Set once, before any task runs. */
let roots: readonly { readonly named: string; readonly real: string }[] = []

/** Allows tasks to read files below these folders, and no others. A folder that does not exist allows nothing. */
export function allowTaskRoots(folders: readonly string[]): void {
  roots = folders.flatMap((folder) => {
    try {
      return [{ named: path.resolve(folder), real: realpathSync.native(folder) }]
    } catch {
      return []
    }
  })
}

/** Reading must not wait for a writer where the path is a pipe, nor follow a link that appeared after the check. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

/**
 * Opens a regular file below the allowed folders, and gives its descriptor to `read`; closes it afterwards. A relative path counts from
 * the first folder. Errors: `NOT_ALLOWED` when the path, or the file that it really is behind links, lies outside all of them (whether
 * it exists or not is not told), or is no regular file; an `Error` with the system's code (`ENOENT`) when it cannot be opened.
 */
export function readBelowRoots<Result>(task: string, file: string, read: (descriptor: number) => Result): Result {
  const descriptor = openBelowRoots(task, file)
  try {
    return read(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function openBelowRoots(task: string, file: string): number {
  if (typeof file !== 'string' || file === '' || file.includes('\0')) {
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `${task} takes the path of a file, got ${typeof file === 'string' ? JSON.stringify(file) : typeof file}`,
    )
  }
  const [first] = roots
  if (first === undefined)
    throw new ForkpoolError('NOT_ALLOWED', `${task} may read no files: the coordinator was started without a task root`)
  const named = path.resolve(first.named, file)
  if (!roots.some((root) => isBelow(named, root.named) || isBelow(named, root.real))) throw outside(task, file)
  try {
    const real = realpathSync.native(named)
    if (!roots.some((root) => isBelow(real, root.real))) throw outside(task, file)
    const descriptor = openSync(real, OPEN_FLAGS)
    if (fstatSync(descriptor).isFile()) return descriptor
    closeSync(descriptor)
  } catch (thrown) {
    throw thrown instanceof ForkpoolError ? thrown : cannotOpen(task, file, thrown as NodeJS.ErrnoException)
  }
  throw new ForkpoolError('NOT_ALLOWED', `${task} reads regular files only: ${file} is none`)
}

function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file)
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}

function outside(task: string, file: string): ForkpoolError {
  return new ForkpoolError('NOT_ALLOWED', `${task} may not read ${file}: it is not below a folder that the operator allowed (task roots)`)
}

/** The system's error without the path that it really is, which is nobody's business. */
function cannotOpen(task: string, file: string, { code }: NodeJS.ErrnoException): Error {
  const why =
    code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'the coordinator may not read it' : `the system says ${code}`
  return Object.assign(new Error(`${task} cannot read ${file}: ${why}`), { code })
}
