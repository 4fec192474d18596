import { InvariantError } from '../../base/assert.ts'
import type { Instant } from '../../base/clock.ts'
import { ForkpoolError } from '../../base/errors.ts'
import { addBlock, createBatch, refreshBatch } from '../batch-state.ts'
import type { BatchEnded, BatchOpened, BatchPaused, ItemsAdded } from '../events.ts'
import { PRIORITY_MAX, PRIORITY_MIN } from '../fair-queue.ts'
import type { SchedulerState } from '../scheduler-state.ts'
import { settleBatchIfDone, settleCancelled } from '../settle.ts'
import { BATCH_TRANSITIONS, transition } from '../transitions.ts'

export function onBatchOpened(state: SchedulerState, event: BatchOpened): void {
  if (state.drain !== 'no') throw new ForkpoolError('DRAINING')
  const pool = state.pools.get(event.pool)
  if (pool === undefined) throw new InvariantError(`batch ${event.batch} is for pool ${event.pool}, which is not set`)
  if (state.batches.has(event.batch)) throw new InvariantError(`batch ${event.batch} is open already`)
  checkWhole(event.batch, 'priority', event.priority, PRIORITY_MIN, PRIORITY_MAX)
  checkWhole(event.batch, 'retries', event.retries, 0)
  if (event.chunkSize !== undefined) checkWhole(event.batch, 'chunkSize', event.chunkSize, 1)
  if (event.total !== undefined) checkWhole(event.batch, 'total', event.total, 0)
  if (!(event.backoffMs >= 0)) throw new InvariantError(`backoffMs of batch ${event.batch} must be at least 0, not ${event.backoffMs}`)
  state.batches.set(event.batch, createBatch(event, pool, state.costs.of(event.task)))
  pool.openBatches++
}

export function onItemsAdded(state: SchedulerState, event: ItemsAdded, now: Instant): void {
  const batch = state.batches.get(event.batch)
  if (batch === undefined) return
  if (batch.phase === 'closing') throw new InvariantError(`items for batch ${event.batch}, whose input has ended`)
  checkWhole(event.batch, 'item count', event.count, 1)
  if (!(event.bytes >= 0)) throw new InvariantError(`bytes of a block of batch ${event.batch} must be at least 0, not ${event.bytes}`)
  const block = addBlock(batch, event.count, event.bytes)
  if (batch.phase === 'cancelling') {
    block.cut = block.count
    batch.freshBlock = null
    batch.lastBlock = null
    batch.fresh = 0
    settleCancelled(state, batch, block, block.count, 'queued')
    return
  }
  refreshBatch(state, batch, now)
}

export function onBatchEnded(state: SchedulerState, event: BatchEnded): void {
  const batch = state.batches.get(event.batch)
  if (batch === undefined || batch.phase === 'cancelling') return
  batch.phase = transition(BATCH_TRANSITIONS, batch.phase, 'end')
  settleBatchIfDone(state, batch)
}

export function onBatchPaused(state: SchedulerState, event: BatchPaused, now: Instant): void {
  const batch = state.batches.get(event.batch)
  if (batch === undefined || batch.paused === event.paused) return
  batch.paused = event.paused
  refreshBatch(state, batch, now)
}

function checkWhole(batch: string, name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new InvariantError(`${name} of batch ${batch} must be a whole number from ${least} to ${most}, not ${value}`)
}
