import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { refreshBatch } from './batch-state.ts'
import { dropBackoffs } from './retry.ts'
import type { Batch, Grace, SchedulerState, Worker } from './scheduler-state.ts'
import { settleCancelled } from './settle.ts'
import { BATCH_TRANSITIONS, transition } from './transitions.ts'
import { placeWorker } from './worker-state.ts'

/**
 * Cancels what is queued, at once, and asks workers to leave what they hold. The batch settles when they have answered or are lost.
 * Where it was done before, only the caller's own cancellation still changes the outcome.
 */
export function cancelBatch(state: SchedulerState, batch: Batch, reason: NonNullable<Batch['cancelledFor']>, now: Instant): void {
  if (batch.cancelledFor === null || reason === 'caller') batch.cancelledFor = reason
  if (batch.phase === 'cancelling') return
  batch.phase = transition(BATCH_TRANSITIONS, batch.phase, 'cancel')
  for (let block = batch.freshBlock; block !== null; block = block.next) {
    const fresh = block.count - block.cut
    block.cut = block.count
    settleCancelled(state, batch, block, fresh, 'queued')
  }
  batch.freshBlock = null
  batch.lastBlock = null
  batch.fresh = 0
  for (const { block, count } of batch.requeued ?? []) settleCancelled(state, batch, block, count, 'queued')
  batch.requeued = null
  batch.requeuedItems = 0
  for (const { block, count } of dropBackoffs(state, batch)) settleCancelled(state, batch, block, count, 'queued')
  refreshBatch(state, batch, now)
  if (batch.busyWorkers > 0) abortShards(state, batch, now)
}

function abortShards(state: SchedulerState, batch: Batch, now: Instant): void {
  for (const worker of state.workers.values()) {
    if (worker.pool !== batch.pool || worker.phase === 'killed') continue
    for (const shard of worker.held) {
      if (shard.batch !== batch) continue
      shard.aborted = true
      state.commands.push({ kind: 'abort-shard', worker: worker.id, shard: shard.id })
    }
    placeWorker(state, worker)
    startGraces(state, worker, now)
  }
}

/**
 * Starts the time within which the worker must answer, for what it runs and was asked to leave. To be called when that became so. An aborted
 * shard that stands behind another has all the time that the other takes: it is not its worker that is slow.
 */
export function startGraces(state: SchedulerState, worker: Worker, now: Instant): void {
  if (worker.phase !== 'busy') return
  const { cancelGraceMs, concurrency } = state.options
  for (const shard of worker.held) {
    if (shard.aborted && !shard.graced) {
      shard.graced = true
      state.graces.push({ at: after(now, cancelGraceMs), worker, shard })
    }
    // What stands behind it has not begun.
    if (concurrency === 1 && !shard.waits) return
  }
}

/** Takes the next shard that was to be left and was not in time, its worker busy with it; undefined where there is none. */
export function takeOverstayed(state: SchedulerState, now: Instant): Grace | undefined {
  for (let head = state.graces.peek(); head !== undefined && head.at <= now; head = state.graces.peek()) {
    state.graces.shift()
    if (head.worker.phase === 'busy' && head.worker.held.includes(head.shard)) return head
  }
  return undefined
}
