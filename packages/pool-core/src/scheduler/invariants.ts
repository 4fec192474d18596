import { InvariantError } from '../base/assert.ts'
import { descends, isRunnable, unsettledItems } from './batch-state.ts'
import type { Block, ItemRange } from './item-range.ts'
import type { Batch, Pool, SchedulerState, Worker } from './scheduler-state.ts'
import { freePlaces } from './worker-state.ts'

/**
 * Checks everything that must hold between two steps, by counting it again from the ground up. O(everything): for tests, simulation, and
 * production with `FORKPOOL_CHECK=1`. @throws InvariantError that says what does not hold.
 */
export function checkInvariants(state: SchedulerState): void {
  for (const batch of state.batches.values()) checkBatch(state, batch)
  for (const pool of state.pools.values()) checkPool(state, pool)
  for (const worker of state.workers.values()) checkWorker(state, worker)
  checkStaff(state)
  checkNothingForgotten(state)
}

function hold(condition: boolean, what: string): void {
  if (!condition) throw new InvariantError(what)
}

function checkBatch(state: SchedulerState, batch: Batch): void {
  const name = `batch ${batch.id}`
  const { items } = batch
  for (const [where, count] of Object.entries(items)) hold(count >= 0, `${name} has ${count} items ${where}`)
  const sum = items.queued + items.running + items.completed + items.failed + items.cancelled
  hold(sum === batch.added, `${name}: ${sum} items are somewhere, ${batch.added} were added`)
  hold(batch.phase !== 'settled', `${name} has settled and is open`)
  hold(batch.phase === 'filling' || unsettledItems(batch) > 0, `${name} should have settled`)
  hold(batch.phase !== 'cancelling' || items.queued === 0, `${name} is cancelled and has queued items`)
  hold((batch.list !== null) === isRunnable(batch), `${name} is ${batch.list === null ? 'not ' : ''}in the queue`)

  const held = heldRanges(state, batch)
  const requeued = [...(batch.requeued ?? [])]
  const delayed = [...(batch.delayed ?? [])].map((one) => one.range)
  const fresh = freshRanges(batch)
  hold(count(held) === items.running, `${name}: workers hold ${count(held)} items, ${items.running} are counted as running`)
  hold(count(requeued) === batch.requeuedItems, `${name}: requeued items are miscounted`)
  hold(count(delayed) === batch.delayedItems, `${name}: delayed items are miscounted`)
  hold(count(fresh) === batch.fresh, `${name}: fresh items are miscounted`)
  const queued = batch.fresh + batch.requeuedItems + batch.delayedItems
  hold(queued === items.queued, `${name}: ${queued} items wait, ${items.queued} are counted as queued`)
  checkRanges(name, [...held, ...requeued, ...delayed, ...fresh])
}

/** Every unsettled item lies in exactly one range, and each block knows how many of its items that are. */
function checkRanges(name: string, ranges: readonly ItemRange[]): void {
  const unsettled = new Map<Block, number>()
  const sorted = ranges.toSorted((a, b) => a.block.number - b.block.number || a.offset - b.offset)
  let before: ItemRange | undefined
  for (const range of sorted) {
    const { block, offset } = range
    hold(range.count >= 1 && offset >= 0 && offset + range.count <= block.count, `${name}: a range lies outside its block`)
    const overlap = before !== undefined && before.block === block && before.offset + before.count > offset
    hold(!overlap, `${name}: item ${block.from + offset} is in two places`)
    unsettled.set(block, (unsettled.get(block) ?? 0) + range.count)
    before = range
  }
  for (const [block, items] of unsettled) {
    hold(block.unsettled === items, `${name}: block ${block.number} counts ${block.unsettled} unsettled items, ${items} are left`)
  }
}

function count(ranges: readonly ItemRange[]): number {
  return ranges.reduce((sum, range) => sum + range.count, 0)
}

function heldRanges(state: SchedulerState, batch: Batch): readonly ItemRange[] {
  const ranges: ItemRange[] = []
  let workers = 0
  for (const worker of state.workers.values()) {
    const shards = worker.held.filter((shard) => shard.batch === batch)
    if (shards.length > 0) workers++
    for (const shard of shards) ranges.push(shard.range)
  }
  hold(workers === batch.busyWorkers, `batch ${batch.id}: ${workers} workers hold it, ${batch.busyWorkers} are counted`)
  return ranges
}

function freshRanges(batch: Batch): readonly ItemRange[] {
  const ranges: ItemRange[] = []
  for (let block = batch.freshBlock; block !== null; block = block.next) {
    ranges.push({ block, offset: block.cut, count: block.count - block.cut, attempt: 1, suspect: false, patient: false, single: false })
  }
  return ranges
}

