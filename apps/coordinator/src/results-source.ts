import type { RecordedRange } from './engine/engine.ts'

/** What of a batch is to be read. */
export interface ResultsQuery {
  readonly id: string
  /** Undefined: whoever asks may see every batch. */
  readonly owner: string | undefined
  /** Index of the first task. */
  readonly from: number
  /** Tasks at most. */
  readonly limit: number
  /** Of an open batch, wait for what is still to come, to its end. False: what is recorded now. */
  readonly follow: boolean
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal
}

/** Results as the HTTP room sees them: read from the record, without a word to whoever else reads the batch. */
export interface ResultsSource {
  /**
   * Results by ascending index, those of cancelled tasks left out; `undefined` before it waits for more. Read a piece at a time: a slow reader holds
   * nobody up. Rejects with `BATCH_UNKNOWN` also where it is somebody else's, with `RESULTS_GONE`, and while it is read with what the engine says.
   */
  read(query: ResultsQuery): Promise<AsyncIterable<RecordedRange | undefined>>
}
