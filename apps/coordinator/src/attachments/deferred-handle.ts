import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle } from '../batch-request.ts'

/** The handle of a batch that is still looked for: what is asked of it meanwhile is done, in order, when it is found. */
export class DeferredHandle implements BatchHandle {
  #handle: BatchHandle | undefined
  #waiting: ((handle: BatchHandle) => void)[] | undefined = []

  /** Empty until the batch is found. */
  get id(): BatchId {
    return this.#handle?.id ?? ('' as BatchId)
  }

  /** The batch is found. */
  become(handle: BatchHandle): void {
    this.#handle = handle
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const call of waiting) call(handle)
  }

  /** There is no such batch: whatever was asked, or will be, is dropped. */
  drop(): void {
    this.#waiting = undefined
  }

  add(items: ItemBlock, ended: boolean): void {
    this.#do((handle) => handle.add(items, ended))
  }

  end(): void {
    this.#do((handle) => handle.end())
  }

  cancel(): void {
    this.#do((handle) => handle.cancel())
  }

  pause(paused: boolean): void {
    this.#do((handle) => handle.pause(paused))
  }

  leave(): void {
    this.#do((handle) => handle.leave())
  }

  abandon(): void {
    this.#do((handle) => handle.abandon())
  }

  #do(call: (handle: BatchHandle) => void): void {
    if (this.#handle !== undefined) call(this.#handle)
    else this.#waiting?.push(call)
  }
}
