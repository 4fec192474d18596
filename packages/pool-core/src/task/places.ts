import { RingBuffer } from '../base/index.ts'

/** One that waits for a place. */
export interface PlaceWaiter {
  readonly begin: () => void
  isGone: boolean
}

/** The places of a worker for tasks that run at once. Who waits for one gets it in order of asking. */
export class Places {
  /** Below 0 where tasks went on that had given theirs away meanwhile. */
  #free: number
  readonly #waiting = new RingBuffer<PlaceWaiter>()

  constructor(count: number) {
    this.#free = count
  }

  /** Takes a place if one is free and nobody waits for it. */
  tryTake(): boolean {
    if (this.#free <= 0 || this.#waiting.length > 0) return false
    this.#free--
    return true
  }

  /** Waits for a place: `begin` is called when it is taken. One that does not want it any more sets `isGone`. */
  take(begin: () => void): PlaceWaiter {
    const waiter = { begin, isGone: false }
    this.#waiting.push(waiter)
    this.#next()
    return waiter
  }

  /** Gives a place back, for good or for as long as its task waits. */
  give(): void {
    this.#free++
    this.#next()
  }

  /** A task goes on that had given its place away: it does not ask. */
  retake(): void {
    this.#free--
  }

  #next(): void {
    while (this.#free > 0 && this.#waiting.length > 0) {
      const waiter = this.#waiting.shift()
      if (waiter === undefined || waiter.isGone) continue
      this.#free--
      waiter.begin()
    }
  }
}
