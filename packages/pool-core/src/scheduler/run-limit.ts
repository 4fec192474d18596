import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { startGraces } from './cancel.ts'
import type { SchedulerState, Shard, Worker } from './scheduler-state.ts'
import type { ShardId, WorkerId } from './ids.ts'
import { heldShardOf, placeWorker } from './worker-state.ts'

/** A run counts from when the worker could begin with it. It begins a little later, and the order to leave comes a little after it is sent. */
const WAY_MS = 10

/**
 * Sets the limits of what the worker has begun to run. To be called whenever that may have become more.
 *
 * Nobody tells the scheduler when a task of a shard begins. But between two tasks a worker leaves a shard that has run for `yieldAfterMs`. So one
 * that has not been answered for `yieldAfterMs` and `timeout.ms` together is in a task that began before it should have left, and has run for
 * `timeout.ms` at least. Which task that is shows when its neighbours and it run one by one. README.md has the ladder.
 */
export function limitRuns(state: SchedulerState, worker: Worker, now: Instant): void {
  if (worker.phase !== 'busy') return
  for (const shard of worker.held) {
    if (shard.lateAt === undefined) {
      shard.lateAt = after(now, limitOf(state, shard))
      if (shard.lateAt < Number.POSITIVE_INFINITY) lookAt(state, worker, shard.lateAt)
    }
    // What stands behind it has not begun.
    if (state.options.concurrency === 1 && !shard.waits) return
  }
}

/** Asks workers to leave what takes too long; the time within which they must answer begins. */
export function endRunLimits(state: SchedulerState, now: Instant): void {
  for (let due = state.runLimits.takeDue(now); due !== undefined; due = state.runLimits.takeDue(now)) {
    due.worker.runLimit = null
    if (due.worker.phase === 'busy') endLimitsOf(state, due.worker, now)
  }
}

function endLimitsOf(state: SchedulerState, worker: Worker, now: Instant): void {
  let asked = false
  for (const shard of worker.held) {
    if (shard.lateAt === undefined || shard.aborted) continue
    if (shard.lateAt > now) {
      if (shard.lateAt < Number.POSITIVE_INFINITY) lookAt(state, worker, shard.lateAt)
      continue
    }
    shard.late = true
    shard.aborted = true
    asked = true
    state.commands.push({ kind: 'abort-shard', worker: worker.id, shard: shard.id })
  }
  if (!asked) return
  placeWorker(state, worker)
  startGraces(state, worker, now)
}

/**
 * Whether the one task of this shard has run for too long, when its worker says that it took `runMs`: the worker's own clock decides, for on the
 * way back the answer may have waited. Its result does not count then. False for a shard of several tasks: those that ran have run in time.
 */
export function ranTooLong({ batch, late, range }: Shard, runMs: number): boolean {
  return late && range.count === 1 && batch.timeout !== undefined && runMs > batch.timeout.ms
}

/**
 * Whether the task of this shard, which this worker holds, took too long when it took `runMs`. The host asks before it hands over `shard-ran`:
 * the result is to be dropped then, and the task fails, or runs again.
 */
export function isShardTooLate(state: SchedulerState, worker: WorkerId, shard: ShardId, runMs: number): boolean {
  const holder = state.workers.get(worker)
  const held = holder === undefined ? undefined : heldShardOf(holder, shard)
  return held !== undefined && ranTooLong(held, runMs)
}

function limitOf(state: SchedulerState, { batch, range }: Shard): number {
  if (batch.timeout === undefined) return Number.POSITIVE_INFINITY
  return batch.timeout.ms + WAY_MS + (range.count === 1 ? 0 : state.options.yieldAfterMs)
}

/** Keeps one entry a worker, and leaves one that is due too early: the shards of cheap tasks would else set thousands a second. */
function lookAt(state: SchedulerState, worker: Worker, at: Instant): void {
  if (worker.runLimit !== null) {
    if (worker.runLimit.at <= at) return
    state.runLimits.drop(worker.runLimit)
  }
  worker.runLimit = { at, sequence: state.runLimits.nextSequence(), dropped: false, worker }
  state.runLimits.add(worker.runLimit)
}
