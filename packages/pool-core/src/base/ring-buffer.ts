/**
 * A double-ended queue in an array of a power of two that doubles when full: O(1) at both ends, where an array's `shift` is O(n).
 */
export class RingBuffer<Value> {
  #slots: (Value | undefined)[] = new Array<Value | undefined>(8)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Adds at the back. */
  push(value: Value): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = value
    this.#length++
  }

  /** Adds at the front: the next `shift` returns it. */
  unshift(value: Value): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#head = (this.#head - 1) & (this.#slots.length - 1)
    this.#slots[this.#head] = value
    this.#length++
  }

  /** Takes from the front; `undefined` when empty. */
  shift(): Value | undefined {
    if (this.#length === 0) return undefined
    const value = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#length--
    return value
  }

  /** The front without taking it; `undefined` when empty. */
  peek(): Value | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#head]
  }

  clear(): void {
    this.#slots = new Array<Value | undefined>(8)
    this.#head = 0
    this.#length = 0
  }

  *[Symbol.iterator](): IterableIterator<Value> {
    for (let i = 0; i < this.#length; i++) yield this.#slots[(this.#head + i) & (this.#slots.length - 1)] as Value
  }

  #grow(): void {
    const grown = new Array<Value | undefined>(this.#slots.length * 2)
    for (let i = 0; i < this.#length; i++) grown[i] = this.#slots[(this.#head + i) & (this.#slots.length - 1)]
    this.#slots = grown
    this.#head = 0
  }
}
