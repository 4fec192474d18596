import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchSummary, ItemBlock, TaskFailure } from '@forkpool/pool-core/protocol'

/** What is known of a batch when it is opened; enough to run it again after a restart. */
export interface BatchRecord {
  readonly id: BatchId
  readonly task: string
  readonly pool: string
  readonly poolSize: number
  readonly spread: boolean
  readonly priority: number
  readonly total: number | undefined
  readonly chunkSize: number | undefined
  readonly retries: number
  readonly backoffMs: number
  readonly failFast: boolean
  readonly submittedAt: number
}

/** Results of the tasks `from` to `from + count - 1`, as they are recorded: `values` of those that succeeded, `failures` of the rest. */
export interface RecordedRange {
  readonly from: number
  readonly count: number
  readonly values: ItemBlock
  readonly failures: readonly TaskFailure[]
}

/** How many tasks of a batch are where. At rest `submitted = recorded + cancelled`; what is missing is `unaccounted`. */
export interface LedgerEntry {
  readonly submitted: number
  readonly recorded: number
  readonly cancelled: number
  /** Tasks whose result came a second time and was dropped. */
  readonly duplicates: number
}

/**
 * Where batches, items and results are recorded. A promise resolves when what was asked for is as durable as the engine makes it;
 * calls for one batch take effect in the order in which they were made.
 *
 * Execution is at least once, recording exactly once: `record` is create-only, the first writer of a task's result wins.
 * Implementations: `memory/`. The contract is that of a durable engine: nothing is acknowledged to a client before its promise resolves.
 */
export interface Engine {
  /** `memory`, `embedded`, `jetstream`: shown by the API. */
  readonly name: string
  /** Records a batch, with the first block of its items if it came along. Rejects if the batch exists. */
  open(batch: BatchRecord, items: ItemBlock | undefined, ended: boolean): Promise<void>
  /** Records the next block of items. */
  append(batch: BatchId, items: ItemBlock, ended: boolean): Promise<void>
  /** Records that no further items come. */
  end(batch: BatchId): Promise<void>
  /**
   * Records results that nobody has recorded before, and, with `summary`, the end of the batch in the same step. Resolves to the ranges
   * that are new: a range of which any task has a result already is a duplicate as a whole, is dropped and counted.
   */
  record(batch: BatchId, ranges: readonly RecordedRange[], summary: BatchSummary | undefined): Promise<readonly RecordedRange[]>
  /** Figures of a batch; undefined when it is unknown or forgotten. */
  ledger(batch: BatchId): LedgerEntry | undefined
  /** Drops all that is kept of an ended batch. */
  forget(batch: BatchId): Promise<void>
  /** Ends the engine; what was acknowledged stays. */
  close(): Promise<void>
}
