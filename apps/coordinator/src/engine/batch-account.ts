import type { BatchSummary } from '@forkpool/pool-core/protocol'
import type { LedgerEntry, RecordedRange } from './engine.ts'
import { IntervalSet } from '@forkpool/pool-core/base'

/** The account of one open batch, which decides who was first with a result: written by its engine alone. */
export class BatchAccount {
  readonly recorded = new IntervalSet()
  submitted = 0
  inputEnded = false
  failed = 0
  quarantined = 0
  cancelled = 0
  duplicates = 0

  /** Counts ranges of which nothing is recorded yet and gives them back; the others are duplicates. */
  admit(ranges: readonly RecordedRange[]): readonly RecordedRange[] {
    // One range is what nearly every shard gives: it is answered without a new list.
    const only = ranges.length === 1 ? ranges[0] : undefined
    if (only !== undefined && this.#admitOne(only)) return ranges
    const fresh: RecordedRange[] = []
    for (const range of ranges) {
      if (range !== only && this.#admitOne(range)) fresh.push(range)
      else this.duplicates += range.count
    }
    return fresh
  }

  /** Undoes `admit` for ranges that the disk did not take. */
  revoke(ranges: readonly RecordedRange[]): void {
    for (const range of ranges) {
      this.recorded.removeIfPresent(range.from, range.from + range.count)
      this.#countFailures(range, -1)
    }
  }

  /** The batch ended so. */
  close(summary: BatchSummary): void {
    this.cancelled = summary.cancelled
  }

  entry(): LedgerEntry {
    const { submitted, failed, quarantined, cancelled, duplicates } = this
    return { submitted, recorded: this.recorded.size, failed, quarantined, cancelled, duplicates }
  }

  #admitOne(range: RecordedRange): boolean {
    if (!this.recorded.addIfAbsent(range.from, range.from + range.count)) return false
    if (range.failures.length > 0) this.#countFailures(range, 1)
    return true
  }

  #countFailures({ failures }: RecordedRange, sign: 1 | -1): void {
    const quarantined = failures.reduce((count, { error }) => count + (error.code === 'WORKER_LOST' ? 1 : 0), 0)
    this.quarantined += sign * quarantined
    this.failed += sign * (failures.length - quarantined)
  }
}
