import { InvariantError } from '../../base/assert.ts'
import type { Instant } from '../../base/clock.ts'
import { ForkpoolError } from '../../base/errors.ts'
import { addBlock, createBatch, itemLog, refreshBatch } from '../batch-state.ts'
import { setDeadline } from '../deadline.ts'
import type { BatchEnded, BatchOpened, BatchPaused, ItemsAdded } from '../events.ts'
import { PRIORITY_MAX, PRIORITY_MIN } from '../fair-queue.ts'
import type { SchedulerState, Shard } from '../scheduler-state.ts'
import { settleBatchIfDone, settleCancelled } from '../settle.ts'
import { BATCH_TRANSITIONS, transition } from '../transitions.ts'
import { heldShardOf } from '../worker-state.ts'

export function onBatchOpened(state: SchedulerState, event: BatchOpened, now: Instant): void {
  const parent = parentOf(state, event)
  if (state.drain !== 'no' && parent === null) throw new ForkpoolError('DRAINING')
  const pool = state.pools.get(event.pool)
  if (pool === undefined) throw new InvariantError(`batch ${event.batch} is for pool ${event.pool}, which is not set`)
  if (state.batches.has(event.batch)) throw new InvariantError(`batch ${event.batch} is open already`)
  checkWhole(event.batch, 'priority', event.priority, PRIORITY_MIN, PRIORITY_MAX)
  checkWhole(event.batch, 'retries', event.retries, 0)
  if (event.chunkSize !== undefined) checkWhole(event.batch, 'chunkSize', event.chunkSize, 1)
  if (event.total !== undefined) checkWhole(event.batch, 'total', event.total, 0)
  if (!(event.backoffMs >= 0)) throw new InvariantError(`backoffMs of batch ${event.batch} must be at least 0, not ${event.backoffMs}`)
  checkPolicy(event)
  const { items } = event
  if (items !== undefined) checkBlock(event.batch, items.count, items.bytes)
  const batch = createBatch(event, pool, state.costs.of(event.task), parent)
  state.batches.set(event.batch, batch)
  pool.openBatches++
  if (event.deadlineMs !== undefined) setDeadline(state, batch, event.deadlineMs, now)
  if (items !== undefined) addBlock(batch, items.count, items.bytes)
  if (event.ended === true) batch.phase = transition(BATCH_TRANSITIONS, batch.phase, 'end')
  if (items !== undefined) refreshBatch(state, batch, now)
  else if (event.ended === true) settleBatchIfDone(state, batch)
}

function parentOf(state: SchedulerState, { parent }: BatchOpened): Shard | null {
  const worker = parent === undefined ? undefined : state.workers.get(parent.worker)
  return parent === undefined || worker === undefined ? null : (heldShardOf(worker, parent.shard) ?? null)
}

export function onItemsAdded(state: SchedulerState, event: ItemsAdded, now: Instant): void {
  const batch = state.batches.get(event.batch)
  if (batch === undefined) return
  if (batch.phase === 'closing') throw new InvariantError(`items for batch ${event.batch}, whose input has ended`)
  checkBlock(event.batch, event.count, event.bytes)
  const { errors = [] } = event
  if (errors.length > 0 && event.count !== 1)
    throw new InvariantError(`earlier runs of ${event.count} items of batch ${event.batch}, expected of one`)
  const block = addBlock(batch, event.count, event.bytes, event.from, errors.length + 1)
  if (errors.length > 0) itemLog(batch, block.from).errors.push(...errors)
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

function checkPolicy({ batch, deadlineMs, jitter, timeout, weight }: BatchOpened): void {
  checkPositive(batch, 'deadlineMs', deadlineMs)
  checkPositive(batch, 'timeoutMs', timeout?.ms)
  checkPositive(batch, 'weight', weight)
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1))
    throw new InvariantError(`jitter of batch ${batch} must be a number from 0 to 1, not ${jitter}`)
}

function checkPositive(batch: string, name: string, value: number | undefined): void {
  if (value === undefined || (value > 0 && value < Number.POSITIVE_INFINITY)) return
  throw new InvariantError(`${name} of batch ${batch} must be a number above 0, not ${value}`)
}

function checkBlock(batch: string, count: number, bytes: number): void {
  checkWhole(batch, 'item count', count, 1)
  if (!(bytes >= 0)) throw new InvariantError(`bytes of a block of batch ${batch} must be at least 0, not ${bytes}`)
}

function checkWhole(batch: string, name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new InvariantError(`${name} of batch ${batch} must be a whole number from ${least} to ${most}, not ${value}`)
}
