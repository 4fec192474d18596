import { ForkpoolError } from '../base/errors.ts'
import { FLOCK, posix, RANGE_LOCK } from './posix.ts'
import { segmentDirectory } from './segment-directory.ts'

// Not by `import`: see `nameless-memory.ts`.
const { closeSync, constants, openSync, readFileSync, readlinkSync } = process.getBuiltinModule('node:fs')

/**
 * Who uses a shared-memory file, written where the kernel itself keeps the books: in file locks, which end with the file descriptor,
 * whatever way its process ends. Names with process numbers would do as well only until a number is used again, or until two containers
 * share the memory but not the numbers.
 *
 * On Linux each holder has a read lock, owned by its open file (`F_OFD_SETLK`), on one byte whose position stands for its process; so
 * "does any other process hold it?" and "does anybody hold it?" are both one attempt at a write lock. Elsewhere it is `flock`, which
 * cannot tell the threads of the own process from strangers: there a file may stay until the next sweep.
 */

const isLinux: boolean = process.platform === 'linux'
let ownByte: bigint | undefined

/** The byte that stands for this process: all its threads compute the same, no other process does (62 bits of a hash). */
function processByte(): bigint {
  const { createHash } = process.getBuiltinModule('node:crypto')
  ownByte ??= BigInt(`0x${createHash('sha256').update(processName()).digest('hex').slice(0, 15)}`) + 1n
  return ownByte
}

function processName(): string {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  return `${readlinkSync('/proc/self/ns/pid')} ${process.pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
}

/** Notes that this open file is in use, until it is closed. */
export function holdLease(fd: number): void {
  if (isLinux) posix().lockRange(fd, RANGE_LOCK.READ, processByte(), 1n)
  else posix().lockFile(fd, FLOCK.SHARED)
}

/**
 * Whether nobody but this open file uses it. Call within `withDirectory`, so that nobody begins to use it afterwards.
 * @param ownProcess `ignored`: the other threads of this process, which are about to end with it, do not count.
 */
export function isLastHolder(fd: number, ownProcess: 'counted' | 'ignored'): boolean {
  if (!isLinux) return posix().lockFile(fd, FLOCK.EXCLUSIVE | FLOCK.NO_WAIT)
  if (ownProcess === 'counted') return posix().lockRange(fd, RANGE_LOCK.WRITE, 0n, 0n)
  const byte = processByte()
  return posix().lockRange(fd, RANGE_LOCK.WRITE, 0n, byte) && posix().lockRange(fd, RANGE_LOCK.WRITE, byte + 1n, 0n)
}

/** Longer than any honest holder: each holds it for a few system calls. */
const DIRECTORY_WAIT_MS = 2000
const DIRECTORY_PAUSE_MS = 1
const pillow = new Int32Array(new SharedArrayBuffer(4))

/**
 * Runs `change` while no other process creates, attaches, or removes a segment: a lock on the folder itself, which leaves no file
 * behind. @throws ForkpoolError TIMED_OUT when another process holds it for 2 seconds.
 */
export function withDirectory<Result>(change: (directory: string) => Result): Result {
  const directory = segmentDirectory()
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    for (let waitedMs = 0; !posix().lockFile(fd, FLOCK.EXCLUSIVE | FLOCK.NO_WAIT); waitedMs += DIRECTORY_PAUSE_MS) {
      if (waitedMs >= DIRECTORY_WAIT_MS) throw new ForkpoolError('TIMED_OUT', `Another process holds the lock on ${directory}.`)
      Atomics.wait(pillow, 0, 0, DIRECTORY_PAUSE_MS)
    }
    return change(directory)
  } finally {
    closeSync(fd)
  }
}
