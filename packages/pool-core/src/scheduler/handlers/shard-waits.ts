import type { Instant } from '../../base/clock.ts'
import { startGraces } from '../cancel.ts'
import type { ShardWaits } from '../events.ts'
import { limitRuns } from '../run-limit.ts'
import type { SchedulerState } from '../scheduler-state.ts'
import { heldShardOf, setWaiting } from '../worker-state.ts'

export function onShardWaits(state: SchedulerState, event: ShardWaits, now: Instant): void {
  const worker = state.workers.get(event.worker)
  const shard = worker === undefined ? undefined : heldShardOf(worker, event.shard)
  if (worker === undefined || shard === undefined) return
  setWaiting(state, worker, shard, event.waits)
  // What stands behind it may begin now.
  startGraces(state, worker, now)
  limitRuns(state, worker, now)
}
