import type { Instant } from '../base/clock.ts'
import type { ShardId, WorkerId } from './ids.ts'
import { isAlone } from './item-range.ts'
import type { LinkedList } from './linked-list.ts'
import { refreshPool } from './pool-state.ts'
import type { Pool, SchedulerState, Shard, Worker } from './scheduler-state.ts'
import { transition, WORKER_TRANSITIONS } from './transitions.ts'

export function createWorker(id: WorkerId, now: Instant): Worker {
  return {
    list: null,
    next: null,
    previous: null,
    id,
    phase: 'idle',
    pool: null,
    held: [],
    waiting: 0,
    hosts: false,
    idleSince: now,
    proven: false,
    spent: false,
    runLimit: null,
  }
}

/** Puts the worker into the list that its phase and shards ask for. To be called whenever one of them changed. */
export function placeWorker(state: SchedulerState, worker: Worker): void {
  const list = listFor(state, worker)
  if (worker.list === list) return
  worker.list?.remove(worker)
  list?.pushLast(worker)
}

function listFor(state: SchedulerState, worker: Worker): LinkedList<Worker> | null {
  if (worker.phase === 'idle') return state.idle
  if (freePlaces(state, worker) > 0) return (worker.pool as Pool).open
  return hasRoom(state, worker) ? (worker.pool as Pool).spare : null
}

/**
 * How many tasks the worker would begin at once: it may run several, or what it runs waits. No limit where all of it waits: then it is as good
 * as idle. None behind a shard that it was asked to leave, which may end in a kill, nor beside a suspect that runs.
 */
export function freePlaces(state: SchedulerState, worker: Worker): number {
  const { concurrency } = state.options
  if (worker.phase !== 'busy' || (concurrency === 1 && worker.waiting === 0)) return 0
  let running = 0
  for (const { range, aborted, waits } of worker.held) {
    if (aborted || (isAlone(range) && !waits)) return 0
    if (!waits) running += range.count
  }
  return running === 0 ? Number.POSITIVE_INFINITY : Math.max(0, concurrency - running)
}

/**
 * Whether a further shard may stand behind those that it holds. Never behind a suspect, which must be alone when it brings its worker
 * down; never behind a shard that it was asked to leave, which may end in a kill; never behind a shard of unknown or long run
 * time, which another worker may well outrun. Beyond `prefetch` only shards so short that all of them together are over before the next
 * could have come: single calls of a cheap task would else wait for the way each time.
 */
function hasRoom(state: SchedulerState, worker: Worker): boolean {
  const { prefetch, prefetchTinyMax, prefetchTinyMs, yieldAfterMs } = state.options
  const running = worker.held.length - worker.waiting
  if (worker.phase !== 'busy' || worker.spent || prefetch === 0 || running > Math.max(prefetch, prefetchTinyMax)) return false
  let heldMs = 0
  for (const shard of worker.held) {
    if (isAlone(shard.range) || shard.aborted || shard.estimateMs > yieldAfterMs) return false
    heldMs += shard.estimateMs
  }
  return running <= prefetch || heldMs < prefetchTinyMs
}

/** Gives the worker a shard of `pool`. */
export function holdShard(state: SchedulerState, worker: Worker, shard: Shard): void {
  const { batch } = shard
  const { pool } = batch
  if (worker.held.length === 0) {
    worker.pool = pool
    pool.busyWorkers++
  }
  if (!holdsSomeOf(worker, shard)) batch.busyWorkers++
  worker.phase = transition(WORKER_TRANSITIONS, worker.phase, 'assign')
  worker.held.push(shard)
  placeWorker(state, worker)
  refreshPool(state, pool)
}

/** Takes a shard away that the worker has answered for; without one left it is idle. */
export function releaseShard(state: SchedulerState, worker: Worker, shard: Shard, now: Instant): void {
  const pool = shard.batch.pool
  worker.held.splice(worker.held.indexOf(shard), 1)
  if (shard.waits) worker.waiting--
  if (!holdsSomeOf(worker, shard)) shard.batch.busyWorkers--
  if (worker.held.length === 0) {
    pool.busyWorkers--
    worker.pool = null
    worker.hosts = false
    worker.idleSince = now
    worker.phase = transition(WORKER_TRANSITIONS, worker.phase, 'release')
  }
  placeWorker(state, worker)
  refreshPool(state, pool)
}

/** What runs of the shard waits, or goes on. */
export function setWaiting(state: SchedulerState, worker: Worker, shard: Shard, waits: boolean): void {
  if (shard.waits === waits) return
  shard.waits = waits
  worker.waiting += waits ? 1 : -1
  if (waits) worker.hosts = true
  if (worker.phase !== 'busy') return
  placeWorker(state, worker)
  refreshPool(state, shard.batch.pool)
}

/** Whether more of what the worker holds than its first shard may have begun. */
export function runsSeveral(state: SchedulerState, worker: Worker): boolean {
  return state.options.concurrency > 1 || worker.hosts
}

/** The worker is gone. Returns the shards that it held, in its order. */
export function loseWorker(state: SchedulerState, worker: Worker): readonly Shard[] {
  const held = worker.held.splice(0)
  for (const shard of new Set(held.map((one) => one.batch))) shard.busyWorkers--
  if (worker.pool !== null) {
    worker.pool.busyWorkers--
    refreshPool(state, worker.pool)
    worker.pool = null
  }
  if (worker.phase === 'stopping' || worker.phase === 'killed') state.leaving--
  if (worker.runLimit !== null) state.runLimits.drop(worker.runLimit)
  worker.runLimit = null
  worker.phase = transition(WORKER_TRANSITIONS, worker.phase, 'lose')
  worker.list?.remove(worker)
  state.workers.delete(worker.id)
  return held
}

/** The worker is told to go: it gets nothing more. Returns once it is in phase stopping or killed. */
export function dismissWorker(state: SchedulerState, worker: Worker, how: 'stop' | 'kill'): void {
  worker.phase = transition(WORKER_TRANSITIONS, worker.phase, how)
  state.leaving++
  worker.list?.remove(worker)
}

/**
 * Whether this worker holds this shard, so that its answer is taken in. The host asks before it hands over `shard-ran`: only then do the
 * results that came along count; those of a late or second answer are dropped.
 */
export function isShardHeld(state: SchedulerState, worker: WorkerId, shard: ShardId): boolean {
  const holder = state.workers.get(worker)
  return holder !== undefined && heldShardOf(holder, shard) !== undefined
}

export function heldShardOf(worker: Worker, id: ShardId): Shard | undefined {
  for (const shard of worker.held) if (shard.id === id) return shard
  return undefined
}

/** Whether the worker holds another shard of the same batch. */
function holdsSomeOf(worker: Worker, shard: Shard): boolean {
  for (const one of worker.held) if (one !== shard && one.batch === shard.batch) return true
  return false
}
