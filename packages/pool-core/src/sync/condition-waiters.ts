import { ForkpoolError } from '../base/errors.ts'
import type { Memory } from '../memory/memory.ts'
import { currentOwner, isOwnerAlive } from '../memory/owner.ts'

/** Who can wait for one condition at once. 12 bytes each. */
const SLOTS = 256
const HEAD = 0
const TAIL = 1
const FIRST_SLOT = 2
const STATE = 0
const OWNER = 1
const START = 2
const SLOT_WORDS = 3

const FREE = 0
const WAITING = 1
const NOTIFIED = 2

/** Words of the list. */
export const CONDITION_WAITERS_WORDS: number = FIRST_SLOT + SLOTS * SLOT_WORDS

/**
 * The waiters of a condition in order of arrival: a ring of slots between HEAD and TAIL. All words are written under the condition's
 * lock; only the waiter itself reads its STATE without it. A slot goes from FREE to WAITING when its waiter enters, to NOTIFIED by a
 * notifier, and back to FREE by its waiter, so a notification belongs to one waiter and can neither be stolen nor lost.
 */
export class ConditionWaiters {
  readonly #words: Int32Array
  readonly #base: number

  constructor(memory: Memory, base: number) {
    this.#words = memory.words
    this.#base = base
  }

  /** Waiters that are not notified yet. */
  get count(): number {
    let count = 0
    for (let slot = 0; slot < SLOTS; slot++) if (this.#get(slot, STATE) === WAITING) count++
    return count
  }

  /** Lines up. @returns the slot. @throws ForkpoolError LIMIT_EXCEEDED. */
  enter(): number {
    const owner = currentOwner()
    const tail = this.#ring(TAIL)
    for (let ticket = tail; ticket - this.#ring(HEAD) < SLOTS; ticket++) {
      const slot = ticket % SLOTS
      if (!this.#isFree(slot)) continue
      this.#set(slot, OWNER, owner.id)
      this.#set(slot, START, owner.start)
      this.#set(slot, STATE, WAITING)
      this.#setRing(TAIL, ticket + 1)
      return slot
    }
    throw new ForkpoolError('LIMIT_EXCEEDED', `wait: ${SLOTS} waiters of one condition are the most.`)
  }

  isNotified(slot: number): boolean {
    return this.#get(slot, STATE) === NOTIFIED
  }

  /** Notifies the first `count`. @returns how many there were. */
  notify(count: number): number {
    let left = count
    for (let ticket = this.#ring(HEAD); ticket < this.#ring(TAIL) && left > 0; ticket++) {
      const slot = ticket % SLOTS
      if (this.#get(slot, STATE) !== WAITING) continue
      this.#set(slot, STATE, NOTIFIED)
      left--
    }
    this.#advance()
    return count - left
  }

  /** Leaves the line. @returns whether it had been notified. */
  leave(slot: number): boolean {
    const wasNotified = this.isNotified(slot)
    this.#set(slot, STATE, FREE)
    this.#advance()
    return wasNotified
  }

  /** A slot of a waiter that died is free too. Looked at only when the line comes round to it. */
  #isFree(slot: number): boolean {
    if (this.#get(slot, STATE) === FREE) return true
    return !isOwnerAlive(this.#get(slot, OWNER), this.#get(slot, START))
  }

  #advance(): void {
    let head = this.#ring(HEAD)
    const tail = this.#ring(TAIL)
    while (head < tail && this.#get(head % SLOTS, STATE) !== WAITING) head++
    // The numbers go back to small ones whenever the line is empty, long before a word is full.
    if (head < tail) return this.#setRing(HEAD, head)
    this.#setRing(HEAD, head % SLOTS)
    this.#setRing(TAIL, head % SLOTS)
  }

  #ring(word: number): number {
    return Atomics.load(this.#words, this.#base + word)
  }

  #setRing(word: number, value: number): void {
    Atomics.store(this.#words, this.#base + word, value)
  }

  #get(slot: number, field: number): number {
    return Atomics.load(this.#words, this.#base + FIRST_SLOT + slot * SLOT_WORDS + field)
  }

  #set(slot: number, field: number, value: number): void {
    Atomics.store(this.#words, this.#base + FIRST_SLOT + slot * SLOT_WORDS + field, value)
  }
}
