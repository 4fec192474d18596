import { Attachments } from './attachments.ts'
import type { ItemBlock } from './item-block.ts'
import { packParts } from './item-block.ts'
import { encodeItems } from './item-encoding.ts'
import { encodeItem } from './values/encode-values.ts'

/**
 * Builds a block item by item, for a worker: a result that cannot travel fails its own task and leaves the block as it was.
 * `auto` gives codec `f64` while every item is a number and `cbor` from the first that is not.
 */
export class ItemBlockBuilder {
  readonly #reply: 'auto' | 'json'
  readonly #name: string
  readonly #attaches: boolean
  #numbers: number[] | undefined
  #parts: Uint8Array[] = []
  #bytes = 0
  #attachments: Attachments | undefined

  /**
   * `name` is what errors call an item: `result.callback is a function, …`. With `attaches`, buffers that are shared or moved stand beside
   * the block.
   */
  constructor(reply: 'auto' | 'json' = 'auto', name = 'result', attaches = false) {
    this.#attaches = attaches && reply === 'auto'
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

  /** Adds an item at the end, from which the buffers of `moved` are taken. Throws `NOT_SERIALISABLE` and adds nothing where it cannot travel. */
  add(value: unknown, moved?: readonly ArrayBuffer[]): void {
    if (this.#numbers !== undefined && typeof value === 'number') {
      this.#numbers.push(value)
      return
    }
    const attachments = this.#attaches ? (this.#attachments ??= new Attachments()) : undefined
    if (moved !== undefined) attachments?.allow(moved)
    const part = encodeItem(value, this.#reply === 'json' ? 'json' : 'cbor', this.#name, attachments)
    if (moved !== undefined) attachments?.detach()
    if (this.#numbers !== undefined) this.#leaveNumbers(this.#numbers)
    this.#push(part)
  }

  /** The block; the builder begins anew. */
  finish(): ItemBlock {
    const block =
      this.#numbers === undefined ? packParts(this.#reply === 'json' ? 'json' : 'cbor', this.#parts) : encodeItems(this.#numbers)
    const attachments = this.#attachments?.list
    this.#numbers = this.#reply === 'auto' ? [] : undefined
    this.#parts = []
    this.#bytes = 0
    this.#attachments = undefined
    return attachments === undefined ? block : { ...block, attachments }
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
