/** Whole numbers from `from` up to but without `to`. */
export interface Interval {
  readonly from: number
  readonly to: number
}

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
    const low = this.#after(from)
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

  /** Takes [from, to) out if all of it is there; else changes nothing and says false. */
  removeIfPresent(from: number, to: number): boolean {
    const bounds = this.#bounds
    const low = this.#after(from)
    if (low % 2 === 0) return false
    const start = bounds[low - 1] as number
    const end = bounds[low] as number
    if (end < to) return false
    const kept = [...(start < from ? [start, from] : []), ...(to < end ? [to, end] : [])]
    bounds.splice(low - 1, 2, ...kept)
    this.#size -= to - from
    return true
  }

  /** The parts of [from, to) that are not in the set, ascending. */
  missing(from: number, to: number): readonly Interval[] {
    const missing: Interval[] = []
    let at = from
    for (let i = this.#after(from) & ~1; i < this.#bounds.length && at < to; i += 2) {
      const start = this.#bounds[i] as number
      if (start > at) missing.push({ from: at, to: Math.min(start, to) })
      at = Math.max(at, this.#bounds[i + 1] as number)
    }
    if (at < to) missing.push({ from: at, to })
    return missing
  }

  /** Whether `value` is in the set. */
  has(value: number): boolean {
    return this.#after(value) % 2 === 1
  }

  /** The intervals, ascending; none touches the next. */
  intervals(): readonly Interval[] {
    const intervals: Interval[] = []
    for (let i = 0; i < this.#bounds.length; i += 2) {
      intervals.push({ from: this.#bounds[i] as number, to: this.#bounds[i + 1] as number })
    }
    return intervals
  }

  /** Where the first bound greater than `value` stands: an odd place means that `value` lies inside an interval. */
  #after(value: number): number {
    let low = 0
    let high = this.#bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#bounds[middle] as number) <= value) low = middle + 1
      else high = middle
    }
    return low
  }
}
