import type { BatchSummary } from '@forkpool/pool-core/protocol'
import type { DispatchObserver } from '../dispatch-observer.ts'
import type { RecordedRange } from '../engine/engine.ts'
import type { BatchRun } from './batch-run.ts'

/** What was offered to the engine in one piece, and what of it was new. */
export interface Recorded {
  readonly ranges: readonly RecordedRange[]
  readonly fresh: readonly RecordedRange[]
  /** The end of the batch, where it was recorded along with them. */
  readonly summary: BatchSummary | undefined
}

/** Tells a batch, its reader and the observer of what is recorded now. */
export function reportRecorded(run: BatchRun, { ranges, fresh, summary }: Recorded, observer: DispatchObserver): void {
  if (fresh.length < ranges.length) observer.duplicateDropped(run.pool, 'record', countOf(ranges) - countOf(fresh))
  const last = fresh.length - 1
  for (const [i, range] of fresh.entries()) {
    run.count(range)
    const succeeded = range.count - range.failures.length
    if (succeeded > 0) observer.tasksSettled(run.pool, 'completed', succeeded)
    if (range.failures.length > 0) reportFailures(run, range, observer)
    run.sink.results(range, i === last && run.givenUp === undefined ? summary : undefined)
  }
  if (summary === undefined) return
  if (run.givenUp !== undefined) run.sink.failed(run.givenUp)
  else if (last < 0) run.sink.done(summary)
  if (summary.cancelled > 0) observer.tasksSettled(run.pool, 'cancelled', summary.cancelled)
}

function reportFailures(run: BatchRun, range: RecordedRange, observer: DispatchObserver): void {
  const quarantined = range.failures.filter((failure) => failure.error.code === 'WORKER_LOST').length
  if (quarantined > 0) observer.tasksSettled(run.pool, 'quarantined', quarantined)
  if (range.failures.length > quarantined) observer.tasksSettled(run.pool, 'failed', range.failures.length - quarantined)
}

function countOf(ranges: readonly RecordedRange[]): number {
  return ranges.reduce((sum, range) => sum + range.count, 0)
}
