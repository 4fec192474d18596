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
 * `drain-requested` the step throws `ForkpoolError` DRAINING, unless it has a `parent`.
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
  /** The first block, where it came along: the same as an `items-added` right behind this event. */
  readonly items?: { readonly count: number; readonly bytes: number } | undefined
  /** Nothing follows: the same as a `batch-ended` right behind this event. */
  readonly ended?: boolean | undefined
  /** Tasks that settled before this scheduler came to know the batch, after a restart: they count as its items, and in its end. */
  readonly earlier?: { readonly completed: number; readonly failed: number } | undefined
  /** Share of the session beside the others of one priority; the same for all its batches, above 0. Default 1. */
  readonly weight?: number | undefined
  /** The part of each wait before a further run that chance may take off, 0 to 1. Default 0. */
  readonly jitter?: number | undefined
  readonly timeout?: RunTimeout | undefined
  /** So long after its opening the batch is cancelled, and has failed for `deadline`. Default: never. */
  readonly deadlineMs?: number | undefined
  /**
   * The shard whose task opened it, where one did. Such a batch goes before the others of its session, and may be opened while the pool drains:
   * its parent is part of what drains. One that is not held any more counts as none.
   */
  readonly parent?: { readonly worker: WorkerId; readonly shard: ShardId } | undefined
}

/** How long each task of a batch may run, from the start of its run. Only a task that a worker held alone fails for it. */
export interface RunTimeout {
  /** Above 0. */
  readonly ms: number
  /** Opaque here: what the task fails with, in `settle-failed`. */
  readonly error: unknown
  /** Whether another run may help. Default true. */
  readonly retryable?: boolean | undefined
}

/** The next `count` items of a batch arrived as one block. The scheduler knows lengths, never bytes. */
export interface ItemsAdded {
  readonly kind: 'items-added'
  readonly batch: BatchId
  readonly count: number
  readonly bytes: number
  /** Index of its first item, where some settled `earlier`. Default: the number of items so far. */
  readonly from?: number | undefined
  /** What the runs of its one item threw that it had before: it goes on with the next run. */
  readonly errors?: readonly unknown[] | undefined
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
  /** They were not run at all, since nobody wants their results any more: they are cancelled, and say nothing of what an item costs. */
  readonly skipped?: boolean | undefined
}

/**
 * The first item of a shard ran for longer than it may, and its worker did not leave it when asked: the item has failed with `error`, its
 * neighbours run again, and the worker is killed. The host sends it for the shard that runs, where it keeps the time of runs itself and
 * gave the batch no `timeout`; late, it is harmless.
 */
export interface ShardTimedOut {
  readonly kind: 'shard-timed-out'
  readonly worker: WorkerId
  readonly shard: ShardId
  /** As in `ShardTaskFailure`. */
  readonly error: unknown
  /** Default true. */
  readonly retryable?: boolean | undefined
}

/**
 * What a worker runs of a shard waits for something that is not the worker's to do: for calls of its own, or for its reader. Until it goes on
 * the worker begins what else it is given. Late, it is harmless.
 */
export interface ShardWaits {
  readonly kind: 'shard-waits'
  readonly worker: WorkerId
  readonly shard: ShardId
  readonly waits: boolean
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
  | ShardWaits
  | Woken
  | DrainRequested
