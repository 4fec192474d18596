import type { ItemBlock } from '../protocol/index.ts'
import type { BatchOpened, PoolName, PoolSet, SchedulerOptions, SessionId, ShardId, WorkerId } from '../scheduler/index.ts'
import type { LocalBatch } from './local-batch.ts'
import type { FleetSetup } from './local-fleet.ts'
import { workerSetup } from './options.ts'
import type { ResolvedPoolOptions } from './options.ts'
import { graceMs } from './run-deadlines.ts'

/** The one pool and the one session that the scheduler of a local pool knows. */
const POOL = 'local' as PoolName
const SESSION = 'local' as SessionId

/** What the scheduler of the pool is told at first. */
export function poolSet(options: ResolvedPoolOptions): PoolSet {
  return { kind: 'pool-set', pool: POOL, size: options.size }
}

export function schedulerOptions(options: ResolvedPoolOptions): SchedulerOptions {
  return {
    baseWorkers: options.minSize,
    // One that ends does not keep one that stands by from taking its place.
    maxWorkers: options.size + options.standby,
    idleRetireMs: options.idleTimeoutMs,
    crashLimit: options.crashLimit,
    cancelGraceMs: graceMs(options),
    concurrency: options.concurrency,
    // A worker that may run so many tasks is handed no more than those.
    ...(options.maxTasksPerWorker !== undefined && { prefetch: 0 }),
  }
}

export function fleetSetup(options: ResolvedPoolOptions): FleetSetup {
  const { startTimeoutMs, standby, size } = options
  return { ...workerSetup(options), startTimeoutMs, standby, workersMax: size + standby }
}

/** @param first the first block, not an empty one. */
export function batchOpened({ id, submission, inputEnded }: LocalBatch, first: ItemBlock | undefined): BatchOpened {
  const { task, priority = 0, chunkSize, total, retries = 0, backoffMs = 0, jitter, failFast = false, timeoutMs, deadlineMs } = submission
  const { parent } = submission
  return {
    kind: 'batch-opened',
    batch: id,
    session: SESSION,
    pool: POOL,
    task,
    priority,
    // Of a longer shard nobody could say which task takes too long.
    chunkSize: timeoutMs === undefined ? chunkSize : 1,
    total,
    retries,
    backoffMs,
    failFast,
    items: first === undefined ? undefined : { count: first.count, bytes: first.bytes.byteLength },
    ended: inputEnded,
    ...(jitter !== undefined && { jitter }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(parent !== undefined && { parent: { worker: parent.worker as WorkerId, shard: parent.shard as ShardId } }),
  }
}
