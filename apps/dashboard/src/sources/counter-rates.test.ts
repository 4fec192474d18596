import fc from 'fast-check'
import { expect, test } from 'vitest'
import { onGrid, stretchesOf } from './counter-rates.ts'

const scrapes = (...pairs: [number, number][]) => pairs.map(([at, value]) => ({ at, value }))
const grid = { startMs: 0, stepMs: 1000, points: 6 }

test('a counter scraped on the grid has the rate of each second', () => {
  const stretches = stretchesOf(scrapes([1000, 10], [2000, 30], [3000, 30]), [])
  expect(onGrid(stretches, grid)).toEqual([null, null, 20, 0, null, null])
})

test('a scrape between two seconds shares its rise among them', () => {
  const stretches = stretchesOf(scrapes([1500, 0], [2500, 100], [3500, 100]), [])
  expect(onGrid(stretches, grid)).toEqual([null, null, 100, 50, 0, null])
})

test('a counter that appears has risen from zero since its program was last scraped', () => {
  const alive = [1000, 2000, 3000, 4000]
  expect(onGrid(stretchesOf(scrapes([3000, 500], [4000, 500]), alive), grid)).toEqual([null, null, 0, 500, 0, null])
})

test('the first scrape of a program says nothing: nobody knows since when its counters rise', () => {
  expect(onGrid(stretchesOf(scrapes([3000, 500], [4000, 520]), [3000, 4000]), grid)).toEqual([null, null, null, null, 20, null])
})

test('after a restart the counter begins at zero', () => {
  const alive = [1000, 2000, 3000, 4000, 5000]
  // Not there at 4000: the restarted program had not counted yet.
  expect(onGrid(stretchesOf(scrapes([1000, 900], [2000, 1000], [3000, 1000], [5000, 40]), alive), grid)).toEqual([
    null,
    null,
    100,
    0,
    null,
    40,
  ])
  expect(onGrid(stretchesOf(scrapes([1000, 900], [2000, 40]), []), grid)).toEqual([null, null, 40, null, null, null])
})

test('a hole stays a hole', () => {
  const alive = [1000, 2000, 3000, 60_000, 61_000]
  const stretches = stretchesOf(scrapes([1000, 0], [2000, 1], [3000, 2], [60_000, 900], [61_000, 905]), alive)
  expect(stretches.map(({ from, to }) => [from, to])).toEqual([
    [1000, 2000],
    [2000, 3000],
    [60_000, 61_000],
  ])
})

test('scrapes every fifteen seconds are a line, too', () => {
  const stretches = stretchesOf(scrapes([0, 0], [15_000, 150], [30_000, 300]), [0, 15_000, 30_000])
  expect(onGrid(stretches, { startMs: 1000, stepMs: 1000, points: 30 })).toEqual(new Array(30).fill(10))
})

test('the area below the line is what was counted, however irregular the scrapes', () => {
  const step = fc.record({ afterMs: fc.integer({ min: 700, max: 1300 }), rise: fc.nat(100_000) })
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 40 }), fc.nat(999), fc.nat(5), (steps, phase, born) => {
      let at = 10_000 + phase
      let value = 0
      const alive = [at]
      const counted: { at: number; value: number }[] = []
      for (const [i, { afterMs, rise }] of steps.entries()) {
        at += afterMs
        alive.push(at)
        if (i < Math.min(born, steps.length - 1)) continue
        value += rise
        counted.push({ at, value })
      }
      const points = Math.ceil((at - 10_000) / 1000) + 2
      const values = onGrid(stretchesOf(counted, alive), { startMs: 10_000, stepMs: 1000, points })
      // The first and the last second are known in part only, and count for that part.
      const share = (i: number) => Math.max(0, Math.min(at, 10_000 + i * 1000) - Math.max(alive[0] ?? 0, 9_000 + i * 1000)) / 1000
      const area = values.reduce<number>((sum, rate, i) => sum + (rate ?? 0) * share(i), 0)
      expect(area).toBeCloseTo(value, 3)
    }),
  )
})
