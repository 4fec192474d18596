import type { BatchSummary } from '../protocol/index.ts'
import type { BatchSettled } from '../scheduler/index.ts'

/** The account of a batch that has ended `wallMs` after it was opened. */
export function summaryOf({ outcome, completed, failed, cancelled, runMs, workers }: BatchSettled, wallMs: number): BatchSummary {
  return { outcome, completed, failed, cancelled, runMs, workers, wallMs }
}
