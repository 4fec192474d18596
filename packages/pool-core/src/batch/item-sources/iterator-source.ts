import { reportCallbackError } from '../../future/index.ts'
import { ItemPacker } from '../item-packer.ts'
import type { ItemSource, ItemSourceOptions, Taken } from '../item-source.ts'

/** The items of an iterable, of any length. It is read as far as was asked, and no item further. */
export class IteratorSource implements ItemSource {
  readonly total: number | undefined
  readonly #iterator: Iterator<unknown>
  readonly #packer: ItemPacker
  #index = 0
  #isDone = false
  #thrown: { readonly error: unknown } | undefined

  /** @param total number of items, where the iterable tells it: a set, a map, a typed array. */
  constructor(iterator: Iterator<unknown>, total: number | undefined, options: ItemSourceOptions) {
    this.#iterator = iterator
    this.total = total
    this.#packer = new ItemPacker(options)
  }

  take(itemsMax: number, bytesMax: number): Taken {
    const packer = this.#packer
    while (!this.#isDone && packer.count < itemsMax && !packer.isFull) this.#read()
    if (packer.count > 0) {
      const block = packer.take(itemsMax, bytesMax)
      const end = this.#isDone && packer.count === 0 && this.#thrown === undefined
      return block === undefined ? { kind: 'full' } : { kind: 'block', block, end }
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

  #read(): void {
    try {
      const step = this.#iterator.next()
      if (step.done === true) this.#isDone = true
      else this.#packer.add(step.value, this.#index++)
    } catch (error) {
      this.#isDone = true
      this.#thrown = { error }
    }
  }
}
