import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchOpened, PoolName } from '@forkpool/pool-core/scheduler'
import type { BatchRun } from './batch-run.ts'
import { policyOf } from './run-policy.ts'

/** What the scheduler is told of a batch when it comes. @param items the first block, not an empty one. */
export function openedEvent(run: BatchRun, items: ItemBlock | undefined, ended: boolean): BatchOpened {
  const { request } = run
  const { priority, chunkSize, total, retries, backoffMs, failFast, session, task } = request
  return {
    kind: 'batch-opened',
    batch: run.id,
    session,
    pool: run.pool.name as PoolName,
    task,
    priority,
    chunkSize,
    total,
    retries,
    backoffMs,
    failFast,
    ...policyOf(request),
    items: items === undefined ? undefined : { count: items.count, bytes: items.bytes.byteLength },
    ended,
    earlier: run.earlier,
  }
}
