import type { BatchId, PoolName, WorkerId } from './ids.ts'
import { unsettledItems, workersOf } from './batch-state.ts'
import type { SchedulerState, Worker } from './scheduler-state.ts'

export interface ItemStatistics {
  /** Waiting for a worker, for the end of a pause, or for the end of a back-off. */
  readonly queued: number
  /** In shards that workers hold, prefetched ones included. */
  readonly running: number
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
}

export interface PoolStatistics extends ItemStatistics {
  readonly pool: PoolName
  readonly size: number
  readonly busyWorkers: number
  readonly openBatches: number
}

export interface SchedulerStatistics {
  /** In the order in which the pools were set. Item counts include settled batches and never go down for `completed` and its like. */
  readonly pools: readonly PoolStatistics[]
  readonly openBatches: number
  readonly draining: boolean
  readonly workers: { readonly starting: number; readonly idle: number; readonly busy: number; readonly stopping: number }
}

export interface BatchStatistics extends ItemStatistics {
  readonly batch: BatchId
  readonly state: 'open' | 'cancelling'
  /** Items that arrived: the sum of the five counts. */
  readonly added: number
  readonly busyWorkers: number
  /** Different workers that ran some of it. */
  readonly workers: number
  readonly runMs: number
  /** Estimated run time of what has arrived and not settled, summed over workers; undefined while nothing is known of its cost. */
  readonly remainingRunMs: number | undefined
}

export interface WorkerStatistics {
  readonly worker: WorkerId
  readonly state: 'idle' | 'busy' | 'stopping'
  /** What it computes for; undefined while it holds nothing. */
  readonly pool: PoolName | undefined
  /** Task function of the shard that runs. */
  readonly task: string | undefined
  readonly shardsHeld: number
}

/** A frozen picture. O(pools). */
export function schedulerStatistics(state: SchedulerState): SchedulerStatistics {
  const pools: PoolStatistics[] = []
  for (const { name, size, busyWorkers, openBatches, items } of state.pools.values()) {
    pools.push(Object.freeze({ pool: name, size, busyWorkers, openBatches, ...items }))
  }
  const idle = state.idle.length
  return Object.freeze({
    pools: Object.freeze(pools),
    openBatches: state.batches.size,
    draining: state.drain !== 'no',
    workers: Object.freeze({
      starting: state.starting,
      idle,
      busy: state.workers.size - idle - state.leaving,
      stopping: state.leaving,
    }),
  })
}

/** A frozen picture of an open batch; undefined for one that has settled or never was. O(1). */
export function batchStatistics(state: SchedulerState, id: BatchId): BatchStatistics | undefined {
  const batch = state.batches.get(id)
  if (batch === undefined) return undefined
  const cost = batch.cost.ms > 0 ? batch.cost.ms : batch.taskCost.ms
  return Object.freeze({
    batch: id,
    state: batch.phase === 'cancelling' ? 'cancelling' : 'open',
    added: batch.added,
    ...batch.items,
    busyWorkers: batch.busyWorkers,
    workers: workersOf(batch),
    runMs: batch.runMs,
    remainingRunMs: cost > 0 ? cost * unsettledItems(batch) : undefined,
  })
}

/** A frozen picture of a worker that is online; undefined for any other. O(1). */
export function workerStatistics(state: SchedulerState, id: WorkerId): WorkerStatistics | undefined {
  const worker = state.workers.get(id)
  if (worker === undefined) return undefined
  return Object.freeze({
    worker: id,
    state: stateOf(worker),
    pool: worker.pool?.name,
    task: worker.held[0]?.batch.task,
    shardsHeld: worker.held.length,
  })
}

function stateOf(worker: Worker): WorkerStatistics['state'] {
  return worker.phase === 'idle' || worker.phase === 'busy' ? worker.phase : 'stopping'
}
