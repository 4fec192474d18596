import type { ExitCause } from '../base/errors.ts'
import type { BatchId, PoolName, SessionId, ShardId, WorkerId } from './ids.ts'

/** A pool exists with this limit; a later event changes the limit, and running shards are left to end. */
export interface PoolSet {
  readonly kind: 'pool-set'
  readonly pool: PoolName
  /** At most so many workers hold shards of the pool at once, 1 or more. */
  readonly size: number
}

/**
 * A batch begins. Its pool must have been set, its identifier must not be that of an open batch, and no drain may have been requested: after
 * `drain-requested` the step throws `ForkpoolError` DRAINING.
 */
export interface BatchOpened {
  readonly kind: 'batch-opened'
  readonly batch: BatchId
  readonly session: SessionId
  readonly pool: PoolName
  /** Task function: run times are estimated for each. */
  readonly task: string
  /** −10 to 10; higher first. */
  readonly priority: number
  /** Fixed shard length, within `shardBytesMax`; undefined: sized by measured time. */
  readonly chunkSize: number | undefined
  /** Declared number of items; undefined: not known. */
  readonly total: number | undefined
  /** Further runs of a task that failed. */
  readonly retries: number
  /** Wait before the first further run, doubled each time, up to `retryBackoffMaxMs`. */
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

/** Cancels what is queued, and asks workers to leave what they hold. Ends the input as well: what still comes in is cancelled, or late. */
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

/**
 * A worker is gone, whatever the reason; also the answer to `stop-worker` and `kill-worker`. Also for one that never came online: the host
 * must give up a start in the end, or the scheduler waits for it. An identifier must not be used again.
 */
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

/**
 * A worker ran the first `ran` items of a shard. Fewer than its length: it yielded or was aborted, the rest has not run. The host asks
 * `isShardHeld` first: where it says no, the answer is late or doubled, and its results must be dropped.
 */
export interface ShardRan {
  readonly kind: 'shard-ran'
  readonly worker: WorkerId
  readonly shard: ShardId
  readonly ran: number
  /** In ascending order of `at`, each below `ran`. */
  readonly failures: readonly ShardTaskFailure[]
  /** Milliseconds the worker spent on these items: decode, run and encode. */
  readonly runMs: number
  /** The worker has run as much as it may: it is stopped as soon as it holds nothing, and gets nothing more if that is now. */
  readonly spent?: boolean | undefined
}

/**
 * The first item of a shard ran for longer than it may, and its worker did not leave it when asked: the item has failed with `error`, its
 * neighbours run again, and the worker is killed. The host sends it for the shard that runs; late, it is harmless.
 */
export interface ShardTimedOut {
  readonly kind: 'shard-timed-out'
  readonly worker: WorkerId
  readonly shard: ShardId
  /** As in `ShardTaskFailure`; another run may help. */
  readonly error: unknown
}

/**
 * The time asked for by `wake-at` has come. At any other time it is harmless: the answer asks for a timer again where one is needed. The first
 * event of all, so that `baseWorkers` are started at once.
 */
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
  | ShardTimedOut
  | Woken
  | DrainRequested
