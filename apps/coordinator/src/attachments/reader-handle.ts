import type { BatchSummary, ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle } from '../batch-request.ts'
import type { AttachedReader } from './attached-reader.ts'

/** What a reader may do with an open batch that it came to later: what it asks concerns the batch, and the reading of its record. */
export class ReaderHandle implements BatchHandle {
  readonly #handle: BatchHandle
  readonly #reader: AttachedReader
  readonly #waits: boolean
  #isBehind = false

  /** @param waits the batch stands still until its record is read: what came meanwhile might not be kept for so long. */
  constructor(handle: BatchHandle, reader: AttachedReader, waits: boolean) {
    this.#handle = handle
    this.#reader = reader
    this.#waits = waits
    if (waits) this.goOn()
  }

  get id(): BatchId {
    return this.#handle.id
  }

  add(items: ItemBlock, ended: boolean): void {
    this.#handle.add(items, ended)
  }

  end(): void {
    this.#handle.end()
  }

  cancel(): void {
    this.#handle.cancel()
  }

  pause(paused: boolean): void {
    this.#isBehind = paused
    this.#reader.pause(paused)
    this.goOn()
  }

  /** Lets the batch go on where nothing holds it up. */
  goOn(): void {
    this.#handle.pause(this.#isBehind || (this.#waits && this.#reader.isReading))
  }

  leave(): void {
    this.#reader.stop()
    this.#handle.leave()
  }

  abandon(): void {
    this.#reader.stop()
    this.#handle.abandon()
  }
}

/** What a reader may do with a batch that is over: read it, and stop reading. */
export class EndedHandle implements BatchHandle {
  readonly id: BatchId
  readonly #reader: AttachedReader
  readonly #summary: BatchSummary

  constructor(id: BatchId, reader: AttachedReader, summary: BatchSummary) {
    this.id = id
    this.#reader = reader
    this.#summary = summary
  }

  add(): void {}

  end(): void {}

  /** Nothing is left to cancel; the end that whoever cancels waits for comes at once. */
  cancel(): void {
    this.#reader.finish(this.#summary)
  }

  pause(paused: boolean): void {
    this.#reader.pause(paused)
  }

  leave(): void {
    this.#reader.stop()
  }

  abandon(): void {
    this.#reader.stop()
  }
}
