import type { Instant } from '../../base/clock.ts'
import { refreshBatch } from '../batch-state.ts'
import type { ShardTimedOut } from '../events.ts'
import type { SchedulerState } from '../scheduler-state.ts'
import { settleBatchIfDone } from '../settle.ts'
import { dismissWorker, heldShardOf, releaseShard } from '../worker-state.ts'
import { putBackRest, takeFailures } from './shard-ran.ts'

/** The worker is killed and not blamed for it: what stands behind the shard runs again as it was, when `worker-lost` comes. */
export function onShardTimedOut(state: SchedulerState, event: ShardTimedOut, now: Instant): void {
  const worker = state.workers.get(event.worker)
  if (worker === undefined || worker.phase !== 'busy') return
  const shard = heldShardOf(worker, event.shard)
  if (shard === undefined) return
  const { batch, range } = shard
  dismissWorker(state, worker, 'kill')
  releaseShard(state, worker, shard, now)
  state.commands.push({ kind: 'kill-worker', worker: worker.id })
  if (range.count > 1) putBackRest(state, batch, range, 1)
  takeFailures(state, batch, range, [{ at: 0, error: event.error, retryable: true }], now)
  refreshBatch(state, batch, now)
  settleBatchIfDone(state, batch)
}
