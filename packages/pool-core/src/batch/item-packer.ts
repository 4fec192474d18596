import { ForkpoolError } from '../base/index.ts'
import type { ItemBlock } from '../protocol/index.ts'
import { BLOCK_BYTES, blockBytes, ItemBlockBuilder, sliceBlock } from '../protocol/index.ts'
import type { ItemSourceOptions } from './item-source.ts'
import { BLOCK_ITEMS } from './item-source.ts'

/** Encodes items one by one and hands them out in blocks that fit. An item that cannot be sent is reported and left out. */
export class ItemPacker {
  readonly #options: ItemSourceOptions
  readonly #builder: ItemBlockBuilder
  /** Finished, but more than was asked for: comes first next time. */
  #held: ItemBlock | undefined

  constructor(options: ItemSourceOptions) {
    this.#options = options
    this.#builder = new ItemBlockBuilder('auto', 'item', options.attaches)
  }

  /** Items that wait to be taken. */
  get count(): number {
    return (this.#held?.count ?? 0) + this.#builder.count
  }

  /** Whether what waits makes a block of its own, so that adding more would not help. */
  get isFull(): boolean {
    return this.#held !== undefined || this.#builder.bytes >= BLOCK_BYTES || this.#builder.count >= BLOCK_ITEMS
  }

  /** @param index of the item in the input. */
  add(value: unknown, index: number): void {
    const before = this.#builder.count
    try {
      this.#builder.add(value)
    } catch (error) {
      this.#options.unsendable(index, unsendable(index, error))
      return
    }
    const { itemBytesMax } = this.#options
    if (this.#builder.bytes <= itemBytesMax) return
    // Some item is large: look at this one, and if it alone is too large for any frame, take it out again.
    const block = this.#builder.finish()
    const last = sliceBlock(block, before, 1)
    const isTooLarge = blockBytes(last) > itemBytesMax
    if (isTooLarge) this.#options.unsendable(index, tooLarge(index, blockBytes(last), itemBytesMax))
    this.#held = isTooLarge && before === 0 ? undefined : isTooLarge ? sliceBlock(block, 0, before) : block
  }

  /** At most `itemsMax` items and `bytesMax` bytes of what waits; `undefined` if not even one item is so small. */
  take(itemsMax: number, bytesMax: number): ItemBlock | undefined {
    const block = this.#held ?? this.#builder.finish()
    const count = itemsWithin(block, itemsMax, Math.min(bytesMax, this.#options.itemBytesMax))
    this.#held = count === block.count ? undefined : sliceBlock(block, count, block.count - count)
    if (count === 0) return undefined
    return count === block.count ? block : sliceBlock(block, 0, count)
  }
}

/** How many items at the front of a block take at most `itemsMax` and `bytesMax`. */
export function itemsWithin(block: ItemBlock, itemsMax: number, bytesMax: number): number {
  if (block.count <= itemsMax && blockBytes(block) <= bytesMax) return block.count
  // The largest count that fits, by halving: bytes grow with the count.
  let fits = 0
  let tooMany = Math.min(block.count, itemsMax) + 1
  while (tooMany - fits > 1) {
    const count = (fits + tooMany) >> 1
    if (blockBytes(sliceBlock(block, 0, count)) <= bytesMax) fits = count
    else tooMany = count
  }
  return fits
}

function unsendable(index: number, error: unknown): ForkpoolError {
  // A getter of the user's, or a proxy, may throw anything.
  const code = error instanceof ForkpoolError ? error.code : 'NOT_SERIALISABLE'
  const why = error instanceof Error ? error.message : String(error)
  return new ForkpoolError(code, `item ${index} cannot be sent: ${why}`, { cause: error })
}

function tooLarge(index: number, bytes: number, max: number): ForkpoolError {
  return new ForkpoolError('LIMIT_EXCEEDED', `item ${index} takes ${bytes} bytes, and ${max} at most are accepted`)
}
