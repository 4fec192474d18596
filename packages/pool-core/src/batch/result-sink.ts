import type { BatchSummary, ItemBlock, TaskFailure } from '../protocol/index.ts'
import type { ForkpoolError } from '../base/index.ts'

/** What a sink may ask of the batch whose results it takes. */
export interface SinkBatch {
  /** Results that took `bytes` on the way have been read by the caller. */
  consumed(bytes: number): void
  /** `room` has grown. */
  resume(): void
  /** The caller wants no more. */
  cancel(): void
}

/** Where the results of a batch go. Indexes are those of the input. Nothing comes after `ended`, `failed` or `aborted`. */
export interface ResultSink {
  /** How many more items may be handed out now. */
  room(): number
  /** So many more items of the input were handed out. */
  handedOut(count: number): void
  /** Results of `count` tasks from `from` on, as in `ResultsMessage`; `bytes` are to be given back by `consumed`. */
  results(from: number, count: number, values: ItemBlock, failures: readonly TaskFailure[] | undefined, bytes: number): void
  /** An item that could not be sent: its task has failed here. */
  unsendable(index: number, error: ForkpoolError): void
  /** All that will come has come. `summary` is `undefined` where nothing was sent. */
  ended(summary: BatchSummary | undefined): void
  /** The batch came to nothing: the connection is lost, the coordinator refused it. */
  failed(error: ForkpoolError): void
  /** The caller's signal was aborted, with this reason. */
  aborted(reason: unknown): void
  /** The input iterable threw. True: the batch goes on to the end of what was handed out, and `ended` follows. */
  threw(error: unknown): boolean
}
