import type { ExitCause } from '../base/errors.ts'
import type { Instant } from '../base/clock.ts'
import type { BatchId, PoolName, ShardId, WorkerId } from './ids.ts'

/**
 * Give the worker these items: `count` of the batch's block number `block` (counted from 0 in order of arrival), from `offset` on.
 * `from` is the index of the first in the batch.
 */
export interface Assign {
  readonly kind: 'assign'
  readonly worker: WorkerId
  readonly shard: ShardId
  readonly batch: BatchId
  readonly pool: PoolName
  readonly block: number
  readonly offset: number
  readonly count: number
  readonly from: number
  /** 1 for the first run. */
  readonly attempt: number
  /** The worker answers with what is done after so long, so that no wrong guess of a run time makes a long shard. */
  readonly yieldAfterMs: number | undefined
}

/**
 * A task has failed for good. `errors` are the opaque errors of its attempts, the last one last; `exits` are the ends of the workers that
 * held it alone. `attempts` counts both.
 */
export interface SettleFailed {
  readonly kind: 'settle-failed'
  readonly batch: BatchId
  readonly index: number
  /** Where the item lies: `release-block` has not come for its block. */
  readonly block: number
  readonly offset: number
  readonly attempts: number
  readonly cause:
    | { readonly kind: 'task'; readonly errors: readonly unknown[] }
    | { readonly kind: 'worker-lost'; readonly exits: readonly ExitCause[] }
}

/** All items of the block have settled: its bytes can go, and the sender may send as many again. */
export interface ReleaseBlock {
  readonly kind: 'release-block'
  readonly batch: BatchId
  readonly block: number
}

/** Nothing of the batch is queued or running any more. `completed + failed + cancelled` = its items. */
export interface BatchSettled {
  readonly kind: 'batch-settled'
  readonly batch: BatchId
  readonly outcome: 'completed' | 'failed' | 'cancelled'
  /** Why the scheduler itself cancelled it: its time was over, or no worker can be started. The outcome is `failed` then. */
  readonly reason?: 'deadline' | 'no-workers' | undefined
  /** With `no-workers`: how the last worker ended that did not start. */
  readonly exit?: ExitCause | undefined
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly runMs: number
  /** Different workers that ran some of it. */
  readonly workers: number
}

/** Ask the worker to leave the shard and answer with what is done. */
export interface AbortShard {
  readonly kind: 'abort-shard'
  readonly worker: WorkerId
  readonly shard: ShardId
}

/** Start so many workers more. Each ends in `worker-online` or in `worker-lost`. */
export interface StartWorkers {
  readonly kind: 'start-workers'
  readonly count: number
}

/** The worker is idle and not needed: end it. */
export interface StopWorker {
  readonly kind: 'stop-worker'
  readonly worker: WorkerId
}

/** The worker did not answer to `abort-shard` in time: end it at once. `worker-lost` follows; its other shards are not blamed for it. */
export interface KillWorker {
  readonly kind: 'kill-worker'
  readonly worker: WorkerId
}

/** Send `woken` at this time, or as soon after as can be. A later command replaces an earlier one; `undefined`: no timer is needed. */
export interface WakeAt {
  readonly kind: 'wake-at'
  readonly at: Instant | undefined
}

/** The drain is complete: no batch is open. Comes once, and nothing is started, stopped or timed after it. */
export interface Drained {
  readonly kind: 'drained'
}

export type SchedulerCommand =
  | Assign
  | SettleFailed
  | ReleaseBlock
  | BatchSettled
  | AbortShard
  | StartWorkers
  | StopWorker
  | KillWorker
  | WakeAt
  | Drained
