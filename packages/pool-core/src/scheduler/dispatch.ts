import type { Instant } from '../base/clock.ts'
import { descends, itemMs, moveItems, refreshBatch } from './batch-state.ts'
import type { ShardId } from './ids.ts'
import { isAlone } from './item-range.ts'
import type { Block, ItemRange } from './item-range.ts'
import type { Batch, Pool, SchedulerState, Shard, Worker } from './scheduler-state.ts'
import { limitRuns } from './run-limit.ts'
import { shardLength, shardsAtLeast } from './shard-sizing.ts'
import type { ShardWork } from './shard-sizing.ts'
import { freePlaces, holdShard } from './worker-state.ts'

/** A shard that is expected to take less may always stand behind another, for it does not wait long there. */
const PREFETCH_SHORT_MS = 30
/** A longer one may while so many shards a worker are queued: the end of the batch is far. */
const PREFETCH_PLENTY = 4

/** While several sessions use a pool, nothing longer stands behind another shard: who comes next would wait for it as well. */
const PREFETCH_SHARED_MS = 5
/** A pool counts as shared for so long after it served another session than before. */
const SHARED_FOR_MS = 1_000

/** What a shard takes at least, on its way if not in the worker: a session is charged for no less. */
const SHARD_COST_MS = 0.1

/** Where workers run several tasks at once: an item that takes longer, as one of many, most likely waits for something. */
const WAITING_ITEM_MS = 0.05
/** In so many shards at least a worker holds the tasks that it runs at once. */
const SHARDS_A_WORKER = 4

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

/** Hands out shards to workers that would begin them at once, and then beyond the running ones. To be called when it is known which workers start. O(1) for each shard. */
export function prefetch(state: SchedulerState, now: Instant): void {
  for (const pool of state.touched) {
    feedOpenWorkers(state, pool, now)
    prefetchIn(state, pool, now)
    pool.touched = false
  }
  state.touched.length = 0
}

/** Fills the places of workers that run fewer tasks than they may, in turn. */
function feedOpenWorkers(state: SchedulerState, pool: Pool, now: Instant): void {
  let passed = 0
  while (pool.open.first !== null && pool.queue.length > 0 && passed < pool.open.length) {
    const worker = pool.open.first
    pool.open.rotate()
    const batch = batchFor(pool, worker, now)
    passed++
    if (batch === undefined) continue
    handOut(state, worker, batch, Math.min(nextLength(state, batch), freePlaces(state, worker)), now)
    passed = 0
  }
}

/**
 * Whose turn it is where not everybody may come: a suspect is given to a worker that holds nothing, one that waits itself has only the company
 * that its own task called for, and a worker that has run as much as it may takes only what others wait for. Walks the queue, but only then.
 */
function batchFor(pool: Pool, worker: Worker, now: Instant): Batch | undefined {
  const suspect = worker.held.find(({ range }) => range.suspect)
  const head = pool.queue.peek(now) as Batch
  if (mayCome(head, worker, suspect)) return head
  for (const batch of pool.queue) if (mayCome(batch, worker, suspect)) return batch
  return undefined
}

function mayCome(batch: Batch, worker: Worker, suspect: Shard | undefined): boolean {
  if (waitsForIdle(batch)) return false
  return suspect === undefined ? !worker.spent || batch.parent !== null : descends(batch, suspect)
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
    if (ms === 0 || waitsForIdle(batch)) return
    const length = nextLength(state, batch)
    if (length * ms > PREFETCH_SHARED_MS && now - pool.sharedAt < SHARED_FOR_MS) return
    const soonIdle = pool.spare.length + Math.min(state.starting, Math.max(0, pool.size - pool.busyWorkers))
    const enough = length * ms < PREFETCH_SHORT_MS ? soonIdle : Math.max(soonIdle, PREFETCH_PLENTY * workersFor(state, pool))
    if (shardsQueued(state, pool, enough) < enough) return
    const worker = pool.spare.first
    // Its time counts from when what stands before it was answered, which must be sure to come.
    if (batch.timeout !== undefined && worker.held.some((shard) => shard.batch.timeout === undefined)) return
    // In turn, so that those that have room for several get them alike.
    pool.spare.rotate()
    handOut(state, worker, batch, length, now)
  }
}

/** Whether its next shard must be given to a worker that holds nothing. */
function waitsForIdle({ requeued }: Batch): boolean {
  const next = requeued?.peek()
  return next !== undefined && isAlone(next)
}

/** How many shards will be cut of what is queued in the pool, at least; counted no further than to `limit`. */
export function shardsQueued(state: SchedulerState, pool: Pool, limit: number): number {
  return pool.queue.weightUpTo(limit, (batch) => {
    const again = batch.requeuedItems
    // Ranges are never put together, and each may be cut further.
    if (batch.requeued?.peek()?.single === true) return batch.requeued.peek()?.count ?? 0
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
  if (available === 1 || again?.single === true) return 1
  const length = shardLength(workOf(state, batch, available), state.options)
  const { concurrency } = state.options
  if (concurrency === 1 || batch.chunkSize !== undefined) return length
  // Of tasks that wait, a few at a time: a shard holds its places until the last of them has ended.
  const ms = itemMs(batch)
  return ms === 0 || ms > WAITING_ITEM_MS ? Math.min(length, Math.ceil(concurrency / SHARDS_A_WORKER)) : length
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
  const turns = ms === 0 ? 1 : turnsOf(state, ms * length)
  batch.pool.queue.served(batch, now, turns)
  noteSession(batch, now)
  moveItems(batch, 'queued', 'running', length)
  const estimateMs = ms === 0 ? Number.POSITIVE_INFINITY : ms * length
  holdShard(state, worker, {
    id,
    batch,
    range,
    estimateMs,
    turns,
    aborted: false,
    lateAt: undefined,
    late: false,
    graced: false,
    waits: false,
  })
  limitRuns(state, worker, now)
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
    yieldAfterMs: yieldsAfter(batch, range) ? state.options.yieldAfterMs : undefined,
  })
}

function noteSession({ pool, session }: Batch, now: Instant): void {
  if (pool.lastSession !== undefined && pool.lastSession !== session) pool.sharedAt = now
  pool.lastSession = session
}

/** A session's turn is as long as shards aim to be. */
export function turnsOf(state: SchedulerState, runMs: number): number {
  return Math.max(runMs, SHARD_COST_MS) / state.options.shardTargetMs
}

/** Whether a worker is to leave the shard after a while. Always where single runs have a limit: else nobody could tell how long the last one runs. */
function yieldsAfter(batch: Batch, range: ItemRange): boolean {
  return batch.timeout !== undefined || (batch.chunkSize === undefined && !range.patient)
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
  const range: ItemRange = {
    block,
    offset: block.cut,
    count: length,
    attempt: block.attempt,
    suspect: false,
    patient: false,
    single: false,
  }
  block.cut += length
  batch.fresh -= length
  if (block.cut === block.count) {
    batch.freshBlock = block.next
    block.next = null
    if (batch.freshBlock === null) batch.lastBlock = null
  }
  return range
}
