import type { ExitCause } from '../base/errors.ts'
import type { BatchId, PoolName, SessionId, ShardId, WorkerId } from './ids.ts'

/** A pool exists with this limit; a later event changes the limit, and running shards are left to end. */
export interface PoolSet {
  readonly kind: 'pool-set'
  readonly pool: PoolName
  /** At most so many workers hold shards of the pool at once, 1 or more. */
  readonly size: number
}

export interface BatchOpened {
  readonly kind: 'batch-opened'
  readonly batch: BatchId
  readonly session: SessionId
  readonly pool: PoolName
  /** Task function: run times are estimated for each. */
  readonly task: string
  /** −10 to 10; higher first. */
  readonly priority: number
  /** Fixed shard length; undefined: sized by measured time. */
  readonly chunkSize: number | undefined
  /** Declared number of items; undefined: not known. */
  readonly total: number | undefined
  /** Further runs of a task that failed. */
  readonly retries: number
  /** Wait before the first further run, doubled each time. */
  readonly backoffMs: number
  /** The first final failure cancels the rest. */
  readonly failFast: boolean
}

/** The next `count` items of a batch arrived as one block. The scheduler knows lengths, never bytes. */
export interface ItemsAdded {
  readonly kind: 'items-added'
  readonly batch: BatchId
  readonly count: number
  readonly bytes: number
}

/** No further items; a batch without items settles at once. */
export interface BatchEnded {
  readonly kind: 'batch-ended'
  readonly batch: BatchId
}

export interface BatchCancelled {
  readonly kind: 'batch-cancelled'
  readonly batch: BatchId
}

/** The reader of its results is too far behind (or has caught up): start no further shards of it. Running ones end. */
export interface BatchPaused {
  readonly kind: 'batch-paused'
  readonly batch: BatchId
  readonly paused: boolean
}

/** A worker can take shards. */
export interface WorkerOnline {
  readonly kind: 'worker-online'
  readonly worker: WorkerId
}

/** A worker is gone, whatever the reason; also the answer to `stop-worker` and `kill-worker`. Also for one that never came online. */
export interface WorkerLost {
  readonly kind: 'worker-lost'
  readonly worker: WorkerId
  readonly exit: ExitCause
}

/** A task that threw. `error` is opaque here and comes back in `settle-failed`. */
export interface ShardTaskFailure {
  /** Offset within the shard. */
  readonly at: number
  readonly error: unknown
  readonly retryable: boolean
}

/** A worker ran the first `ran` items of a shard. Fewer than its length: it yielded or was aborted, the rest has not run. */
export interface ShardRan {
  readonly kind: 'shard-ran'
  readonly worker: WorkerId
  readonly shard: ShardId
  readonly ran: number
  readonly failures: readonly ShardTaskFailure[]
  /** Milliseconds the worker spent on these items: decode, run and encode. */
  readonly runMs: number
}

/** The time asked for by `wake-at` has come (or any other time: harmless). */
export interface Woken {
  readonly kind: 'woken'
}

/** Take no new batch, run what is there; `drained` follows. */
export interface DrainRequested {
  readonly kind: 'drain-requested'
}

export type SchedulerEvent =
  | PoolSet
  | BatchOpened
  | ItemsAdded
  | BatchEnded
  | BatchCancelled
  | BatchPaused
  | WorkerOnline
  | WorkerLost
  | ShardRan
  | Woken
  | DrainRequested
