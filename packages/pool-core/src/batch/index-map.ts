import { assert } from '../base/index.ts'

/**
 * Between positions in the input and positions in what was sent, which differ where an item could not be sent. Usually none, and then it
 * costs nothing.
 */
export class IndexMap {
  /** Input positions that were left out, ascending. */
  readonly #skips: number[] = []

  /** Whether nothing was left out so far. */
  get isIdentity(): boolean {
    return this.#skips.length === 0
  }

  get skipped(): number {
    return this.#skips.length
  }

  skip(index: number): void {
    assert(this.#skips.length === 0 || (this.#skips.at(-1) as number) < index, 'an input is read in order')
    this.#skips.push(index)
  }

  /** Position in the input of what was sent as number `sent`. O(log skips). */
  toInput(sent: number): number {
    return sent + this.#skipsUpTo(sent)
  }

  /** How many of `count` items, sent from `sent` on, stood next to each other in the input. */
  unbroken(sent: number, count: number): number {
    const before = this.#skipsUpTo(sent)
    const next = this.#skips[before]
    return next === undefined ? count : Math.min(count, next - before - sent)
  }

  /** How many items were left out ahead of the one that was sent as number `sent`. */
  #skipsUpTo(sent: number): number {
    // Skip `k` stands behind `#skips[k] - k` sent items.
    let low = 0
    let high = this.#skips.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#skips[middle] as number) - middle <= sent) low = middle + 1
      else high = middle
    }
    return low
  }
}
