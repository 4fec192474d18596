import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DurationHistogram } from './duration-histogram.ts'

const durations = fc.array(fc.record({ ms: fc.double({ min: 0, max: 1e7, noNaN: true }), count: fc.integer({ min: 1, max: 1_000 }) }), {
  minLength: 1,
  maxLength: 50,
})

/** Of the durations, in order, the one that so large a share does not pass. */
function quantile(all: readonly { ms: number; count: number }[], share: number): number {
  const total = all.reduce((sum, { count }) => sum + count, 0)
  let seen = 0
  for (const { ms, count } of all.toSorted((a, b) => a.ms - b.ms)) {
    seen += count
    if (seen >= share * total) return ms
  }
  throw new Error('no duration')
}

test('counts, sum and largest are exact; a quantile is never below the true one, nor a fifth above it', () => {
  fc.assert(
    fc.property(durations, (all) => {
      const histogram = new DurationHistogram()
      for (const { ms, count } of all) histogram.record(ms, count)
      const { count, sumMs, meanMs, maxMs, p50Ms, p90Ms, p99Ms, buckets } = histogram.figures()
      expect(count).toBe(all.reduce((sum, one) => sum + one.count, 0))
      expect(sumMs).toBeCloseTo(
        all.reduce((sum, one) => sum + one.ms * one.count, 0),
        0,
      )
      expect(meanMs).toBeCloseTo(sumMs / count, 6)
      expect(maxMs).toBe(Math.max(...all.map(({ ms }) => ms)))
      for (const [share, found] of [
        [0.5, p50Ms],
        [0.9, p90Ms],
        [0.99, p99Ms],
      ] as const) {
        const truth = quantile(all, share)
        expect(found).toBeGreaterThanOrEqual(truth * (1 - 1e-12))
        expect(found).toBeLessThanOrEqual(Math.max(truth * 1.2, 0.0001, truth > 6_870_000 ? maxMs : 0))
      }
      expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(count)
    }),
  )
})

test('each duration lies in the bucket whose bound it does not pass', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (ms) => {
      const histogram = new DurationHistogram()
      histogram.record(ms)
      const [bucket] = histogram.figures().buckets
      expect(bucket?.upToMs).toBeGreaterThanOrEqual(ms * (1 - 1e-12))
      if (ms > 0.0001 && ms < 6_500_000) expect(bucket?.upToMs).toBeLessThan(ms * 1.2)
    }),
  )
})

test('nothing counted is all zeros', () => {
  expect(new DurationHistogram().figures()).toEqual({
    count: 0,
    sumMs: 0,
    meanMs: 0,
    maxMs: 0,
    p50Ms: 0,
    p90Ms: 0,
    p99Ms: 0,
    buckets: [],
  })
})
