import { readFileSync, readlinkSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

/**
 * Who holds or waits: one thread of one process. `id` is above 0 and below 2^OWNER_BITS; together with `start` it is never given to another thread.
 * On Linux `id` is the kernel's thread number and `start` the thread's start time in clock ticks since boot, modulo 2^31 and never 0.
 * Elsewhere `id` is made of process number and Node's thread number, and `start` is 1.
 */
export interface Owner {
  readonly id: number
  readonly start: number
}

const isLinux: boolean = process.platform === 'linux'

/** Bits of an `id`. Linux numbers threads below 2^22 (`PID_MAX_LIMIT`), macOS processes below 2^17. */
export const OWNER_BITS: number = isLinux ? 22 : 25

let current: Owner | undefined

/** The thread that runs this code. */
export function currentOwner(): Owner {
  current ??= isLinux ? linuxOwner() : { id: (process.pid % 0x2_0000) * 0x100 + (threadId % 0x100), start: 1 }
  return current
}

/** `/proc/thread-self` is a link to `PID/task/TID`: the only place where plain Node learns its kernel thread number. */
function linuxOwner(): Owner {
  const id = Number(readlinkSync('/proc/thread-self').split('/')[2])
  return { id, start: startOf(id) ?? 1 }
}

/** In the flags of a thread: it has left user mode for good (`PF_EXITING`). So it may stand in `/proc` for some moments after it was joined. */
const EXITING = 0x4

/** Start time of a live thread; `undefined` when it is gone, on its way there, or a zombie. */
function startOf(id: number): number | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${id}/stat`, 'latin1')
  } catch {
    return undefined
  }
  // The second field is the program's name in parentheses and may hold anything, spaces and parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  if (state === 'Z' || state === 'X' || (Number(fields[6]) & EXITING) !== 0) return undefined
  return Number(BigInt(fields[19] ?? '1') & 0x7fff_ffffn) || 1
}

/**
 * Whether the thread still runs. A `start` of 0 means that the owner had no time yet to write it down, and counts as alive if the
 * number is in use. Costs one read of `/proc` (about 20 µs). Elsewhere than on Linux a thread counts as alive as long as its process.
 */
export function isOwnerAlive(id: number, start: number): boolean {
  if (isLinux) {
    const actual = startOf(id)
    return actual !== undefined && (start === 0 || actual === start)
  }
  try {
    process.kill(Math.floor(id / 0x100), 0)
    return true
  } catch {
    return false
  }
}

/** For messages: `thread 4713 of process 4711`, or `process 4711` for a main thread. */
export function describeOwner(id: number): string {
  if (!isLinux) return `thread ${id % 0x100} of process ${Math.floor(id / 0x100)}`
  try {
    const pid = /^Tgid:\s*(\d+)$/m.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1]
    return pid === undefined || Number(pid) === id ? `process ${id}` : `thread ${id} of process ${pid}`
  } catch {
    return `thread ${id}, which has ended`
  }
}
