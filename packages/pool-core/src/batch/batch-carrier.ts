import type { ForkpoolError } from '../base/index.ts'
import type { AcceptedMessage, BatchSummary, ItemBlock, ResultsMessage, SubmitMessage } from '../protocol/index.ts'

/** Who submitted a batch. Exactly one of `ended` and `failed` comes, and nothing after it. */
export interface BatchOwner {
  accepted(message: AcceptedMessage): void
  /** So many bytes of items may be sent now. */
  room(bytes: number): void
  results(message: ResultsMessage): void
  ended(summary: BatchSummary): void
  failed(error: ForkpoolError): void
}

/** What a batch asks for, with its first items. */
export interface BatchSubmission extends Omit<SubmitMessage, 'kind' | 'batch'> {
  /** Longest run of one task, milliseconds. Only where the carrier `keepsTime`. */
  readonly timeoutMs?: number | undefined
}

/** Sizes that a carrier accepts. */
export interface CarrierLimits {
  /** Largest frame, bytes. */
  readonly frameBytes: number
  /** Item bytes that may be on the way for one batch. */
  readonly inputWindowBytes: number
}

/** What takes batches to workers: the connection to a coordinator, or a pool of this program. */
export interface BatchCarrier {
  readonly limits: CarrierLimits
  /** Whether it takes `timeoutMs`. */
  readonly keepsTime: boolean
  /** Whether single calls that are made in one go shall be sent as one batch. */
  readonly gathersCalls?: boolean | undefined
  /** Takes a batch and returns its number. Its owner hears how it fares. */
  submit(owner: BatchOwner, submission: BatchSubmission): number
  /** Further items, within the bytes of the last `room`. */
  items(batch: number, items: ItemBlock, end: boolean): void
  /** No further items. */
  end(batch: number): void
  /** Stops the batch; its owner hears nothing more. */
  cancel(batch: number): void
  /** Results of so many bytes (`resultBytes`) have been read by the caller. */
  consumed(batch: number, bytes: number): void
}
