import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { refreshBatch } from './batch-state.ts'
import { dropBackoffs } from './retry.ts'
import type { Batch, SchedulerState, Worker } from './scheduler-state.ts'
import { settleCancelled } from './settle.ts'
import { BATCH_TRANSITIONS, transition } from './transitions.ts'
import { dismissWorker, placeWorker } from './worker-state.ts'

/**
 * Cancels what is queued, at once, and asks workers to leave what they hold. The batch settles when they have answered or are lost.
 * Does nothing where it was done before.
 */
export function cancelBatch(state: SchedulerState, batch: Batch, now: Instant): void {
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
    startGrace(state, worker, now)
  }
}

/**
 * Starts the time within which the worker must answer, if what it runs was aborted. To be called when that became so. An aborted shard that
 * stands behind another has all the time that the other takes: it is not its worker that is slow.
 */
export function startGrace(state: SchedulerState, worker: Worker, now: Instant): void {
  const running = worker.held[0]
  if (running === undefined || !running.aborted || worker.phase !== 'busy') return
  state.graces.push({ at: after(now, state.options.cancelGraceMs), worker, shard: running })
}

/** Kills the workers that have not answered in time. */
export function endGraces(state: SchedulerState, now: Instant): void {
  for (let head = state.graces.peek(); head !== undefined && head.at <= now; head = state.graces.peek()) {
    state.graces.shift()
    const { worker, shard } = head
    if (worker.phase !== 'busy' || worker.held[0] !== shard) continue
    dismissWorker(state, worker, 'kill')
    state.commands.push({ kind: 'kill-worker', worker: worker.id })
  }
}
