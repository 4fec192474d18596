import type { ForkpoolError } from '../base/index.ts'
import type { AcceptedMessage, AttachedMessage, BatchSummary, ItemBlock, ResultsMessage, SubmitMessage } from '../protocol/index.ts'
import type { RetryOn } from './retry-on.ts'
import type { TaskTold } from './task-told.ts'

/** Who submitted a batch. Exactly one of `ended` and `failed` comes, and nothing after it. */
export interface BatchOwner {
  accepted(message: AcceptedMessage): void
  /** Before that, where its key was known; instead, where it was asked for by its identifier, and again after each lost connection. */
  attached?(message: AttachedMessage): void
  /** So many bytes of items may be sent now. */
  room(bytes: number): void
  results(message: ResultsMessage): void
  ended(summary: BatchSummary): void
  failed(error: ForkpoolError): void
  /** One of its tasks says something of itself. False: nobody of this call listens. */
  told?(told: TaskTold): boolean
  /** The next items of its one task, a generator. */
  produced?(items: ItemBlock): void
}

/** What a batch asks for, with its first items. */
export interface BatchSubmission extends Omit<SubmitMessage, 'kind' | 'batch' | 'retryOn'> {
  /** Which failures are worth another run; absent: all. Only names where the carrier `isRemote`. */
  readonly retryOn?: RetryOn | undefined
  /** Part of a batch that is open: taken also while the pool drains, and above its `queueLimit`. Local pools only. */
  readonly follows?: boolean | undefined
  /**
   * Indexes of items whose results nobody wants any more, and that need not run where they have not been handed out. May grow at any time.
   * Only where the carrier `gathersCalls`.
   */
  readonly skip?: ReadonlySet<number> | undefined
  /** The shard whose task makes this call, and the worker that has it. Local pools only, as all that follows. */
  readonly parent?: { readonly worker: string; readonly shard: number } | undefined
  /** What storages hold that go along, as bytes. */
  readonly stores?: Uint8Array | undefined
  /** Its one task is a generator, which may be so many items ahead of its reader. */
  readonly room?: number | undefined
  /** Buffers are moved along with its one task, so that it cannot run a second time. */
  readonly moves?: boolean | undefined
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
  /** Whether the pool is elsewhere: functions and patterns do not get there. */
  readonly isRemote: boolean
  /** Whether single calls that are made in one go shall be sent as one batch. */
  readonly gathersCalls?: boolean | undefined
  /** Whether buffers can stand beside items: shared memory, and what is moved. */
  readonly attaches?: boolean | undefined
  /** What goes along with a call that is made here and now, as bytes. @throws ForkpoolError NOT_SERIALISABLE. */
  stores?(): Uint8Array | undefined
  /** The reader of a generator has taken so many items. */
  more?(batch: number, count: number): void
  /** Takes a batch and returns its number. Its owner hears how it fares. */
  submit(owner: BatchOwner, submission: BatchSubmission): number
  /** Further items, within the bytes of the last `room`. */
  items(batch: number, items: ItemBlock, end: boolean): void
  /** No further items. */
  end(batch: number): void
  /** Stops the batch; its owner hears nothing more. */
  cancel(batch: number): void
  /** The batch's `skip` has this index now: its task may be ended, where a worker has it already. */
  skip?(batch: number, index: number): void
  /** Results of so many bytes (`resultBytes`) have been read by the caller. */
  consumed(batch: number, bytes: number): void
}
