import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type * as Koffi from 'koffi'

const FILE = 'lock'
const LOCK_EX_NB = 2 | 4

/** Whether this open file has the lock of the whole file now. */
type TryLock = (fd: number) => boolean

/**
 * At most one coordinator at a time uses a data directory: a lock on a file in it, which the kernel lets go when its owner is gone,
 * however it went. Inside the file stands who has it, for people.
 */
export class DataLock {
  readonly #fd: number

  /** @throws ForkpoolError DATA_DIR when another process has it. */
  constructor(dataDir: string) {
    const path = join(dataDir, FILE)
    this.#fd = openLockFile(path)
    const locked = flock()?.(this.#fd) ?? isOwnerGone(path)
    if (!locked) {
      closeSync(this.#fd)
      throw new ForkpoolError(
        'DATA_DIR',
        `data directory ${dataDir} is in use by another coordinator (${ownerOf(path)}): give this one its own with --data-dir, or --ephemeral`,
      )
    }
    ftruncateSync(this.#fd)
    try {
      writeSync(this.#fd, `process ${process.pid} on ${hostname()}\n`)
    } catch {
      // On a full disk the coordinator starts all the same: results of what is there may still be read, and batches dropped.
    }
  }

  /** Lets the directory go. The file stays: to remove it would let two in who opened it before and after. */
  release(): void {
    ftruncateSync(this.#fd)
    closeSync(this.#fd)
  }
}

function openLockFile(path: string): number {
  try {
    return openSync(path, 'a+', 0o600)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ForkpoolError('DATA_DIR', `data directory cannot be written: ${reason}`, { cause })
  }
}

/** `flock` of this system's C library; undefined on Windows. */
function flock(): TryLock | undefined {
  if (process.platform === 'win32') return undefined
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
  const call = koffi.load(null).func('int flock(int fd, int operation)') as (fd: number, operation: number) => number
  return (fd) => call(fd, LOCK_EX_NB) === 0
}

/** Without `flock`: the process that the file names is not there. Weaker, as process numbers come again. */
function isOwnerGone(path: string): boolean {
  const pid = Number(/^process (\d+) /.exec(readFileSync(path, 'utf8'))?.[1] ?? 0)
  if (pid === 0 || pid === process.pid) return true
  try {
    return !process.kill(pid, 0)
  } catch {
    return true
  }
}

function ownerOf(path: string): string {
  return readFileSync(path, 'utf8').trim() || 'which has not said who it is'
}
