import type { Instant } from '../base/clock.ts'
import { itemMs, moveItems, refreshBatch } from './batch-state.ts'
import type { ShardId } from './ids.ts'
import type { Block, ItemRange } from './item-range.ts'
import type { Batch, Pool, SchedulerState, Worker } from './scheduler-state.ts'
import { shardLength, shardsAtLeast } from './shard-sizing.ts'
import type { ShardWork } from './shard-sizing.ts'
import { holdShard } from './worker-state.ts'

/** A shard that is expected to take less may always stand behind another, for it does not wait long there. */
const PREFETCH_SHORT_MS = 30
/** A longer one may while so many shards a worker are queued: the end of the batch is far. */
const PREFETCH_PLENTY = 4

/** Hands out to idle workers what pools have for them. O(1) for each shard. Afterwards no worker is idle, or no pool is hungry. */
export function feedIdleWorkers(state: SchedulerState, now: Instant): void {
  while (state.hungry.first !== null && state.idle.last !== null) {
    const pool = state.hungry.first
    const batch = pool.queue.peek(now) as Batch
    // In turn, so that of two pools that have more work than there are workers each gets half of them.
    state.hungry.rotate()
    handOut(state, state.idle.last, batch, nextLength(state, batch), now)
  }
}

/** Hands out shards beyond the running ones. To be called when it is known which workers start. O(1) for each shard. */
export function prefetch(state: SchedulerState, now: Instant): void {
  for (const pool of state.touched) {
    prefetchIn(state, pool, now)
    pool.touched = false
  }
  state.touched.length = 0
}

/**
 * Gives workers of the pool a shard beyond the one that they run, so that they do not wait for the way between two. Not while another pool
 * waits for a worker, which this one must come free for; not without an estimate; not where workers that will soon be idle could
 * take all that is queued: a shard behind another cannot be taken back.
 */
function prefetchIn(state: SchedulerState, pool: Pool, now: Instant): void {
  const ownTurn = pool.list === null ? 0 : 1
  while (pool.spare.first !== null && pool.queue.length > 0) {
    if (state.hungry.length > ownTurn || pool.busyWorkers > pool.size) return
    const batch = pool.queue.peek(now) as Batch
    const ms = itemMs(batch)
    if (ms === 0 || batch.requeued?.peek()?.suspect === true) return
    const length = nextLength(state, batch)
    const soonIdle = pool.spare.length + Math.min(state.starting, Math.max(0, pool.size - pool.busyWorkers))
    const enough = length * ms < PREFETCH_SHORT_MS ? soonIdle : Math.max(soonIdle, PREFETCH_PLENTY * workersFor(state, pool))
    if (shardsQueued(state, pool, enough) < enough) return
    const worker = pool.spare.first
    // In turn, so that those that have room for several get them alike.
    pool.spare.rotate()
    handOut(state, worker, batch, length, now)
  }
}

/** How many shards will be cut of what is queued in the pool, at least; counted no further than to `limit`. */
export function shardsQueued(state: SchedulerState, pool: Pool, limit: number): number {
  return pool.queue.weightUpTo(limit, (batch) => {
    const again = batch.requeuedItems
    // Ranges are never put together, and each may be cut further.
    const shardsAgain = again === 0 ? 0 : Math.max(batch.requeued?.length ?? 0, shardsAtLeast(workOf(state, batch, again), state.options))
    const shardsFresh = batch.fresh === 0 ? 0 : shardsAtLeast(workOf(state, batch, batch.fresh), state.options)
    return shardsAgain + shardsFresh
  })
}

function nextLength(state: SchedulerState, batch: Batch): number {
  const again = batch.requeued?.peek()
  const block = batch.freshBlock
  const available = again !== undefined ? again.count : block === null ? 0 : block.count - block.cut
  // Most batches are one task.
  return available === 1 ? 1 : shardLength(workOf(state, batch, available), state.options)
}

function workOf(state: SchedulerState, batch: Batch, available: number): ShardWork {
  const block = batch.requeued?.peek()?.block ?? (batch.freshBlock as Block)
  const total = batch.phase === 'filling' ? Math.max(batch.total ?? 0, batch.added) : batch.added
  return {
    available,
    remaining: batch.items.queued + total - batch.added,
    total,
    shardsCut: batch.shardsCut,
    workers: workersFor(state, batch.pool),
    itemMs: itemMs(batch),
    itemBytes: block.bytes / block.count,
    chunkSize: batch.chunkSize,
  }
}

function workersFor(state: SchedulerState, pool: Pool): number {
  return Math.min(pool.size, state.options.maxWorkers)
}

/** Cuts the next shard of `batch`, whose turn it is, and gives it to `worker`. */
function handOut(state: SchedulerState, worker: Worker, batch: Batch, length: number, now: Instant): void {
  const range = cutRange(batch, length)
  const ms = itemMs(batch)
  const id = state.nextShard++ as ShardId
  batch.shardsCut++
  batch.pool.queue.served(batch, now)
  moveItems(batch, 'queued', 'running', length)
  holdShard(state, worker, { id, batch, range, estimateMs: ms === 0 ? Number.POSITIVE_INFINITY : ms * length, aborted: false })
  refreshBatch(state, batch, now)
  state.commands.push({
    kind: 'assign',
    worker: worker.id,
    shard: id,
    batch: batch.id,
    pool: batch.pool.name,
    block: range.block.number,
    offset: range.offset,
    count: length,
    from: range.block.from + range.offset,
    attempt: range.attempt,
    yieldAfterMs: batch.chunkSize === undefined && !range.patient ? state.options.yieldAfterMs : undefined,
  })
}

/** Takes the first `length` items of what waits to run again, or else of the oldest block with fresh items. */
function cutRange(batch: Batch, length: number): ItemRange {
  const again = batch.requeued?.peek()
  if (again !== undefined) {
    batch.requeuedItems -= length
    if (again.count === length) {
      batch.requeued?.shift()
      return again
    }
    const range = { ...again, count: length }
    again.offset += length
    again.count -= length
    return range
  }
  const block = batch.freshBlock as Block
  const range: ItemRange = { block, offset: block.cut, count: length, attempt: 1, suspect: false, patient: false }
  block.cut += length
  batch.fresh -= length
  if (block.cut === block.count) {
    batch.freshBlock = block.next
    block.next = null
    if (batch.freshBlock === null) batch.lastBlock = null
  }
  return range
}
