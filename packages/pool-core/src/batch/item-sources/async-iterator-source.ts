import type { Cancel } from '../../base/index.ts'
import { reportCallbackError } from '../../future/index.ts'
import { ItemPacker } from '../item-packer.ts'
import type { ItemSource, ItemSourceOptions, Taken } from '../item-source.ts'

/**
 * The items of an async iterable. What arrives in one turn of the event loop goes out together; a lone item is not kept waiting for more.
 */
export class AsyncIteratorSource implements ItemSource {
  readonly total: undefined
  readonly #iterator: AsyncIterator<unknown>
  readonly #options: ItemSourceOptions
  readonly #packer: ItemPacker
  /** Items that may wait in the packer: what was asked for last. */
  #wanted = 0
  #index = 0
  #isReading = false
  /** The input is silent, or there is enough: what waits may go out. */
  #isDue = false
  #isDone = false
  #thrown: { readonly error: unknown } | undefined
  #cancelFlush: Cancel | undefined

  constructor(iterator: AsyncIterator<unknown>, options: ItemSourceOptions) {
    this.#iterator = iterator
    this.#options = options
    this.#packer = new ItemPacker(options)
  }

  take(itemsMax: number, bytesMax: number): Taken {
    const packer = this.#packer
    this.#wanted = itemsMax
    if (packer.count > 0 && (this.#isDue || this.#isDone || !this.#wantsMore())) {
      const block = packer.take(itemsMax, bytesMax)
      if (block === undefined) return { kind: 'full' }
      this.#isDue = packer.count > 0
      return { kind: 'block', block, end: this.#isDone && packer.count === 0 && this.#thrown === undefined }
    }
    if (!this.#isDone) {
      if (!this.#isReading) void this.#read()
      return { kind: 'wait' }
    }
    if (this.#thrown === undefined) return { kind: 'end' }
    const { error } = this.#thrown
    this.#thrown = undefined
    return { kind: 'threw', error }
  }

  stop(): void {
    this.#cancelFlush?.()
    if (this.#isDone) return
    this.#isDone = true
    // A generator that waits for something runs its `finally` only after that: nobody waits for it here.
    void this.#return()
  }

  #wantsMore(): boolean {
    return this.#packer.count < this.#wanted && !this.#packer.isFull
  }

  async #read(): Promise<void> {
    this.#isReading = true
    while (!this.#isDone && this.#wantsMore()) {
      try {
        const step = await this.#iterator.next()
        if (this.#isDone) return
        if (step.done === true) this.#isDone = true
        else this.#add(step.value)
      } catch (error) {
        if (this.#isDone) return
        this.#isDone = true
        this.#thrown = { error }
      }
    }
    this.#isReading = false
    this.#flush()
  }

  #add(value: unknown): void {
    const wasEmpty = this.#packer.count === 0
    this.#packer.add(value, this.#index++)
    if (!wasEmpty) return
    // Timers run when no promise is left to run, so when the input really has to be waited for.
    const { clock } = this.#options
    this.#cancelFlush?.()
    this.#cancelFlush = clock.schedule(clock.now(), () => this.#flush())
  }

  #flush(): void {
    this.#cancelFlush?.()
    this.#isDue = this.#packer.count > 0
    if (this.#isDue || this.#isDone) this.#options.ready()
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator.return?.()
    } catch (error) {
      reportCallbackError('the input iterator (return)', error)
    }
  }
}
