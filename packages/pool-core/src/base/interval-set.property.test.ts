import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IntervalSet } from './interval-set.ts'

const change = fc.record({
  from: fc.nat(60),
  length: fc.integer({ min: 1, max: 12 }),
  remove: fc.boolean(),
})

test('agrees with a set of numbers: a range comes in only when none of it is there, and goes only when all of it is', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const intervals = new IntervalSet()
      const model = new Set<number>()
      for (const { from, length, remove } of changes) {
        const numbers = Array.from({ length }, (_, i) => from + i)
        const applies = numbers.every((n) => model.has(n) === remove)
        const applied = remove ? intervals.removeIfPresent(from, from + length) : intervals.addIfAbsent(from, from + length)
        expect(applied).toBe(applies)
        if (applies)
          for (const n of numbers) {
            if (remove) model.delete(n)
            else model.add(n)
          }
        expect(intervals.size).toBe(model.size)
      }
      for (let n = 0; n < 80; n++) expect(intervals.has(n)).toBe(model.has(n))
      for (const [from, to] of [
        [0, 80],
        [7, 31],
      ] as const) {
        const missing = Array.from({ length: to - from }, (_, i) => from + i).filter((n) => !model.has(n))
        const parts = intervals.missing(from, to)
        expect(parts.flatMap((part) => Array.from({ length: part.to - part.from }, (_, i) => part.from + i))).toEqual(missing)
      }
      const listed = intervals.intervals()
      expect(listed.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
        [...model].toSorted((a, b) => a - b),
      )
      expect(listed.every(({ from }, i) => i === 0 || from > (listed[i - 1]?.to ?? Infinity))).toBe(true)
    }),
  )
})
