import type { Instant } from '../../base/clock.ts'
import { cancelBatch } from '../cancel.ts'
import type { BatchCancelled } from '../events.ts'
import type { SchedulerState } from '../scheduler-state.ts'
import { settleBatchIfDone } from '../settle.ts'

export function onBatchCancelled(state: SchedulerState, event: BatchCancelled, now: Instant): void {
  const batch = state.batches.get(event.batch)
  if (batch === undefined) return
  cancelBatch(state, batch, 'caller', now)
  settleBatchIfDone(state, batch)
}
