import type { ItemBlock } from '@forkpool/pool-core/protocol'
import { blockBytes, sliceBlock } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle } from '../batch-request.ts'

/** The handle of a batch whose client sends all of its input a second time: what the batch has already is passed over, and credited at once. */
export class SkippingHandle implements BatchHandle {
  readonly #handle: BatchHandle
  readonly #inputEnded: boolean
  readonly #credit: (bytes: number) => void
  /** Items that still come a second time. */
  #left: number

  constructor(handle: BatchHandle, known: { readonly received: number; readonly inputEnded: boolean }, credit: (bytes: number) => void) {
    this.#handle = handle
    this.#left = known.received
    this.#inputEnded = known.inputEnded
    this.#credit = credit
  }

  get id(): BatchId {
    return this.#handle.id
  }

  add(items: ItemBlock, ended: boolean): void {
    const skipped = this.#inputEnded ? items.count : Math.min(items.count, this.#left)
    this.#left -= Math.min(this.#left, skipped)
    if (skipped > 0) this.#credit(blockBytes(skipped === items.count ? items : sliceBlock(items, 0, skipped)))
    if (this.#inputEnded) return
    if (skipped < items.count) this.#handle.add(skipped === 0 ? items : sliceBlock(items, skipped, items.count - skipped), ended)
    else if (ended) this.#handle.end()
  }

  end(): void {
    if (!this.#inputEnded) this.#handle.end()
  }

  cancel(): void {
    this.#handle.cancel()
  }

  pause(paused: boolean): void {
    this.#handle.pause(paused)
  }

  leave(): void {
    this.#handle.leave()
  }

  abandon(): void {
    this.#handle.abandon()
  }
}
