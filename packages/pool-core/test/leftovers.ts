import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'
import { until } from './sync-actors.ts'

/** What a program holds of the system, beside memory. Read from `/proc`, so on Linux only. */
interface Holdings {
  /** Identifiers of child processes. */
  readonly children: readonly string[]
  readonly threads: number
  /** What the open file descriptors lead to, without the numbers of pipes and sockets. */
  readonly descriptors: readonly string[]
  /** Handles and timers that the event loop knows: those that keep a program alive. */
  readonly resources: readonly string[]
  /** Entries of `/dev/shm`, of this program and of every other. */
  readonly shared: readonly string[]
}

/** Requests that are over with a turn of the loop, and are no handle. */
const PASSING = /^(FSReqCallback|FSReqPromise|Immediate|GetAddrInfoReqWrap|CloseReq)$/

function holdings(): Holdings {
  const tasks = readdirSync('/proc/self/task')
  return {
    children: tasks.flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean)).toSorted(),
    threads: tasks.length,
    descriptors: readdirSync('/proc/self/fd').flatMap(target).toSorted(),
    resources: process
      .getActiveResourcesInfo()
      .filter((name) => !PASSING.test(name))
      .toSorted(),
    shared: readdirSync('/dev/shm').toSorted(),
  }
}

function target(descriptor: string): string[] {
  try {
    return [readlinkSync(`/proc/self/fd/${descriptor}`).replace(/\d+/g, '')]
  } catch {
    // The descriptor with which the folder was read is closed again.
    return []
  }
}

/**
 * Runs `work`, and then waits until this program holds no more than before: what a closed pool leaves to the event loop (the last turn of a
 * closed pipe) is over within milliseconds; what is still there after 20 s is named.
 */
export async function leavingNothing(work: () => Promise<void>): Promise<void> {
  const before = holdings()
  await work()
  let left = leftOver(before, holdings())
  await until(
    () => (left = leftOver(before, holdings())).length === 0,
    () => `left over: ${left.join(', ')}`,
  )
}

/** What is there now and was not before; of things that look alike, those that are more. */
function leftOver(before: Holdings, now: Holdings): string[] {
  const kinds = ['children', 'descriptors', 'resources', 'shared'] as const
  const left = kinds.flatMap((kind) => {
    const gone = [...now[kind]]
    for (const one of before[kind]) {
      const at = gone.indexOf(one)
      if (at >= 0) gone.splice(at, 1)
    }
    return gone.map((one) => `${kind} ${one}`)
  })
  return now.threads > before.threads ? [...left, `${now.threads - before.threads} threads`] : left
}
