/** The pool of an observation: its name and the size it had when the batch was opened. The same pool and size come as the same object. */
export interface PoolLabel {
  readonly name: string
  readonly size: number
}

/**
 * What happened, for metrics and samples. Counted here, in the coordinator, as tasks settle: a worker that dies takes no count with it.
 * Called on the hot path: an observer adds numbers and returns.
 */
export interface DispatchObserver {
  batchOpened(pool: PoolLabel): void
  /** `unaccounted`: tasks that have neither a result nor were cancelled; anything but 0 is a fault. */
  batchEnded(pool: PoolLabel, wallMs: number, unaccounted: number): void
  /** `count` tasks are settled for good. */
  tasksSettled(pool: PoolLabel, outcome: 'completed' | 'failed' | 'quarantined' | 'cancelled', count: number): void
  /** `count` tasks went to a worker after waiting `waitMs`. */
  tasksAssigned(pool: PoolLabel, reason: 'first' | 'retry', count: number, waitMs: number): void
  /** A worker ran `count` tasks in `runMs`, all together. */
  shardRan(pool: PoolLabel, count: number, runMs: number, decodeMs: number, encodeMs: number): void
  /** A result that was recorded already, or comes from a worker that does not own its shard. */
  duplicateDropped(pool: PoolLabel, where: 'record' | 'late', count: number): void
  /** `exit` and `signal`: it ended unasked; otherwise why it was ended: `retired`, `stop`, `cancel`, `start`, `protocol`. */
  workerLost(reason: string): void
}

/** One observer that tells another as well how tasks settled. */
export function alsoSettled(first: DispatchObserver, settled: Pick<DispatchObserver, 'tasksSettled'>): DispatchObserver {
  return {
    batchOpened: (pool) => first.batchOpened(pool),
    batchEnded: (pool, wallMs, unaccounted) => first.batchEnded(pool, wallMs, unaccounted),
    tasksSettled: (pool, outcome, count) => {
      first.tasksSettled(pool, outcome, count)
      settled.tasksSettled(pool, outcome, count)
    },
    tasksAssigned: (pool, reason, count, waitMs) => first.tasksAssigned(pool, reason, count, waitMs),
    shardRan: (pool, count, runMs, decodeMs, encodeMs) => first.shardRan(pool, count, runMs, decodeMs, encodeMs),
    duplicateDropped: (pool, where, count) => first.duplicateDropped(pool, where, count),
    workerLost: (reason) => first.workerLost(reason),
  }
}
