/** Beyond it one call takes minutes: the result has 5.5 million digits. */
const FACTORIAL_OF_MAX = 1_000_000

/** The exact factorial of a whole number, as a bigint. */
export function factorial(n: number): bigint {
  if (!Number.isInteger(n) || n < 0 || n > FACTORIAL_OF_MAX) {
    throw new RangeError(`factorial takes a whole number from 0 to ${FACTORIAL_OF_MAX}, got ${typeof n === 'number' ? n : typeof n}`)
  }
  return productOf(1, n)
}
factorial.description = 'Exact factorial of a whole number, of any size.'

/** Splitting in halves keeps both factors about equally long, which is what makes multiplying long numbers fast. */
function productOf(from: number, to: number): bigint {
  if (to - from > 16) {
    const middle = Math.floor((from + to) / 2)
    return productOf(from, middle) * productOf(middle + 1, to)
  }
  let product = 1n
  for (let factor = from; factor <= to; factor++) product *= BigInt(factor)
  return product
}