function checkPool(state: SchedulerState, pool: Pool): void {
  const name = `pool ${pool.name}`
  const batches = [...state.batches.values()].filter((batch) => batch.pool === pool)
  const workers = [...state.workers.values()].filter((worker) => worker.pool === pool)
  hold(batches.length === pool.openBatches, `${name}: open batches are miscounted`)
  hold(workers.length === pool.busyWorkers, `${name}: busy workers are miscounted`)
  hold([...pool.queue].length === pool.queue.length, `${name}: its queue is miscounted`)
  hold(batches.filter((batch) => batch.list !== null).length === pool.queue.length, `${name}: its queue has another pool's batch`)
  for (const where of ['queued', 'running'] as const) {
    const sum = batches.reduce((items, batch) => items + batch.items[where], 0)
    hold(sum === pool.items[where], `${name}: ${sum} items are ${where}, ${pool.items[where]} are counted`)
  }
  const hungry = pool.queue.length > 0 && pool.busyWorkers < pool.size
  hold((pool.list === state.hungry) === hungry, `${name} is ${hungry ? 'not ' : ''}among those that wait for a worker`)
  hold(!hungry || state.idle.length === 0, `${name} has work and room, and a worker is idle`)
  hold(!pool.touched, `${name} was touched and not looked at`)
}

function checkWorker(state: SchedulerState, worker: Worker): void {
  const name = `worker ${worker.id}`
  const { held, phase, pool } = worker
  const { concurrency, prefetch, prefetchTinyMax } = state.options
  const most = concurrency + (prefetch === 0 ? 0 : Math.max(prefetch, prefetchTinyMax))
  hold(worker.hosts || held.length <= most, `${name} holds ${held.length} shards`)
  hold(held.filter(({ waits }) => waits).length === worker.waiting, `${name}: shards that wait are miscounted`)
  hold(worker.waiting === 0 || worker.hosts, `${name} has shards that wait, and does not say so`)
  hold(held.length > 0 === (pool !== null), `${name} serves a pool without shards, or the other way round`)
  hold(phase !== 'idle' || held.length === 0, `${name} is idle and holds shards`)
  hold(phase !== 'busy' || held.length > 0, `${name} is busy and holds nothing`)
  hold(phase !== 'stopping' || held.length === 0, `${name} is stopping and holds shards`)
  hold(phase !== 'lost', `${name} is lost and among the workers`)
  for (const shard of held) {
    hold(shard.batch.pool === pool, `${name} holds shards of two pools`)
    const isAlone = held.every((other) => other === shard || descends(other.batch, shard))
    hold(!(shard.range.suspect || shard.range.single) || isAlone, `${name} holds a suspect in company`)
  }
  hold((worker.list === state.idle) === (phase === 'idle'), `${name} is ${phase} and stands in the wrong list`)
  hold([null, state.idle, pool?.open, pool?.spare].includes(worker.list), `${name} stands in another pool's list`)
  hold((pool !== null && worker.list === pool.open) === freePlaces(state, worker) > 0, `${name} stands in the wrong list`)
}

function checkStaff(state: SchedulerState): void {
  const { idle, options, starting, workers } = state
  const leaving = [...workers.values()].filter(({ phase }) => phase === 'stopping' || phase === 'killed').length
  hold(leaving === state.leaving, 'workers that leave are miscounted')
  hold([...idle].length === idle.length, 'idle workers are miscounted')
  hold(starting >= 0, `${starting} workers are starting`)
  // A worker that came online without being asked for is kept, so only what was asked for is bounded.
  hold(starting === 0 || workers.size + starting <= options.maxWorkers, `${workers.size} workers and ${starting} starting are too many`)
}

/** No lost wake-up: what waits for time has a timer, and what waits for workers has workers on the way, or all that there may be. */
function checkNothingForgotten(state: SchedulerState): void {
  const { hungry, options, starting, workers } = state
  const wantsWorker = hungry.length > 0
  const staffed = starting > 0 || workers.size >= options.maxWorkers || state.startsWaiting
  hold(!wantsWorker || staffed || workers.size > state.leaving, 'work waits, no worker is there and none is on the way')
  if (state.drain === 'drained') return
  for (const [what, at] of [
    ['a back-off', state.delays.nextAt()],
    ['a deadline', state.deadlines.nextAt()],
    ['a look at a run', state.runLimits.nextAt()],
    ['a grace', state.graces.peek()?.at],
    ['a start', state.startsWaiting ? state.startsFrom : undefined],
  ] as const) {
    hold(at === undefined || (state.wakeAt !== undefined && state.wakeAt <= at), `${what} ends, and no timer is set for it`)
  }
}
