import { reportCallbackError } from '../../future/index.ts'
import { encodeItems } from '../../protocol/index.ts'
import { ItemPacker } from '../item-packer.ts'
import type { ItemSource, ItemSourceOptions, Taken } from '../item-source.ts'
import { BLOCK_ITEMS } from '../item-source.ts'

/** The items of an iterable, of any length. It is read as far as was asked, and no item further. */
export class IteratorSource implements ItemSource {
  readonly total: number | undefined
  readonly #iterator: Iterator<unknown>
  readonly #packer: ItemPacker
  #index = 0
  /** Whether something other than numbers was met: from there on the packer has the word. */
  #isMixed = false
  #isDone = false
  #thrown: { readonly error: unknown } | undefined

  /** @param total number of items, where the iterable tells it: a set, a map, a typed array. */
  constructor(iterator: Iterator<unknown>, total: number | undefined, options: ItemSourceOptions) {
    this.#iterator = iterator
    this.total = total
    this.#packer = new ItemPacker(options)
  }

  take(itemsMax: number, bytesMax: number): Taken {
    if (!this.#isMixed && !this.#isDone) {
      const most = Math.min(itemsMax, BLOCK_ITEMS, Math.floor(bytesMax / 8))
      if (most < 1) return { kind: 'full' }
      const numbers = this.#readNumbers(most)
      if (numbers.length > 0) return { kind: 'block', block: encodeItems(numbers), end: this.#isOver() }
    }
    const packer = this.#packer
    while (!this.#isDone && packer.count < itemsMax && !packer.isFull) {
      const step = this.#next()
      if (step !== undefined) packer.add(step.value, this.#index++)
    }
    if (packer.count > 0) {
      const block = packer.take(itemsMax, bytesMax)
      return block === undefined ? { kind: 'full' } : { kind: 'block', block, end: this.#isOver() && packer.count === 0 }
    }
    if (this.#thrown === undefined) return { kind: 'end' }
    const { error } = this.#thrown
    this.#thrown = undefined
    return { kind: 'threw', error }
  }

  stop(): void {
    if (this.#isDone) return
    this.#isDone = true
    try {
      this.#iterator.return?.()
    } catch (error) {
      reportCallbackError('the input iterator (return)', error)
    }
  }

  /** Up to `most` numbers, read without an object or a call for each. None if another kind of value comes up: then all are the packer's. */
  #readNumbers(most: number): readonly number[] {
    const numbers: number[] = []
    while (numbers.length < most) {
      const step = this.#next()
      if (step === undefined) break
      if (typeof step.value !== 'number') {
        this.#isMixed = true
        for (const number of numbers) this.#packer.add(number, this.#index++)
        this.#packer.add(step.value, this.#index++)
        return []
      }
      numbers.push(step.value)
    }
    this.#index += numbers.length
    return numbers
  }

  /** The next item; `undefined` at the end, and where the iterable throws. */
  #next(): IteratorYieldResult<unknown> | undefined {
    try {
      const step = this.#iterator.next()
      if (step.done !== true) return step
    } catch (error) {
      this.#thrown = { error }
    }
    this.#isDone = true
    return undefined
  }

  /** Whether nothing comes any more, no error either. */
  #isOver(): boolean {
    return this.#isDone && this.#thrown === undefined
  }
}
