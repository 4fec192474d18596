import type * as Koffi from 'koffi'
import { ForkpoolError } from '../base/errors.ts'
import { loadKoffi } from './load-koffi.ts'
import type { KoffiCore } from './load-koffi.ts'
import type { WaitOutcome } from './memory.ts'

/** Numbers of the system call `futex` where Node runs on 64-bit Linux; elsewhere waiting is by polling. */
const FUTEX_CALLS: Readonly<Record<string, number>> = { x64: 202, arm64: 98, riscv64: 98, loong64: 98 }
/** `futex_waitv` came last and has one number on all of them (Linux 5.16). */
const FUTEX_WAITV_CALL = 449
const FUTEX_WAIT = 0
const FUTEX_WAKE = 1
const PROT_READ_WRITE = 3
const MAP_SHARED = 1
const MAP_PRIVATE_ANONYMOUS = 0x22
const F_OFD_SETLK = 37
const PR_SET_PDEATHSIG = 1
const SIGKILL = 9

/** Locks of a whole file, as `flock` takes them. */
export const FLOCK: { readonly SHARED: number; readonly EXCLUSIVE: number; readonly NO_WAIT: number } = {
  SHARED: 1,
  EXCLUSIVE: 2,
  NO_WAIT: 4,
}

/** Locks of a range of bytes, as `fcntl` takes them. */
export const RANGE_LOCK: { readonly READ: number; readonly WRITE: number; readonly NONE: number } = { READ: 0, WRITE: 1, NONE: 2 }

/** The few C functions that shared memory between processes needs and Node lacks. */
export interface Posix {
  /** Maps a file, or fresh private memory with `fd` -1. @returns the address. */
  map(fd: number, byteLength: number): number
  unmap(address: number, byteLength: number): void
  /** The mapped bytes. Detach it (`transfer(0)`) before `unmap`: a later access would end the process. */
  view(address: number, byteLength: number): ArrayBuffer
  /** @returns false when another open file holds a lock in the way. */
  lockFile(fd: number, mode: number): boolean
  /** Linux only: a lock owned by the open file, not by the process. `byteLength` 0 means up to the end. @returns as `lockFile`. */
  lockRange(fd: number, mode: number, start: bigint, byteLength: bigint): boolean
  /** Linux only: from now on the kernel kills this process when the thread ends that started it. @returns false where the kernel does not. */
  endWithParent(): boolean
  /** Whether this system has futex. */
  readonly hasFutex: boolean
  /** Whether it can wait for several words at once. */
  readonly hasFutexWaitv: boolean
  futexWait(address: number, expected: number, timeoutMs: number): WaitOutcome
  /** @returns how many were woken. */
  futexWake(address: number, count: number): number
  /** Sleeps on `count` entries of 24 bytes at `entries`; returns when any is woken or differs, or after `timeoutMs` at most. */
  futexWaitv(entries: number, count: number, timeoutMs: number): WaitOutcome
}

let loaded: Posix | undefined

/**
 * Loads `koffi` and libc at the first call: a program without process memory never loads native code.
 * @throws ForkpoolError NOT_SUPPORTED on Windows, or where koffi has no binary for this machine.
 */
export function posix(): Posix {
  loaded ??= load()
  return loaded
}

