import type { Memory } from '../memory/memory.ts'
import { QueueIndex } from './queue-order.ts'
import type { QueueOrder } from './queue-order.ts'

/** Items lie in chains of blocks of this size: small enough for a number, large enough that a kilobyte is a few. */
export const QUEUE_BLOCK_BYTES = 256
const BLOCK_WORDS: number = QUEUE_BLOCK_BYTES / 4

const TICKETS = 0
const DONE = 1
const FREE_BLOCK = 2
const FREE_BLOCKS = 3
const FIRST = 4

const STATE = 0
const LENGTH = 1
const CHAIN = 2
const TICKET = 3
/** Two words. */
const PRIORITY = 4
const SLOT_WORDS = 6

/** How large a store is. */
export interface QueueSize {
  /** Items at most. */
  readonly slots: number
  readonly blocks: number
}

/** Words of a store. */
export function queueStoreWords({ slots, blocks }: QueueSize): number {
  return FIRST + slots * SLOT_WORDS + (slots + 2) + blocks + 2 + blocks * BLOCK_WORDS
}

/**
 * The items of a queue in shared memory. Every method is called under the queue's guard. What is true is written in the slots: a slot
 * is full from the one store of its STATE to the next; index, chains and counts follow from it, and `repair` makes them anew after a
 * process died in the middle. So a put or a get either happened or did not.
 * - TICKETS: puts so far; also the next item's ticket. DONE: items that `taskDone` or an immediate shutdown has accounted for.
 * - FREE_BLOCK, FREE_BLOCKS: the first of the chain of free blocks, -1 for none, and its length.
 * - a slot: STATE 1 when full, LENGTH in bytes, CHAIN its first block, TICKET, PRIORITY as a double.
 */
export class QueueStore {
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #priorities: Float64Array
  readonly #index: QueueIndex
  readonly #size: QueueSize
  readonly #links: number
  readonly #blocks: number

