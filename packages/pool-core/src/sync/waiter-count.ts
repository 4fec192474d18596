/** Where threads that wait are counted: a word of their own, or the upper bits of a word that says more. */
export interface WaiterCountPlace {
  /** Index of the word. */
  readonly word: number
  /** Bits below the count; 0 when the word is the count alone. */
  readonly shift: number
}

/**
 * How many threads wait, in shared memory. It never counts too few: one that is killed stays counted, and a count at its most stays there,
 * because who left is no longer known. Either costs the others a system call a turn, and nothing else.
 */
export class WaiterCount {
  readonly #words: Int32Array
  readonly #word: number
  readonly #shift: number
  readonly #most: number

  constructor(words: Int32Array, { word, shift }: WaiterCountPlace) {
    this.#words = words
    this.#word = word
    this.#shift = shift
    this.#most = shift === 0 ? 0x7fff_ffff : 2 ** (32 - shift) - 1
  }

  get value(): number {
    return Atomics.load(this.#words, this.#word) >>> this.#shift
  }

  /** One more waits. Sequentially consistent: whoever changes a state afterwards sees it. */
  join(): void {
    this.#add(1)
  }

  leave(): void {
    this.#add(-1)
  }

  #add(step: 1 | -1): void {
    for (let seen = Atomics.load(this.#words, this.#word); ;) {
      if (seen >>> this.#shift === this.#most) return
      const found = Atomics.compareExchange(this.#words, this.#word, seen, (seen + step * 2 ** this.#shift) | 0)
      if (found === seen) return
      seen = found
    }
  }
}
