import type { ErrorCode, IntervalSet } from '@forkpool/pool-core/base'
import type { BatchId, SessionId } from '@forkpool/pool-core/scheduler'
import type { BatchSummary, ItemBlock, TaskFailure } from '@forkpool/pool-core/protocol'

/**
 * What is known of a batch when it is opened; enough to run it again after a restart. A durable engine keeps every field, also those
 * that this list does not name: plain values only.
 */
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
  /** Whose it is: batches of one session share its turn. */
  readonly session?: SessionId | undefined
  /** As the client asked for its results. Default `auto`. */
  readonly reply?: 'auto' | 'json' | undefined
  /** Whose batch it is, and whether it goes on without its reader. */
  readonly owner?: string | undefined
  readonly detached?: boolean | undefined
  /** A name that the client gave the batch, at most 512 bytes: a second `open` with it is refused, and `find` knows the first. */
  readonly idempotencyKey?: string | undefined
}

/** Results of the tasks `from` to `from + count - 1`, as they are recorded: `values` of those that succeeded, `failures` of the rest. */
export interface RecordedRange {
  readonly from: number
  readonly count: number
  readonly values: ItemBlock
  readonly failures: readonly TaskFailure[]
}

/** The items of a batch from index `from` on, as they were submitted. */
export interface StoredItems {
  readonly from: number
  readonly items: ItemBlock
}

/** A run of a task that failed, or that its worker did not survive, and after which the task runs again. */
export interface AttemptRecord {
  /** The task's place in its batch. */
  readonly index: number
  /** 1 for the first run. */
  readonly attempt: number
  /** `failed`: the task threw. `lost`: the worker ended. `timed-out`: it ran too long. */
  readonly outcome: 'failed' | 'lost' | 'timed-out'
  /** Wall clock, milliseconds since 1970. */
  readonly at: number
  /** What was thrown, in one line. */
  readonly message: string
}

/**
 * How many tasks of a batch are where. While a batch is open `submitted = recorded + cancelled + live`; at rest nothing is live, and
 * what is missing is unaccounted (`ledger/`).
 */
export interface LedgerEntry {
  readonly submitted: number
  /** Tasks with a result or a failure: `failed` and `quarantined` are among them. */
  readonly recorded: number
  /** Tasks that failed, without the quarantined ones. */
  readonly failed: number
  /** Tasks that were given up because their workers ended each time. */
  readonly quarantined: number
  readonly cancelled: number
  /** Tasks whose result came a second time and was dropped. */
  readonly duplicates: number
}

/** A batch as the engine has it. */
export interface StoredBatch {
  readonly batch: BatchRecord
  readonly ledger: LedgerEntry
  /** No further item will come. */
  readonly inputEnded: boolean
  /** How it ended; undefined while it is open. */
  readonly end: StoredEnd | undefined
  /** Items are there: in a durable engine, while it is open, those of all tasks without a result; after its end, if a task failed, those of tasks that failed. */
  readonly itemsKept: boolean
}

/** Why a batch was given up as a whole: its deadline, or no worker is left. */
export interface GivenUp {
  readonly code: ErrorCode
  readonly message: string
}

export interface StoredEnd {
  readonly summary: BatchSummary
  /** Undefined: it was not. */
  readonly givenUp?: GivenUp | undefined
  /** Wall clock, milliseconds since 1970. */
  readonly at: number
}

/** A batch that had not ended when the coordinator before this one did: what is needed to run the rest of it. */
export interface OpenBatch extends StoredBatch {
  /** Tasks with a recorded result: disjoint, ascending, none next to another. `to` is the index after the last. */
  readonly recordedRanges: readonly { readonly from: number; readonly to: number }[]
  /** What was recorded by `attempted` for tasks without a result, by index and attempt. */
  readonly attempts: readonly AttemptRecord[]
}

/** What the engine keeps and how much it takes. */
export interface EngineUsage {
  readonly openBatches: number
  readonly endedBatches: number
  /** Bytes that batches take, by the engine's own account. */
  readonly bytes: number
  /** The code with which new work is refused now; undefined: it is taken. */
  readonly refusing: 'DISK_FULL' | 'ENGINE_FAILED' | undefined
}

