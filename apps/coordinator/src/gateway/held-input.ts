import type { ItemBlock } from '@forkpool/pool-core/protocol'
import { blockBytes } from '@forkpool/pool-core/protocol'
import { LimitError } from '../config/limits.ts'
import type { CoordinatorConfig } from '../config/read-config.ts'

export type InputLimits = Pick<CoordinatorConfig, 'batchItemsMax' | 'itemBytesMax' | 'heldBytesMax'>

/** The items of all sessions that came and are not dealt with: what windows do for one batch, this does for all together. */
export class HeldInput {
  readonly #limits: InputLimits
  readonly #leftBytes: () => number
  #bytes = 0

  /** @param leftBytes items of batches that go on without a session: whoever leaves takes no room with it that others must not have. */
  constructor(limits: InputLimits, leftBytes: () => number) {
    this.#limits = limits
    this.#leftBytes = leftBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Takes items of a batch that has had `before`. Returns their bytes, which `free` gives back.
   * @throws LimitError when they are too many, one of them is too large, or there is no room; then nothing is taken.
   */
  take(items: ItemBlock, before: number): number {
    const { batchItemsMax, itemBytesMax, heldBytesMax } = this.#limits
    if (before + items.count > batchItemsMax) throw new LimitError('batchItemsMax', `a batch may have ${batchItemsMax} items`)
    if (largestItem(items, itemBytesMax) > itemBytesMax) throw new LimitError('itemBytesMax', `an item may have ${itemBytesMax} bytes`)
    const bytes = blockBytes(items)
    if (this.#bytes + this.#leftBytes() + bytes > heldBytesMax)
      throw new LimitError('heldBytesMax', `${heldBytesMax} bytes of items wait for workers; submit again when some have run`)
    this.#bytes += bytes
    return bytes
  }

  /** Bytes that an earlier connection took. */
  carryOver(bytes: number): number {
    this.#bytes += bytes
    return bytes
  }

  free(bytes: number): void {
    this.#bytes -= bytes
  }
}

/** Bytes of the largest item; not looked for in a block that is too small to hold one above `enough`. */
function largestItem({ offsets, bytes }: ItemBlock, enough: number): number {
  if (offsets === undefined || bytes.byteLength <= enough) return 0
  let largest = 0
  for (let i = 1; i < offsets.length; i++) largest = Math.max(largest, (offsets[i] as number) - (offsets[i - 1] as number))
  return largest
}
