import { encodeItems } from '../../protocol/index.ts'
import { ItemPacker } from '../item-packer.ts'
import type { ItemSource, ItemSourceOptions, Taken } from '../item-source.ts'
import { BLOCK_ITEMS } from '../item-source.ts'

/** The items of an array. Each is encoded when its turn comes, not before. */
export class ArraySource implements ItemSource {
  readonly total: number
  readonly #values: readonly unknown[]
  readonly #packer: ItemPacker
  /** The first item that was neither sent nor given to the packer. */
  #at = 0
  /** Whether something other than numbers was met: from there on the packer has the word. */
  #isMixed = false

  constructor(values: readonly unknown[], options: ItemSourceOptions) {
    this.#values = values
    this.total = values.length
    this.#packer = new ItemPacker(options)
  }

  take(itemsMax: number, bytesMax: number): Taken {
    if (this.#isMixed) return this.#pack(itemsMax, bytesMax)
    if (this.#at === this.total) return { kind: 'end' }
    const end = Math.min(this.#at + Math.min(itemsMax, BLOCK_ITEMS, Math.floor(bytesMax / 8)), this.total)
    if (end === this.#at) return { kind: 'full' }
    if (!areNumbers(this.#values, this.#at, end)) {
      this.#isMixed = true
      return this.#pack(itemsMax, bytesMax)
    }
    const block = encodeItems(this.#values, this.#at, end)
    this.#at = end
    return { kind: 'block', block, end: end === this.total }
  }

  stop(): void {
    this.#at = this.total
  }

  /** The size of an item that is no number is not known before it is encoded. */
  #pack(itemsMax: number, bytesMax: number): Taken {
    const packer = this.#packer
    for (; this.#at < this.total && packer.count < itemsMax && !packer.isFull; this.#at++) packer.add(this.#values[this.#at], this.#at)
    if (packer.count === 0) return { kind: 'end' }
    const block = packer.take(itemsMax, bytesMax)
    return block === undefined ? { kind: 'full' } : { kind: 'block', block, end: packer.count === 0 && this.#at === this.total }
  }
}

function areNumbers(values: readonly unknown[], from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (typeof values[i] !== 'number') return false
  return true
}
