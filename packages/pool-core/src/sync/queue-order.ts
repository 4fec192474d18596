/** Which item comes out next. */
export type QueueOrder = 'fifo' | 'lifo' | 'priority'

/** What the order needs to know of an item. */
export interface OrderKey {
  readonly priority: number
  /** Grows with each put. */
  readonly ticket: number
}

/**
 * The index of a queue: slot numbers in the order in which they come out. `words[0]` is how many there are, `words[1]` where the first
 * is (fifo only), and from `words[2]` on the numbers: a ring, a stack, or a binary heap. Used under the queue's guard only. It holds
 * nothing that the slots do not say too, so that it can be built anew after a process died in the middle of a change.
 */
export class QueueIndex {
  readonly #words: Int32Array
  readonly #capacity: number
  readonly #order: QueueOrder
  readonly #key: (slot: number) => OrderKey

  /** @param words `capacity + 2` of them. */
  constructor(words: Int32Array, order: QueueOrder, key: (slot: number) => OrderKey) {
    this.#words = words
    this.#capacity = words.length - 2
    this.#order = order
    this.#key = key
  }

  get length(): number {
    return Atomics.load(this.#words, 0)
  }

  push(slot: number): void {
    const length = this.length
    if (this.#order === 'priority') this.#rise(length, slot)
    else this.#set(length, slot)
    Atomics.store(this.#words, 0, length + 1)
  }

  /** Takes out the slot that comes next. The index must not be empty. */
  pop(): number {
    const length = this.length - 1
    const slot = this.#get(this.#order === 'lifo' ? length : 0)
    if (this.#order === 'priority' && length > 0) this.#sink(this.#get(length), length)
    if (this.#order === 'fifo') Atomics.store(this.#words, 1, (Atomics.load(this.#words, 1) + 1) % this.#capacity)
    Atomics.store(this.#words, 0, length)
    return slot
  }

  /** Makes the index from nothing but the slots that are full. */
  rebuild(slots: number[]): void {
    Atomics.store(this.#words, 0, 0)
    Atomics.store(this.#words, 1, 0)
    slots.sort((a, b) => (this.#key(a).ticket - this.#key(b).ticket) | 0)
    for (const slot of slots) this.push(slot)
  }

  #at(index: number): number {
    return 2 + (this.#order === 'fifo' ? (Atomics.load(this.#words, 1) + index) % this.#capacity : index)
  }

  #get(index: number): number {
    return Atomics.load(this.#words, this.#at(index))
  }

  #set(index: number, slot: number): void {
    Atomics.store(this.#words, this.#at(index), slot)
  }

  /** Lower numbers first; ties by arrival. Tickets wrap, so their difference is what counts. */
  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#key(a), this.#key(b)]
    return x.priority < y.priority || (x.priority === y.priority && ((x.ticket - y.ticket) | 0) < 0)
  }

  #rise(from: number, slot: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(slot, this.#get(parent))) break
      this.#set(at, this.#get(parent))
      at = parent
    }
    this.#set(at, slot)
  }

  #sink(slot: number, length: number): void {
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && this.#isBefore(this.#get(child + 1), this.#get(child))) child++
      if (!this.#isBefore(this.#get(child), slot)) break
      this.#set(at, this.#get(child))
      at = child
    }
    this.#set(at, slot)
  }
}