  /** @param base a multiple of 2, for the doubles. */
  constructor(memory: Memory, base: number, size: QueueSize, order: QueueOrder) {
    const { bytes } = memory
    this.#words = memory.words.subarray(base, base + queueStoreWords(size))
    this.#bytes = bytes
    this.#priorities = new Float64Array(bytes.buffer, bytes.byteOffset + 4 * base, this.#words.length >> 1)
    this.#size = size
    const index = FIRST + size.slots * SLOT_WORDS
    this.#links = index + size.slots + 2
    this.#blocks = 4 * base + 4 * (this.#links + size.blocks + ((this.#links + size.blocks) & 1))
    this.#index = new QueueIndex(this.#words.subarray(index, index + size.slots + 2), order, (slot) => ({
      priority: this.#priorities[this.#at(slot, PRIORITY) >> 1] ?? 0,
      ticket: this.#get(this.#at(slot, TICKET)),
    }))
  }

  get length(): number {
    return this.#index.length
  }

  /** Items that were put and that nobody has called done. */
  get unfinished(): number {
    return (this.#get(TICKETS) - this.#get(DONE)) | 0
  }

  /** Whether an item of so many bytes would find a slot and blocks. */
  hasRoom(byteLength: number): boolean {
    return this.length < this.#size.slots && this.#get(FREE_BLOCKS) >= blocksFor(byteLength)
  }

  /** Adds an item; `hasRoom` must be true. */
  put(bytes: Uint8Array, priority: number): void {
    // First in, first out frees the slots in turn, so that the first look finds one; other orders look on.
    let slot = (this.#get(TICKETS) >>> 0) % this.#size.slots
    while (this.#get(this.#at(slot, STATE)) === 1) slot = (slot + 1) % this.#size.slots
    const first = this.#write(bytes)
    this.#set(this.#at(slot, LENGTH), bytes.length)
    this.#set(this.#at(slot, CHAIN), first)
    this.#set(this.#at(slot, TICKET), this.#get(TICKETS))
    this.#priorities[this.#at(slot, PRIORITY) >> 1] = priority
    this.#set(this.#at(slot, STATE), 1)
    this.#set(TICKETS, (this.#get(TICKETS) + 1) | 0)
    this.#index.push(slot)
  }

  /** Takes out the next item; there must be one. */
  take(): Uint8Array {
    const slot = this.#index.pop()
    const bytes = new Uint8Array(this.#get(this.#at(slot, LENGTH)))
    let block = this.#get(this.#at(slot, CHAIN))
    let last = block
    for (let done = 0; done < bytes.length; done += QUEUE_BLOCK_BYTES) {
      const begin = this.#blocks + block * QUEUE_BLOCK_BYTES
      bytes.set(this.#bytes.subarray(begin, begin + Math.min(QUEUE_BLOCK_BYTES, bytes.length - done)), done)
      last = block
      block = this.#get(this.#links + block)
    }
    this.#set(this.#at(slot, STATE), 0)
    this.#set(this.#links + last, this.#get(FREE_BLOCK))
    this.#set(FREE_BLOCK, this.#get(this.#at(slot, CHAIN)))
    this.#set(FREE_BLOCKS, this.#get(FREE_BLOCKS) + blocksFor(bytes.length))
    return bytes
  }

  /** One item less is unfinished. @returns false when none was. */
  done(): boolean {
    if (this.unfinished === 0) return false
    this.#set(DONE, (this.#get(DONE) + 1) | 0)
    return true
  }

  /** Drops all items and counts them as done. @returns how many. */
  drain(): number {
    const count = this.length
    for (let i = 0; i < count; i++) {
      this.take()
      this.done()
    }
    return count
  }

  /** Makes everything that follows from the slots: at first, and after a process died in the middle of a change. */
  repair(): void {
    const full: number[] = []
    const used = new Set<number>()
    for (let slot = 0; slot < this.#size.slots; slot++) {
      if (this.#get(this.#at(slot, STATE)) !== 1) continue
      full.push(slot)
      // It was filled, and its writer died before counting it.
      if (this.#get(this.#at(slot, TICKET)) === this.#get(TICKETS)) this.#set(TICKETS, (this.#get(TICKETS) + 1) | 0)
      let block = this.#get(this.#at(slot, CHAIN))
      for (let left = blocksFor(this.#get(this.#at(slot, LENGTH))); left > 0; left--) {
        used.add(block)
        block = this.#get(this.#links + block)
      }
    }
    let free = -1
    for (let block = this.#size.blocks - 1; block >= 0; block--) {
      if (used.has(block)) continue
      this.#set(this.#links + block, free)
      free = block
    }
    this.#set(FREE_BLOCK, free)
    this.#set(FREE_BLOCKS, this.#size.blocks - used.size)
    this.#index.rebuild(full)
  }

  /** Fills blocks from the free chain. @returns the first. */
  #write(bytes: Uint8Array): number {
    const first = this.#get(FREE_BLOCK)
    let block = first
    for (let done = 0; done < bytes.length; done += QUEUE_BLOCK_BYTES) {
      this.#bytes.set(bytes.subarray(done, done + QUEUE_BLOCK_BYTES), this.#blocks + block * QUEUE_BLOCK_BYTES)
      block = this.#get(this.#links + block)
    }
    this.#set(FREE_BLOCK, block)
    this.#set(FREE_BLOCKS, this.#get(FREE_BLOCKS) - blocksFor(bytes.length))
    return first
  }

  #at(slot: number, field: number): number {
    return FIRST + slot * SLOT_WORDS + field
  }

  #get(word: number): number {
    return Atomics.load(this.#words, word)
  }

  #set(word: number, value: number): void {
    Atomics.store(this.#words, word, value)
  }
}

/** No item is without bytes: the codec's first byte is always there. */
function blocksFor(byteLength: number): number {
  return Math.ceil(byteLength / QUEUE_BLOCK_BYTES)
}
