import type { Clock, ForkpoolError, Instant } from '../base/index.ts'
import type { AcceptedMessage, AttachedMessage, BatchSummary, ItemBlock, ResultsMessage, TaskFailure } from '../protocol/index.ts'
import { blockBytes, ITEM_BYTES_MAX, resultBytes, sliceBlock } from '../protocol/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from './batch-carrier.ts'
import type { LocalCallOptions, StreamOptions } from './batch-options.ts'
import { IndexMap } from './index-map.ts'
import type { ItemSource } from './item-source.ts'
import { openItemSource } from './item-sources/open-item-source.ts'
import type { ResultSink, SinkBatch } from './result-sink.ts'
import type { TaskTold } from './task-told.ts'
import { tell } from './tell.ts'

export interface BatchRunParts {
  readonly carrier: BatchCarrier
  readonly clock: Clock
  /** What every message of this batch's kind has in common: task, pool and options. */
  readonly request: Omit<BatchSubmission, 'items' | 'end' | 'total'>
  readonly items: unknown
  readonly options: StreamOptions & LocalCallOptions
}

/** What a frame holds besides the items of its block. */
const FRAME_OVERHEAD_BYTES = 64 * 1024

/**
 * One batch between its input and its results: reads items as the carrier's window and the sink's room allow, and passes the results on.
 * Its sink hears exactly one end.
 */
export class BatchRun implements BatchOwner, SinkBatch {
  readonly #carrier: BatchCarrier
  readonly #clock: Clock
  readonly #request: BatchRunParts['request']
  readonly #options: StreamOptions & LocalCallOptions
  readonly #sink: ResultSink
  readonly #source: ItemSource
  readonly #indexes = new IndexMap()
  readonly #startedAt: Instant
  readonly #itemBytesMax: number
  /** The carrier's number for it, once submitted. */
  #batch: number | undefined
  /** Bytes of items that may be sent now. */
  #roomBytes: number
  #sent = 0
  /** Items of which the sink knows, as the carrier counts them: those sent, or more where the carrier has them already. */
  #handedOut = 0
  #done = 0
  #failed = 0
  #isInputOver = false
  #isOver = false
  #isPumping = false

