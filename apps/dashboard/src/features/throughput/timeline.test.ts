import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  appendSample,
  byPool,
  bySize,
  isGap,
  type LiveSample,
  mergeHistory,
  type Timeline,
  TIMELINE_EMPTY,
  TIMELINE_POINTS_MAX,
  TIMELINE_SERIES_MAX,
} from './timeline.ts'

function sample(at: number, rates: Record<string, number>): LiveSample {
  // 'a2' is pool a of size 2.
  const series = Object.entries(rates).map(([key, tasksPerSecond]) => ({
    pool: key.charAt(0),
    poolSize: Number(key.slice(1)),
    tasksPerSecond,
  }))
  return { at, series }
}

function timeline(...samples: LiveSample[]): Timeline {
  return samples.reduce(appendSample, TIMELINE_EMPTY)
}

test('samples follow each other; a series that appears or ends has nulls where it was not', () => {
  expect(timeline(sample(1000, { a2: 5 }), sample(2000, { a2: 6, b4: 1 }), sample(3000, { b4: 2 }))).toEqual({
    at: [1000, 2000, 3000],
    series: [
      { pool: 'a', poolSize: 2, values: [5, 6, null] },
      { pool: 'b', poolSize: 4, values: [null, 1, 2] },
    ],
  })
})

test('a sample that is already there changes nothing; one from a minute ago starts anew', () => {
  const both = timeline(sample(100_000, { a2: 5 }), sample(101_000, { a2: 6 }))
  expect(appendSample(both, sample(101_000, { a2: 9 }))).toBe(both)
  expect(appendSample(both, sample(1000, { a2: 1 })).at).toEqual([1000])
})

test('the past comes from the source, the present from the feed, without a doubled second', () => {
  const live = timeline(sample(2000, { a2: 7 }), sample(3000, { a2: 8, b4: 1 }))
  const history = { intervalMs: 1000, at: [1000, 2000], series: [{ pool: 'a', poolSize: 2, tasksPerSecond: [4, 5] }] }
  expect(mergeHistory(history, live)).toEqual({
    at: [1000, 2000, 3000],
    series: [
      { pool: 'a', poolSize: 2, values: [4, 5, 8] },
      { pool: 'b', poolSize: 4, values: [null, null, 1] },
    ],
  })
})

test('a past without live samples, and live samples without a past', () => {
  const history = { intervalMs: 1000, at: [1000], series: [{ pool: 'a', poolSize: 2, tasksPerSecond: [4] }] }
  expect(mergeHistory(history, TIMELINE_EMPTY).series).toEqual([{ pool: 'a', poolSize: 2, values: [4] }])
  const live = timeline(sample(2000, { b4: 3 }))
  expect(mergeHistory({ intervalMs: 1000, at: [], series: [] }, live)).toEqual(live)
})

test('by size adds up pools of one size and keeps unknown apart from zero', () => {
  const three = timeline(sample(1000, { b4: 3, a2: 1 }), sample(2000, { b4: 3, a2: 0, c2: 5 }), sample(3000, { b4: 1 }))
  expect(bySize(three).map(({ poolSize, pools, values }) => ({ poolSize, pools, values }))).toEqual([
    { poolSize: 2, pools: ['a', 'c'], values: [1, 5, null] },
    { poolSize: 4, pools: ['b'], values: [3, 3, 1] },
  ])
  expect(byPool(three).map((entry) => entry.pool)).toEqual(['a', 'c', 'b'])
})

test('a hole in time is noticed, and time that began anew; a clock that is a little off is neither', () => {
  const one = timeline(sample(100_000, { a2: 1 }))
  expect(isGap(one, sample(101_000, {}))).toBe(false)
  expect(isGap(one, sample(101_700, {}))).toBe(false)
  expect(isGap(one, sample(102_000, {}))).toBe(true)
  expect(isGap(one, sample(95_000, {}))).toBe(false)
  expect(isGap(one, sample(1_000, {}))).toBe(true)
  expect(isGap(TIMELINE_EMPTY, sample(1_000, {}))).toBe(false)
})

test('memory is bounded in points and in lines; the busiest of late stay', () => {
  let long = TIMELINE_EMPTY
  for (let i = 1; i <= TIMELINE_POINTS_MAX + 100; i++) long = appendSample(long, sample(i * 1000, i < 50 ? { a1: 1, a2: 1 } : { a2: 1 }))
  expect(long.at).toHaveLength(TIMELINE_POINTS_MAX)
  expect(long.series.map((entry) => entry.poolSize)).toEqual([2])

  const rates = Object.fromEntries(Array.from({ length: TIMELINE_SERIES_MAX + 20 }, (_, i) => [`a${i + 1}`, i < 20 ? 0 : 1]))
  const wide = timeline(sample(1000, rates))
  expect(wide.series).toHaveLength(TIMELINE_SERIES_MAX)
  expect(wide.series.every((entry) => entry.poolSize > 20)).toBe(true)
})

test('any order of samples and histories keeps the shape: ascending moments, rows of equal length', () => {
  const rates = fc.dictionary(fc.constantFrom('a1', 'a2', 'b2', 'b4'), fc.nat(100))
  const step = fc.record({ at: fc.integer({ min: 0, max: 200_000 }), rates, history: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let state = TIMELINE_EMPTY
      for (const { at, rates: entries, history } of steps) {
        const next = sample(at, entries)
        state = history
          ? mergeHistory(
              { intervalMs: 1000, at: [at], series: next.series.map((entry) => ({ ...entry, tasksPerSecond: [entry.tasksPerSecond] })) },
              state,
            )
          : appendSample(state, next)
        for (const { values } of state.series) expect(values).toHaveLength(state.at.length)
        for (let i = 1; i < state.at.length; i++) expect(state.at[i]).toBeGreaterThan(state.at[i - 1] ?? Infinity)
      }
    }),
  )
})
