import type { BatchSummary } from '@forkpool/pool-core/protocol'
import type { LedgerEntry } from '../engine/engine.ts'

/**
 * Tasks that are neither recorded nor cancelled. While a batch is open they are live: queued or running. At rest this is 0; above, work
 * was lost, below, something was recorded that nobody submitted.
 */
export function unaccounted(entry: LedgerEntry): number {
  return entry.submitted - entry.recorded - entry.cancelled
}

/** Tasks that succeeded. */
export function succeeded(entry: LedgerEntry): number {
  return entry.recorded - entry.failed - entry.quarantined
}

/** What is wrong with the account of a batch; `summary`: what its client was told at the end, undefined while it is open. */
export function imbalances(entry: LedgerEntry, summary: BatchSummary | undefined): readonly string[] {
  const problems: string[] = []
  const missing = unaccounted(entry)
  for (const [name, value] of Object.entries(entry) as [keyof LedgerEntry, number][]) {
    if (!Number.isInteger(value) || value < 0) problems.push(`${name} is ${value}`)
  }
  if (succeeded(entry) < 0) problems.push(`${entry.failed + entry.quarantined} tasks failed of ${entry.recorded} that are recorded`)
  if (missing < 0) problems.push(`${-missing} tasks more are accounted for than were submitted`)
  if (summary === undefined) return problems
  if (missing > 0) problems.push(`${missing} of ${entry.submitted} tasks are neither recorded nor cancelled`)
  const told = [
    ['completed', summary.completed, succeeded(entry)],
    ['failed', summary.failed, entry.failed + entry.quarantined],
    ['cancelled', summary.cancelled, entry.cancelled],
  ] as const
  for (const [what, said, counted] of told)
    if (said !== counted) problems.push(`its end says ${said} ${what}, and ${counted} are recorded so`)
  return problems
}
