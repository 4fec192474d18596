/** Bounds grow by the fourth root of two from a tenth of a microsecond to 114 minutes: a quantile is at most a fifth above the true one. */
const BOUNDS_PER_DOUBLING = 4
const LOWEST_MS = 0.0001
const BOUNDS = 36 * BOUNDS_PER_DOUBLING + 1

/** How long something took, counted in fixed buckets. All times in milliseconds; all 0 while nothing was counted. */
export interface DurationFigures {
  readonly count: number
  readonly sumMs: number
  readonly meanMs: number
  readonly maxMs: number
  /** Half of all took no longer, or a fifth less: the upper bound of the bucket in which the quantile lies. */
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  /** Buckets that are not empty, in ascending order: so many took `upToMs` at most, and more than the bound before. */
  readonly buckets: readonly DurationBucket[]
}

export interface DurationBucket {
  /** `Infinity` above 114 minutes. */
  readonly upToMs: number
  readonly count: number
}

/** Counts durations in logarithmic buckets, for a few nanoseconds each and a kilobyte in all. Source: HdrHistogram, with a fixed precision. */
export class DurationHistogram {
  readonly #counts = new Float64Array(BOUNDS + 1)
  #count = 0
  #sumMs = 0
  #maxMs = 0

  /** Counts `count` durations of `ms`. */
  record(ms: number, count = 1): void {
    const bucket = bucketOf(ms)
    this.#counts[bucket] = (this.#counts[bucket] as number) + count
    this.#count += count
    this.#sumMs += ms * count
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  figures(): DurationFigures {
    const buckets: DurationBucket[] = []
    for (const [i, count] of this.#counts.entries()) if (count > 0) buckets.push({ upToMs: boundOf(i), count })
    return {
      count: this.#count,
      sumMs: this.#sumMs,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      maxMs: this.#maxMs,
      p50Ms: this.#quantile(buckets, 0.5),
      p90Ms: this.#quantile(buckets, 0.9),
      p99Ms: this.#quantile(buckets, 0.99),
      buckets,
    }
  }

  #quantile(buckets: readonly DurationBucket[], share: number): number {
    let seen = 0
    for (const { upToMs, count } of buckets) {
      seen += count
      if (seen >= share * this.#count) return Math.min(upToMs, this.#maxMs)
    }
    return 0
  }
}

function bucketOf(ms: number): number {
  if (!(ms > LOWEST_MS)) return 0
  return Math.min(Math.ceil(Math.log2(ms / LOWEST_MS) * BOUNDS_PER_DOUBLING), BOUNDS)
}

function boundOf(bucket: number): number {
  return bucket === BOUNDS ? Number.POSITIVE_INFINITY : LOWEST_MS * 2 ** (bucket / BOUNDS_PER_DOUBLING)
}
