import { InvariantError } from '../../base/assert.ts'
import type { Instant } from '../../base/clock.ts'
import { itemLog, moveItems, noteWorker, refreshBatch, requeueRange } from '../batch-state.ts'
import { cancelBatch, startGraces } from '../cancel.ts'
import type { ShardRan, ShardTaskFailure } from '../events.ts'
import type { ItemRange } from '../item-range.ts'
import { turnsOf } from '../dispatch.ts'
import { backoffMs, runLater, withJitter } from '../retry.ts'
import { limitRuns, ranTooLong } from '../run-limit.ts'
import type { Batch, SchedulerState, Shard } from '../scheduler-state.ts'
import { settleBatchIfDone, settleCancelled, settleCompleted, settleFailed } from '../settle.ts'
import { observeCost } from '../task-cost.ts'
import { dismissWorker, heldShardOf, releaseShard } from '../worker-state.ts'

export function onShardRan(state: SchedulerState, event: ShardRan, now: Instant): void {
  const worker = state.workers.get(event.worker)
  if (worker === undefined) return
  const shard = heldShardOf(worker, event.shard)
  if (shard === undefined) return
  checkAnswer(event, shard)
  if (event.spent === true) worker.spent = true
  const alone = worker.held.length === 1
  releaseShard(state, worker, shard, now)
  startGraces(state, worker, now)
  limitRuns(state, worker, now)
  if (worker.spent && worker.phase === 'idle') {
    dismissWorker(state, worker, 'stop')
    state.commands.push({ kind: 'stop-worker', worker: worker.id })
  }
  worker.proven = true
  state.failedStarts = 0
  takeIn(state, shard, isTimedOut(shard, event, alone) ? timedOut(shard, event) : event, now)
}

/** What an answer says of the items of its shard. */
function takeIn(state: SchedulerState, shard: Shard, event: ShardRan, now: Instant): void {
  const { batch, range } = shard
  batch.runMs += event.runMs
  batch.pool.queue.correct(batch, turnsOf(state, event.runMs) - shard.turns)
  if (event.skipped !== true && event.ran > 0) {
    noteWorker(batch, event.worker)
    observeCost(batch.cost, event.ran, event.runMs)
    observeCost(batch.taskCost, event.ran, event.runMs)
  }
  forgetLogs(batch, range, event)
  if (event.skipped === true) settleCancelled(state, batch, range.block, event.ran, 'running')
  else settleCompleted(state, batch, range.block, event.ran - event.failures.length)
  if (event.ran < range.count) putBackRest(state, batch, shard.late ? { ...range, single: true } : range, event.ran)
  if (event.failures.length > 0) takeFailures(state, batch, range, event.failures, now)
  refreshBatch(state, batch, now)
  settleBatchIfDone(state, batch)
}

/**
 * The one item of a shard took too long, or was left for that. What was left while the worker held others may have been the first of them: a worker
 * that loops for ever has not sent the answers of the moment before.
 */
function isTimedOut(shard: Shard, event: ShardRan, alone: boolean): boolean {
  return ranTooLong(shard, event.runMs) || (alone && shard.late && shard.range.count === 1 && event.ran === 0)
}

/** What a worker says of an item that took too long does not count, whether it ended or was left. */
function timedOut({ batch }: Shard, event: ShardRan): ShardRan {
  return { ...event, ran: 1, failures: [{ at: 0, error: batch.timeout?.error, retryable: batch.timeout?.retryable ?? true }] }
}

/** An impossible answer is a fault of the worker's program; nothing of it is taken in, and the worker still holds the shard. */
function checkAnswer(event: ShardRan, shard: Shard): void {
  const { count } = shard.range
  if (!Number.isInteger(event.ran) || event.ran < 0 || event.ran > count) {
    throw new InvariantError(`worker ${event.worker} answered that ${event.ran} of ${count} items of shard ${event.shard} ran`)
  }
  if (!(event.runMs >= 0 && event.runMs < Number.POSITIVE_INFINITY)) {
    throw new InvariantError(`worker ${event.worker} answered that shard ${event.shard} ran for ${event.runMs} ms`)
  }
  let before = -1
  for (const { at } of event.failures) {
    if (!Number.isInteger(at) || at <= before || at >= event.ran) {
      throw new InvariantError(
        `worker ${event.worker} answered that item ${at} of shard ${event.shard} failed; ${event.ran} items ran, and failures come in ascending order`,
      )
    }
    before = at
  }
}

/** What ran without a failure needs its log no more. Only items that run again have one. */
function forgetLogs(batch: Batch, range: ItemRange, event: ShardRan): void {
  const { logs } = batch
  if (logs === null || logs.size === 0 || (range.attempt === 1 && !range.suspect)) return
  const from = range.block.from + range.offset
  let failure = 0
  for (let at = 0; at < event.ran; at++) {
    if (event.failures[failure]?.at === at) failure++
    else logs.delete(from + at)
  }
}

/** The items that did not run go back to where they were: before everything else of the batch. */
export function putBackRest(state: SchedulerState, batch: Batch, range: ItemRange, ran: number): void {
  const count = range.count - ran
  if (batch.phase === 'cancelling') {
    settleCancelled(state, batch, range.block, count, 'running')
    return
  }
  moveItems(batch, 'running', 'queued', count)
  requeueRange(batch, { ...range, offset: range.offset + ran, count, patient: ran === 0 }, 'front')
}

/** Items that threw: neighbours that may run again do so together, the others have failed. */
export function takeFailures(
  state: SchedulerState,
  batch: Batch,
  range: ItemRange,
  failures: readonly ShardTaskFailure[],
  now: Instant,
): void {
  const retriesLeft = range.attempt <= batch.retries
  for (let i = 0; i < failures.length;) {
    const first = failures[i] as ShardTaskFailure
    if (!retriesLeft || !first.retryable) {
      failForGood(state, batch, range, first, now)
      i++
      continue
    }
    let count = 1
    while (failures[i + count]?.at === first.at + count && failures[i + count]?.retryable === true) count++
    runAgain(state, batch, range, failures.slice(i, i + count), now)
    i += count
  }
}

function failForGood(state: SchedulerState, batch: Batch, range: ItemRange, failure: ShardTaskFailure, now: Instant): void {
  const index = range.block.from + range.offset + failure.at
  const earlier = batch.logs?.get(index)?.errors
  const errors = earlier === undefined ? [failure.error] : [...earlier, failure.error]
  settleFailed(state, batch, range.block, index, { kind: 'task', errors })
  if (batch.failFast) cancelBatch(state, batch, 'failure', now)
}

/** Neighbours, all of which may run again. In a cancelled batch they do not. */
function runAgain(state: SchedulerState, batch: Batch, range: ItemRange, failures: readonly ShardTaskFailure[], now: Instant): void {
  const [first] = failures
  if (first === undefined) return
  if (batch.phase === 'cancelling') {
    settleCancelled(state, batch, range.block, failures.length, 'running')
    return
  }
  const from = range.block.from + range.offset
  for (const { at, error } of failures) itemLog(batch, from + at).errors.push(error)
  moveItems(batch, 'running', 'queued', failures.length)
  const again = { ...range, offset: range.offset + first.at, count: failures.length, attempt: range.attempt + 1, patient: false }
  const waitMs = backoffMs(batch.backoffMs, range.attempt, state.options.retryBackoffMaxMs)
  runLater(state, batch, again, withJitter(state, batch, waitMs), now)
}
