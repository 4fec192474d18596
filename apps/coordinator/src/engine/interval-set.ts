/**
 * A set of whole numbers as disjoint, sorted half-open intervals: a million results that arrive as a hundred ranges cost a hundred
 * numbers, and one once all are there.
 */
export class IntervalSet {
  /** Starts and ends in turn, ascending: [s0, e0, s1, e1, …), with e(i) < s(i+1). */
  readonly #bounds: number[] = []
  #size = 0

  /** How many numbers are in the set. */
  get size(): number {
    return this.#size
  }

  /** Adds [from, to) if none of it is there yet; else changes nothing and says false. O(log n) to find, O(n) to insert, n intervals. */
  addIfAbsent(from: number, to: number): boolean {
    const bounds = this.#bounds
    // The first bound greater than `from`: an odd position means that `from` lies inside an interval.
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((bounds[middle] as number) <= from) low = middle + 1
      else high = middle
    }
    if (low % 2 === 1) return false
    const next = bounds[low]
    if (next !== undefined && next < to) return false
    const joinsLeft = low > 0 && bounds[low - 1] === from
    const joinsRight = next === to
    if (joinsLeft && joinsRight) bounds.splice(low - 1, 2)
    else if (joinsLeft) bounds[low - 1] = to
    else if (joinsRight) bounds[low] = from
    else bounds.splice(low, 0, from, to)
    this.#size += to - from
    return true
  }

  /** Whether `value` is in the set. */
  has(value: number): boolean {
    let inside = false
    for (const bound of this.#bounds) {
      if (bound > value) return inside
      inside = !inside
    }
    return inside
  }
}
