import type { Instant } from '../base/clock.ts'
import { RingBuffer } from '../base/ring-buffer.ts'
import type { BatchOpened } from './events.ts'
import type { WorkerId } from './ids.ts'
import type { Block, ItemLog, ItemRange } from './item-range.ts'
import { refreshPool } from './pool-state.ts'
import { noItems } from './scheduler-state.ts'
import type { Batch, Pool, SchedulerState, Shard } from './scheduler-state.ts'
import type { ItemCost } from './task-cost.ts'

export function createBatch(event: BatchOpened, pool: Pool, taskCost: ItemCost, parent: Shard | null): Batch {
  return {
    list: null,
    next: null,
    previous: null,
    id: event.batch,
    session: event.session,
    priority: event.priority,
    pool,
    parent,
    taskCost,
    cost: { ms: 0 },
    task: event.task,
    chunkSize: event.chunkSize,
    total: event.total,
    retries: event.retries,
    backoffMs: event.backoffMs,
    failFast: event.failFast,
    weight: event.weight ?? 1,
    jitter: event.jitter ?? 0,
    timeout: event.timeout,
    deadline: null,
    phase: 'filling',
    paused: false,
    cancelledFor: null,
    added: (event.earlier?.completed ?? 0) + (event.earlier?.failed ?? 0),
    items: { ...noItems(), ...event.earlier },
    blocks: 0,
    freshBlock: null,
    lastBlock: null,
    fresh: 0,
    requeued: null,
    requeuedItems: 0,
    delayed: null,
    delayedItems: 0,
    logs: null,
    shardsCut: 0,
    busyWorkers: 0,
    runMs: 0,
    firstWorker: undefined,
    otherWorkers: null,
  }
}

/** Whether a shard could be cut from it now. */
export function isRunnable(batch: Batch): boolean {
  return !batch.paused && batch.phase !== 'cancelling' && (batch.fresh > 0 || batch.requeuedItems > 0)
}

/** To be called whenever something changed that `isRunnable` looks at. `first`: it goes before the batches of its session. */
export function refreshBatch(state: SchedulerState, batch: Batch, now: Instant, first = false): void {
  const { queue } = batch.pool
  const queued = batch.list !== null
  const runnable = isRunnable(batch)
  if (queued && (first || !runnable)) queue.remove(batch)
  if (runnable && (first || (!queued && batch.parent !== null))) queue.addFirst(batch, now)
  else if (runnable && !queued) queue.add(batch, now)
  refreshPool(state, batch.pool)
}

/** Whether a task of `shard`, or of a batch that comes from it, opened the batch. */
export function descends(batch: Batch, shard: Shard): boolean {
  for (let parent = batch.parent; parent !== null; parent = parent.batch.parent) if (parent === shard) return true
  return false
}

/** Items that arrived and have not settled. */
export function unsettledItems(batch: Batch): number {
  return batch.items.queued + batch.items.running
}

/** Milliseconds an item takes, by this batch or else by its function; 0 while nothing is known. */
export function itemMs(batch: Batch): number {
  return batch.cost.ms > 0 ? batch.cost.ms : batch.taskCost.ms
}

/** Appends a block of fresh items. */
export function addBlock(batch: Batch, count: number, bytes: number, from: number = batch.added, attempt = 1): Block {
  const block: Block = { number: batch.blocks++, from, count, bytes, attempt, cut: 0, unsettled: count, next: null }
  if (batch.freshBlock === null) batch.freshBlock = block
  else (batch.lastBlock as Block).next = block
  batch.lastBlock = block
  batch.added += count
  batch.fresh += count
  batch.items.queued += count
  batch.pool.items.queued += count
  return block
}

/** Puts a range back, to run before everything fresh: at the front of what waits, or behind it. The items count as queued. */
export function requeueRange(batch: Batch, range: ItemRange, place: 'front' | 'back'): void {
  batch.requeued ??= new RingBuffer()
  if (place === 'front') batch.requeued.unshift(range)
  else batch.requeued.push(range)
  batch.requeuedItems += range.count
}

/** Moves items between the counts of the batch and of its pool. */
export function moveItems(batch: Batch, from: 'queued' | 'running', to: keyof Batch['items'], count: number): void {
  batch.items[from] -= count
  batch.items[to] += count
  batch.pool.items[from] -= count
  batch.pool.items[to] += count
}

/** The log of one item, made when it is first asked for. */
export function itemLog(batch: Batch, index: number): ItemLog {
  batch.logs ??= new Map()
  let log = batch.logs.get(index)
  if (log === undefined) {
    log = { errors: [], exits: [] }
    batch.logs.set(index, log)
  }
  return log
}

/** Notes that a worker ran some of the batch. */
export function noteWorker(batch: Batch, worker: WorkerId): void {
  if (batch.firstWorker === undefined) batch.firstWorker = worker
  else if (batch.firstWorker !== worker) (batch.otherWorkers ??= new Set()).add(worker)
}

/** Different workers that ran some of the batch. */
export function workersOf(batch: Batch): number {
  return (batch.firstWorker === undefined ? 0 : 1) + (batch.otherWorkers?.size ?? 0)
}
