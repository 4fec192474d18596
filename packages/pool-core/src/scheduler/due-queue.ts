import { BinaryHeap } from '../base/binary-heap.ts'
import type { Instant } from '../base/clock.ts'

/** Something that is to be done at a time. */
export interface Due {
  readonly at: Instant
  /** Breaks ties, so that equal input gives equal output: what was added first is due first. */
  readonly sequence: number
  /** It is not to be done any more: the queue still has it, nobody else. */
  dropped: boolean
}

/** The queue is cleaned when more than so many of its entries, and more than half, were dropped. */
const DROPPED_MAX = 64

/** What is due, by time. Taking one out of the middle only marks it, O(1); so at least a third of what is stored is alive, or it is little. */
export class DueQueue<Entry extends Due> {
  readonly #heap = new BinaryHeap<Entry>((a, b) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence))
  #dropped = 0
  #added = 0

  /** Entries that are stored, the dropped ones among them. */
  get stored(): number {
    return this.#heap.length
  }

  /** The number for the next entry. */
  nextSequence(): number {
    return this.#added++
  }

  add(entry: Entry): void {
    this.#heap.push(entry)
  }

  /** Takes out an entry of this queue that was not dropped. */
  drop(entry: Entry): void {
    entry.dropped = true
    this.#dropped++
    if (this.#dropped <= DROPPED_MAX || this.#dropped * 2 <= this.#heap.length) return
    this.#heap.removeWhere((one) => one.dropped)
    this.#dropped = 0
  }

  /** When the next entry is due; undefined where there is none. */
  nextAt(): Instant | undefined {
    return this.#head()?.at
  }

  /** Takes the next entry that is due at `now`; undefined where none is. */
  takeDue(now: Instant): Entry | undefined {
    const head = this.#head()
    return head === undefined || head.at > now ? undefined : this.#heap.pop()
  }

  /** The next entry that was not dropped. */
  #head(): Entry | undefined {
    let head = this.#heap.peek()
    for (; head !== undefined && head.dropped; head = this.#heap.peek()) {
      this.#heap.pop()
      this.#dropped--
    }
    return head
  }
}
