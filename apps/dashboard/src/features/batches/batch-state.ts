import type { BatchState, BatchView } from '@forkpool/pool-core/protocol'
import type { Tone } from '../../ui/badge.tsx'

/** How each state of a batch looks, everywhere. */
export const BATCH_STATES: Readonly<
  Record<BatchState, { readonly label: string; readonly tone: Tone; readonly progress: 'running' | 'ended' | 'stopped' }>
> = {
  open: { label: 'Running', tone: 'accent', progress: 'running' },
  cancelling: { label: 'Cancelling', tone: 'warn', progress: 'stopped' },
  completed: { label: 'Completed', tone: 'good', progress: 'ended' },
  failed: { label: 'Failed', tone: 'bad', progress: 'ended' },
  cancelled: { label: 'Cancelled', tone: 'plain', progress: 'stopped' },
}

export function isOpen(batch: BatchView): boolean {
  return batch.state === 'open' || batch.state === 'cancelling'
}

/** Tasks that have ended, one way or another. */
export function endedTasks(batch: BatchView): number {
  return batch.completed + batch.failed + batch.cancelled
}

/** How many tasks it has or will have; null while nobody knows. An ended batch has what was submitted. */
export function totalTasks(batch: BatchView): number | null {
  return batch.total ?? (isOpen(batch) ? null : batch.submitted)
}

/** From submission to its end, or until now. */
export function tookMs(batch: BatchView, now: number): number {
  return Math.max(0, (batch.endedAt ?? now) - batch.submittedAt)
}