/**
 * Where batches, items and results are recorded. A promise resolves when what was asked for is as durable as the engine makes it;
 * calls for one batch take effect in the order in which they were made, so a caller need not wait between them.
 *
 * Execution is at least once, recording exactly once: `record` is create-only, the first writer of a task's result wins.
 * Implementations: `memory/`, `embedded/`. Nothing is acknowledged to a client before its promise resolves.
 *
 * Errors of calls that write: `BATCH_UNKNOWN`; `DISK_FULL` and `ENGINE_FAILED` when the disk took nothing of the call, and then
 * everything is as if it had not been made. The latter two refuse `open` and `append` for as long as they hold; `record`, `end` and
 * `forget` are tried each time.
 */
export interface Engine {
  /** `memory`, `embedded`, `jetstream`: shown by the API. */
  readonly name: string
  /** Whether what was acknowledged outlives the process. */
  readonly durable: boolean
  /** Batches that are open from an earlier life. To be called once, before any other call. Resolves to nothing where nothing is kept. */
  recover(): Promise<readonly OpenBatch[]>
  /**
   * Records a batch, whole if its items came along and `ended`. Rejects with `ALREADY_EXISTS` if its id or idempotency key is taken.
   *
   * `behind`: whoever sent the items has them until their tasks are done, so they may be written later, and of a task whose result is recorded first not at all.
   * Then the promise of `open` says that the batch is recorded, those of `append` and `end` say nothing, and `flush` says it of the items. A result, or a failed run, that is
   * recorded always stands on all items before it: each is recorded too, or has a result that is.
   */
  open(batch: BatchRecord, items: ItemBlock | undefined, ended: boolean, behind?: boolean): Promise<void>
  /** Records the next block of items. */
  append(batch: BatchId, items: ItemBlock, ended: boolean): Promise<void>
  /** Records that no further items come. */
  end(batch: BatchId): Promise<void>
  /** Writes what waits of the items of a batch, and the end of its input. Resolves when nothing does; at once for one that is not open. */
  flush(batch: BatchId): Promise<void>
  /** Records runs that failed and will be repeated, so that a restart does not forget them. Nobody needs to wait for it. */
  attempted(batch: BatchId, attempts: readonly AttemptRecord[]): Promise<void>
  /**
   * Records results that nobody has recorded before, and, with `summary`, the end of the batch in the same step, with why it was given up, if so. Resolves to the ranges
   * that are new: a range of which any task has a result already is a duplicate as a whole, is dropped and counted. After the end
   * everything is a duplicate. When it rejects, nothing of it is recorded.
   */
  record(
    batch: BatchId,
    ranges: readonly RecordedRange[],
    summary: BatchSummary | undefined,
    givenUp?: GivenUp,
  ): Promise<readonly RecordedRange[]>
  /** Figures of a batch, as this process knows them; undefined when it is unknown or forgotten. */
  ledger(batch: BatchId): LedgerEntry | undefined
  /** An open or ended batch; undefined when it is unknown or forgotten. */
  batch(batch: BatchId): Promise<StoredBatch | undefined>
  /** Ended batches that are still kept, the last to end first: `limit` at most, only those that ended before the batch `before`. */
  ended(limit: number, before?: BatchId): Promise<readonly StoredBatch[]>
  /** The batch that was opened with this idempotency key and is still kept. */
  find(idempotencyKey: string): Promise<BatchId | undefined>
  /**
   * Recorded results by ascending index, from the range on that holds or follows `from`: all whose `record` had resolved when the call
   * was made, later ones perhaps. Those of `have` may be left out. Read a piece at a time. Rejects with `BATCH_UNKNOWN`, with `RESULTS_GONE`
   * where the engine did not keep all of them, with `DATA_CORRUPT` where a stored block is not what was written.
   */
  results(batch: BatchId, from: number, have?: IntervalSet): AsyncIterable<RecordedRange>
  /** Recorded items in the order of submission, from the block on that holds or follows `from`. Errors as for `results`. */
  items(batch: BatchId, from: number): AsyncIterable<StoredItems>
  usage(): EngineUsage
  /** Drops all that is kept of an ended batch. Retention does the same by age and size, oldest first, and never to an open one. */
  forget(batch: BatchId): Promise<void>
  /** Ends the engine when what was asked of it is done; what was acknowledged stays. */
  close(): Promise<void>
}
