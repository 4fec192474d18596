import type { ItemBlock } from './item-block.ts'
import { packParts } from './item-block.ts'
import { encodeItem, encodeItems } from './item-encoding.ts'

/**
 * Builds a block item by item, for a worker: a result that cannot travel fails its own task and leaves the block as it was.
 * `auto` gives codec `f64` while every item is a number and `cbor` from the first that is not.
 */
export class ItemBlockBuilder {
  readonly #reply: 'auto' | 'json'
  readonly #name: string
  #numbers: number[] | undefined
  #parts: Uint8Array[] = []
  #bytes = 0

  /** `name` is what errors call an item: `result.callback is a function, …`. */
  constructor(reply: 'auto' | 'json' = 'auto', name = 'result') {
    this.#reply = reply
    this.#name = name
    this.#numbers = reply === 'auto' ? [] : undefined
  }

  /** Items so far. */
  get count(): number {
    return this.#numbers === undefined ? this.#parts.length : this.#numbers.length
  }

  /** What the block takes so far, as `blockBytes` counts it. */
  get bytes(): number {
    return this.#numbers === undefined ? this.#bytes + 4 * this.#parts.length : 8 * this.#numbers.length
  }

  /** Adds an item at the end. Throws `NOT_SERIALISABLE` and adds nothing where it cannot travel. */
  add(value: unknown): void {
    if (this.#numbers !== undefined && typeof value === 'number') {
      this.#numbers.push(value)
      return
    }
    const part = encodeItem(value, this.#reply === 'json' ? 'json' : 'cbor', this.#name)
    if (this.#numbers !== undefined) this.#leaveNumbers(this.#numbers)
    this.#push(part)
  }

  /** The block; the builder begins anew. */
  finish(): ItemBlock {
    const block =
      this.#numbers === undefined ? packParts(this.#reply === 'json' ? 'json' : 'cbor', this.#parts) : encodeItems(this.#numbers)
    this.#numbers = this.#reply === 'auto' ? [] : undefined
    this.#parts = []
    this.#bytes = 0
    return block
  }

  #leaveNumbers(numbers: readonly number[]): void {
    this.#numbers = undefined
    for (const number of numbers) this.#push(encodeItem(number, 'cbor', this.#name))
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part)
    this.#bytes += part.length
  }
}
