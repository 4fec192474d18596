import { concatBlocks, selectItems } from '../protocol/index.ts'
import type { ItemBlock } from '../protocol/index.ts'

interface KeptBlock {
  readonly from: number
  readonly items: ItemBlock
  unsettled: number
}

/** The items of a batch that have not settled, by index, in the blocks in which they were sent. */
export class KeptItems {
  #blocks: KeptBlock[] = []
  #added = 0

  add(items: ItemBlock): void {
    if (items.count > 0) this.#blocks.push({ from: this.#added, items, unsettled: items.count })
    this.#added += items.count
  }

  /** The items at these indexes, in ascending order, none of which has settled. */
  select(indexes: readonly number[]): ItemBlock {
    const parts: ItemBlock[] = []
    for (const { from, items } of this.#blocks) {
      const places = indexes.filter((index) => index >= from && index < from + items.count).map((index) => index - from)
      if (places.length > 0) parts.push(selectItems(items, places))
    }
    return concatBlocks(parts)
  }

  /** Tasks have settled; a block of which all have is let go. */
  settled(from: number, count: number): void {
    let isOver = false
    for (const block of this.#blocks) {
      const overlap = Math.min(from + count, block.from + block.items.count) - Math.max(from, block.from)
      if (overlap <= 0) continue
      block.unsettled -= overlap
      if (block.unsettled === 0) isOver = true
    }
    if (isOver) this.#blocks = this.#blocks.filter(({ unsettled }) => unsettled > 0)
  }
}