function load(): Posix {
  if (process.platform === 'win32')
    throw new ForkpoolError('NOT_SUPPORTED', 'Process memory needs a POSIX system; on Windows use thread memory.')
  let koffi: KoffiCore
  try {
    koffi = loadKoffi()
  } catch (cause) {
    throw new ForkpoolError(
      'NOT_SUPPORTED',
      `Process memory needs the package koffi, which has no binary for ${process.platform}-${process.arch}.`,
      { cause },
    )
  }
  // The program itself has libc loaded already, whichever libc it is.
  const libc = koffi.load(null)
  const mmap = libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)')
  const munmap = libc.func('int munmap(uint64_t address, size_t length)')
  const flock = libc.func('int flock(int fd, int operation)')
  const fcntl = libc.func('int fcntl(int fd, int command, void *argument)')
  const fail = (call: string): never => {
    throw new ForkpoolError('NOT_SUPPORTED', `${call} failed with errno ${koffi.errno()}.`)
  }
  return {
    map(fd, byteLength) {
      const address = Number(koffi.address(mmap(null, byteLength, PROT_READ_WRITE, fd === -1 ? MAP_PRIVATE_ANONYMOUS : MAP_SHARED, fd, 0)))
      return address === 2 ** 64 || address <= 0 ? fail('mmap') : address
    },
    unmap(address, byteLength) {
      munmap(address, byteLength)
    },
    view: (address, byteLength) => koffi.view(BigInt(address), byteLength),
    lockFile(fd, mode) {
      if (flock(fd, mode) === 0) return true
      return koffi.errno() === koffi.os.errno['EWOULDBLOCK'] ? false : fail('flock')
    },
    lockRange(fd, mode, start, byteLength) {
      // struct flock: type and whence as 16-bit numbers, then start, length, and a process number that must be 0 here.
      const lock = new BigInt64Array([BigInt(mode), start, byteLength, 0n])
      if (fcntl(fd, F_OFD_SETLK, lock) === 0) return true
      return koffi.errno() === koffi.os.errno['EAGAIN'] ? false : fail('fcntl')
    },
    endWithParent() {
      if (process.platform !== 'linux') return false
      const prctl = libc.func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)')
      return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) === 0
    },
    ...loadFutex(koffi, libc.func('long syscall(long number, uint64_t a, long b, long c, void *d, uint64_t e, uint64_t f)')),
  }
}

type Futex = Pick<Posix, 'hasFutex' | 'hasFutexWaitv' | 'futexWait' | 'futexWake' | 'futexWaitv'>

function loadFutex(koffi: KoffiCore, syscall: Koffi.KoffiFunc<(...args: unknown[]) => number>): Futex {
  const call = process.platform === 'linux' ? FUTEX_CALLS[process.arch] : undefined
  const { EAGAIN, ETIMEDOUT, EINVAL } = koffi.os.errno
  const timespec = new BigInt64Array(2)
  const isWaitvKnown = (): boolean => {
    syscall(FUTEX_WAITV_CALL, 0, 0, 0, null, 0, 0)
    return koffi.errno() === EINVAL
  }
  return {
    hasFutex: call !== undefined,
    hasFutexWaitv: call !== undefined && isWaitvKnown(),
    futexWait(address, expected, timeoutMs) {
      if (syscall(call, address, FUTEX_WAIT, expected, relativeTime(timespec, timeoutMs), 0, 0) === 0) return 'ok'
      const errno = koffi.errno()
      // A signal handler that ran (EINTR) is an early wake-up like any other.
      return errno === EAGAIN ? 'not-equal' : errno === ETIMEDOUT ? 'timed-out' : 'ok'
    },
    futexWake: (address, count) => Number(syscall(call, address, FUTEX_WAKE, Math.min(count, 0x7fff_ffff), null, 0, 0)),
    futexWaitv(entries, count, timeoutMs) {
      // This call takes the time at which to end, on the clock that process.hrtime reads (CLOCK_MONOTONIC is 1).
      const end = process.hrtime.bigint() + BigInt(Math.ceil(timeoutMs * 1e6))
      timespec[0] = end / 1_000_000_000n
      timespec[1] = end % 1_000_000_000n
      if (syscall(FUTEX_WAITV_CALL, entries, count, 0, timespec, 1, 0) >= 0) return 'ok'
      return koffi.errno() === ETIMEDOUT ? 'timed-out' : 'not-equal'
    },
  }
}

/** Fills a `struct timespec`; `null`, which is for ever, when the time is endless. */
function relativeTime(timespec: BigInt64Array, timeoutMs: number): BigInt64Array | null {
  if (timeoutMs === Infinity) return null
  const ns = Math.ceil(Math.max(0, timeoutMs) * 1e6)
  timespec[0] = BigInt(Math.floor(ns / 1e9))
  timespec[1] = BigInt(ns % 1e9)
  return timespec
}
