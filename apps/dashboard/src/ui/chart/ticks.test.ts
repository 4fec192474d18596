import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linearScale } from './scale.ts'
import { timeTicks, valueTicks } from './ticks.ts'

test.each([
  [0, 4, [0, 0.5, 1]],
  [1, 4, [0, 0.25, 0.5, 0.75, 1]],
  [3, 4, [0, 1, 2, 3]],
  [97_000, 4, [0, 25_000, 50_000, 75_000, 100_000]],
  [0.3, 3, [0, 0.1, 0.2, 0.3]],
])('an axis to %d in %d steps', (max, count, ticks) => {
  expect(valueTicks(max, max === 0 ? 2 : count)).toEqual(ticks)
})

test('an axis begins at zero, covers its largest value, and has about as many ticks as asked for', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), fc.integer({ min: 2, max: 8 }), (max, count) => {
      const ticks = valueTicks(max, count)
      expect(ticks[0]).toBe(0)
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-6))
      expect(ticks.length).toBeLessThanOrEqual(count + 2)
      expect(ticks.length).toBeGreaterThanOrEqual(2)
    }),
  )
})

test('time ticks are full minutes, in the reader’s own zone', () => {
  const noon = Date.UTC(2025, 10, 22, 12, 0, 20)
  expect(timeTicks(noon, noon + 300_000, 5).map((at) => new Date(at).toISOString().slice(11, 19))).toEqual([
    '12:01:00',
    '12:02:00',
    '12:03:00',
    '12:04:00',
    '12:05:00',
  ])
  // Half an hour off, as in India: half hours there are full hours here.
  const hours = timeTicks(noon, noon + 4 * 3_600_000, 4, 5.5 * 3_600_000)
  expect(new Date(hours[0] ?? 0).toISOString().slice(11, 19)).toBe('12:30:00')
})

test('time ticks stay within their stretch and are few', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2e12 }),
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 1, max: 12 }),
      (from, span, count) => {
        const ticks = timeTicks(from, from + span, count)
        expect(ticks.length).toBeLessThanOrEqual(count + 1)
        for (const tick of ticks) expect(tick >= from && tick <= from + span).toBe(true)
      },
    ),
  )
})

test('a scale and its inverse agree, and an empty domain is its middle', () => {
  const scale = linearScale([10, 20], [0, 300])
  expect([scale(10), scale(15), scale(20), scale.invert(150)]).toEqual([0, 150, 300, 15])
  expect(linearScale([5, 5], [0, 300])(5)).toBe(150)
  expect(linearScale([0, 10], [200, 0])(10)).toBe(0)
})
