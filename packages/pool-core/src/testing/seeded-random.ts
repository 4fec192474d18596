import type { Random } from '../base/random.ts'

/**
 * Random numbers that are the same for the same seed, everywhere. For tests and simulations: fast and even, but anybody can guess them.
 * Source: `mulberry32` by T. Ettinger, the seed spread by the finaliser of MurmurHash3.
 */
export class SeededRandom implements Random {
  #state: number

  /** @param seed any whole number; neighbouring seeds give unrelated numbers. */
  constructor(seed: number) {
    this.#state = spread(seed)
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  token(bytes: number): string {
    let token = ''
    for (let i = 0; i < bytes; i++) token += this.integer(0, 255).toString(16).padStart(2, '0')
    return token
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** True in `share` of all cases: 0 never, 1 always. */
  chance(share: number): boolean {
    return this.next() < share
  }

  /** One of `values`, of which there is at least one. */
  pick<Value>(values: readonly [Value, ...Value[]]): Value {
    return values[this.integer(0, values.length - 1)] as Value
  }

  /** Milliseconds to the next of events that come at random, `meanMs` apart on average: an exponential distribution. */
  interval(meanMs: number): number {
    return -Math.log(1 - this.next()) * meanMs
  }
}

function spread(seed: number): number {
  let mixed = Math.trunc(seed) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
