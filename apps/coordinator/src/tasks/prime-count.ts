/** Beyond it one call takes an hour. */
const PRIMES_BELOW_MAX = 1_000_000_000_000

/** Odd numbers sieved at a time: their flags fit the second level cache, and the memory does not grow with `n`. */
const SEGMENT_ODDS = 256 * 1024

/** How many primes are not greater than `n`. A segmented sieve of Eratosthenes over the odd numbers: O(n log log n) time, O(√n) memory. */
export function primeCount(n: number): number {
  if (typeof n !== 'number' || Number.isNaN(n) || n > PRIMES_BELOW_MAX) {
    throw new RangeError(`primeCount takes a number up to ${PRIMES_BELOW_MAX}, got ${typeof n === 'number' ? n : typeof n}`)
  }
  if (n < 2) return 0
  const divisors = oddPrimesUpTo(Math.floor(Math.sqrt(n)))
  // The next odd multiple of each divisor that is still to be crossed out; it begins at the square, as smaller ones have smaller divisors.
  const multiples = divisors.map((prime) => prime * prime)
  const composite = new Uint8Array(SEGMENT_ODDS)
  let count = 1
  for (let start = 3; start <= n; start += 2 * SEGMENT_ODDS) {
    const odds = Math.min(SEGMENT_ODDS, Math.floor((n - start) / 2) + 1)
    composite.fill(0)
    for (let i = 0; i < divisors.length; i++) {
      const prime = divisors[i] as number
      let at = ((multiples[i] as number) - start) / 2
      for (; at < odds; at += prime) composite[at] = 1
      multiples[i] = start + 2 * at
    }
    for (let at = 0; at < odds; at++) count += 1 - (composite[at] as number)
  }
  return count
}
primeCount.description = 'How many primes are not greater than n.'

function oddPrimesUpTo(limit: number): number[] {
  const composite = new Uint8Array(limit + 1)
  const primes: number[] = []
  for (let n = 3; n <= limit; n += 2) {
    if (composite[n] === 1) continue
    primes.push(n)
    for (let multiple = n * n; multiple <= limit; multiple += 2 * n) composite[multiple] = 1
  }
  return primes
}
