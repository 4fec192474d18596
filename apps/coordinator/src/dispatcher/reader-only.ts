import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle, BatchSink } from '../batch-request.ts'
import type { BatchRun } from './batch-run.ts'

/** A batch's handle for one reader: good as long as that reader is the one who is told. */
export class ReaderOnly implements BatchHandle {
  readonly #run: BatchRun
  readonly #reader: BatchSink
  readonly #handle: BatchHandle

  constructor(run: BatchRun, reader: BatchSink, handle: BatchHandle) {
    this.#run = run
    this.#reader = reader
    this.#handle = handle
  }

  get id(): BatchId {
    return this.#run.id
  }

  add(items: ItemBlock, ended: boolean): void {
    if (this.#isGood) this.#handle.add(items, ended)
  }

  end(): void {
    if (this.#isGood) this.#handle.end()
  }

  cancel(): void {
    if (this.#isGood) this.#handle.cancel()
  }

  pause(paused: boolean): void {
    if (this.#isGood) this.#handle.pause(paused)
  }

  leave(): void {
    if (this.#isGood) this.#handle.leave()
  }

  abandon(): void {
    if (this.#isGood) this.#handle.abandon()
  }

  get #isGood(): boolean {
    return this.#run.sink === this.#reader
  }
}
