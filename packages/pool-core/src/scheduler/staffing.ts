import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { ExitCause } from '../base/errors.ts'
import { cancelBatch } from './cancel.ts'
import { shardsQueued } from './dispatch.ts'
import type { SchedulerState } from './scheduler-state.ts'
import { settleBatchIfDone } from './settle.ts'
import { dismissWorker } from './worker-state.ts'

/** Failed starts are consecutive while less than this lies between the end of one wait and the next failure. */
const FAILED_STARTS_FORGOTTEN_MS = 60_000

/**
 * Asks for the workers that are missing: as many as `baseWorkers` in all, and one for each shard that waits in a pool below its limit while
 * no worker is idle; those that start already count, and `maxWorkers` is never passed. To be called after `feedIdleWorkers`.
 */
export function staff(state: SchedulerState, now: Instant): void {
  state.startsWaiting = false
  const room = state.options.maxWorkers - state.workers.size - state.starting
  if (room <= 0) return
  const missing = Math.min(room, Math.max(missingForBase(state), missingForWork(state, room)))
  if (missing <= 0) return
  if (now < state.startsFrom) {
    state.startsWaiting = true
    return
  }
  state.starting += missing
  state.commands.push({ kind: 'start-workers', count: missing })
}

function missingForBase(state: SchedulerState): number {
  if (state.drain !== 'no') return 0
  return state.options.baseWorkers - (state.workers.size - state.leaving) - state.starting
}

function missingForWork(state: SchedulerState, room: number): number {
  // Where a pool is hungry, no worker is idle: those were fed.
  let wanted = 0
  for (let pool = state.hungry.first; pool !== null; pool = pool.next) {
    wanted += shardsQueued(state, pool, pool.size - pool.busyWorkers)
    if (wanted >= state.starting + room) break
  }
  return wanted - state.starting
}

/**
 * A worker ended before it was of any use. The next start waits, twice as long each time in a row, so that a broken start does not
 * become a loop of forks. Of several that were started together and failed together, one counts.
 */
export function noteFailedStart(state: SchedulerState, exit: ExitCause, now: Instant): void {
  state.failedStartExit = exit
  if (now < state.startsFrom) return
  if (now - state.startsFrom > FAILED_STARTS_FORGOTTEN_MS) state.failedStarts = 0
  const { restartBackoffMs, restartBackoffMaxMs } = state.options
  state.startsFrom = after(now, Math.min(restartBackoffMs * 2 ** state.failedStarts, restartBackoffMaxMs))
  state.failedStarts++
}

/**
 * Fails what is open when workers cannot be started: `failedStartsMax` starts in a row have failed, and no worker is left that could run it.
 * What is opened later waits for the next start, and fails if that does.
 */
export function failIfUnstaffed(state: SchedulerState, now: Instant): void {
  if (state.failedStarts < state.options.failedStartsMax || state.starting > 0 || state.workers.size > state.leaving) return
  for (const batch of state.batches.values()) {
    cancelBatch(state, batch, 'no-workers', now)
    settleBatchIfDone(state, batch)
  }
}

/** When the longest idle worker of the surplus is to be stopped; undefined without surplus, and after the drain. */
export function nextRetirement(state: SchedulerState): Instant | undefined {
  const worker = state.idle.first
  if (worker === null || state.drain === 'drained') return undefined
  if (state.workers.size - state.leaving + state.starting <= state.options.baseWorkers) return undefined
  return after(worker.idleSince, state.options.idleRetireMs)
}

/** Stops the surplus workers that were idle for long. */
export function retireSurplus(state: SchedulerState, now: Instant): void {
  for (let at = nextRetirement(state); at !== undefined && at <= now; at = nextRetirement(state)) {
    const worker = state.idle.first
    if (worker === null) return
    dismissWorker(state, worker, 'stop')
    state.commands.push({ kind: 'stop-worker', worker: worker.id })
  }
}