  /** @throws ForkpoolError BAD_ARGUMENT for items that cannot be iterated over. */
  constructor(parts: BatchRunParts, sink: ResultSink) {
    this.#carrier = parts.carrier
    this.#clock = parts.clock
    this.#request = parts.request
    this.#options = parts.options
    this.#sink = sink
    this.#startedAt = parts.clock.now()
    const { frameBytes, inputWindowBytes } = parts.carrier.limits
    // Half a window: a carrier gives credit in parts, so a whole one may never be free at once.
    this.#itemBytesMax = Math.min(ITEM_BYTES_MAX, frameBytes - FRAME_OVERHEAD_BYTES, inputWindowBytes >> 1)
    this.#roomBytes = inputWindowBytes
    this.#source = openItemSource(parts.items, {
      itemBytesMax: this.#itemBytesMax,
      clock: parts.clock,
      attaches: parts.carrier.attaches,
      ready: () => this.#pump(),
      unsendable: (index, error) => this.#unsendable(index, error),
    })
  }

  /** Number of items, where it is known before they are read. */
  get total(): number | undefined {
    return this.#source.total
  }

  start(): void {
    const { signal } = this.#options
    if (signal?.aborted === true) {
      this.#abort()
      return
    }
    signal?.addEventListener('abort', this.#abort)
    this.#pump()
  }

  consumed(bytes: number): void {
    if (this.#batch !== undefined) this.#carrier.consumed(this.#batch, bytes)
  }

  resume(): void {
    this.#pump()
  }

  cancel(): void {
    this.#finish()
    if (this.#batch !== undefined) this.#carrier.cancel(this.#batch)
  }

  /**
   * Its key was known, and some or all of its items are there: their results may come before the items are read. Where no more are wanted, the
   * rest of the input is not read at all.
   */
  attached({ received, inputEnded }: AttachedMessage): void {
    if (this.#isOver) return
    if (inputEnded && !this.#isInputOver) {
      this.#isInputOver = true
      this.#source.stop()
    }
    this.#handOut(received)
  }

  accepted(message: AcceptedMessage): void {
    tell('onAccepted', this.#options.onAccepted, () => ({ id: message.id, pool: message.pool, poolSize: message.poolSize }))
  }

  room(bytes: number): void {
    this.#roomBytes = bytes
    this.#pump()
  }

  results(message: ResultsMessage): void {
    if (this.#isOver) return
    const { from, count, values, failures } = message
    this.#done += count
    this.#failed += failures?.length ?? 0
    if (this.#indexes.isIdentity) this.#sink.results(from, count, values, failures, resultBytes(message))
    else this.#mappedResults(message)
    this.#progress()
  }

  ended(summary: BatchSummary): void {
    if (this.#isOver) return
    this.#finish()
    tell('onEnd', this.#options.onEnd, () => summary)
    this.#sink.ended(summary)
  }

  failed(error: ForkpoolError): void {
    if (this.#isOver) return
    this.#finish()
    this.#sink.failed(error)
  }

  told(told: TaskTold): boolean {
    const { onLog, onTaskProgress } = this.#options
    const index = this.#indexes.isIdentity ? told.index : this.#indexes.toInput(told.index)
    if (told.kind === 'log') tell('onLog', onLog, () => ({ ...told, index }))
    else tell('onTaskProgress', onTaskProgress, () => ({ ...told, index }))
    return (told.kind === 'log' ? onLog : onTaskProgress) !== undefined
  }

  readonly #abort = (): void => {
    if (this.#isOver) return
    this.cancel()
    this.#sink.aborted(this.#options.signal?.reason)
  }

  /** Nothing is sent or taken any more; the input is told. */
  #finish(): void {
    this.#isOver = true
    this.#options.signal?.removeEventListener('abort', this.#abort)
    if (!this.#isInputOver) this.#source.stop()
    this.#isInputOver = true
  }

  /** Sends what may be sent. */
  #pump(): void {
    // A block that is sent can bring `room` or `ready` on the spot; the loop that sent it goes on anyway.
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      while (!this.#isInputOver && this.#pumpBlock()) if (this.#isOver) break
    } finally {
      this.#isPumping = false
    }
  }

  /** False: there is nothing to send now. */
  #pumpBlock(): boolean {
    const itemsMax = this.#sink.room()
    const bytesMax = Math.min(this.#roomBytes, this.#itemBytesMax)
    if (itemsMax <= 0 || bytesMax <= 0) return false
    const taken = this.#source.take(itemsMax, bytesMax)
    // Reading the input runs code of the user's, which may have ended the batch.
    if (this.#isOver) return false
    switch (taken.kind) {
      case 'block':
        this.#isInputOver = taken.end
        this.#send(taken.block, taken.end)
        return true
      case 'end':
        this.#endInput()
        return false
      case 'threw':
        if (this.#sink.threw(taken.error)) this.#endInput()
        else this.cancel()
        return false
      default:
        return false
    }
  }

  #send(items: ItemBlock, end: boolean): void {
    this.#sent += items.count
    this.#handOut(this.#sent)
    if (this.#batch !== undefined) {
      this.#roomBytes -= blockBytes(items)
      this.#carrier.items(this.#batch, items, end)
      return
    }
    // Until the carrier says how much more it takes.
    this.#roomBytes = 0
    this.#batch = this.#carrier.submit(this, {
      ...this.#request,
      total: end ? undefined : this.#source.total,
      items,
      ...(end && { end }),
    })
  }

  /** Tells the sink of items up to the one before `to`, as the carrier counts them. */
  #handOut(to: number): void {
    const more = to - this.#handedOut
    if (more <= 0) return
    this.#handedOut = to
    this.#sink.handedOut(more)
  }

  #endInput(): void {
    this.#isInputOver = true
    if (this.#batch !== undefined) {
      this.#carrier.end(this.#batch)
      return
    }
    // Nothing to send at all: no item, or none that can be sent.
    this.#finish()
    this.#sink.ended(undefined)
  }

  #unsendable(index: number, error: ForkpoolError): void {
    this.#indexes.skip(index)
    this.#done++
    this.#failed++
    this.#sink.handedOut(1)
    this.#sink.unsendable(index, error)
    if (!this.#isOver) this.#progress()
  }

  /** Some item was left out, so the carrier counts otherwise: each unbroken part of the message goes to its place in the input. */
  #mappedResults(message: ResultsMessage): void {
    const { from, count, values, failures = [] } = message
    let bytes = resultBytes(message)
    let valuesAt = 0
    for (let at = 0; at < count;) {
      const length = this.#indexes.unbroken(from + at, count - at)
      const failed: TaskFailure[] = []
      for (const failure of failures) if (failure.at >= at && failure.at < at + length) failed.push({ ...failure, at: failure.at - at })
      const block = sliceBlock(values, valuesAt, length - failed.length)
      this.#sink.results(this.#indexes.toInput(from + at), length, block, failed, bytes)
      // The first part stands for all of the message's bytes: they are counted once.
      bytes = 0
      valuesAt += length - failed.length
      at += length
    }
  }

  #progress(): void {
    tell('onProgress', this.#options.onProgress, () => ({
      done: this.#done,
      failed: this.#failed,
      total: this.#source.total ?? (this.#isInputOver ? this.#handedOut + this.#indexes.skipped : undefined),
      elapsedMs: this.#clock.now() - this.#startedAt,
    }))
  }
}
