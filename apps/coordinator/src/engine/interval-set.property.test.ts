import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IntervalSet } from './interval-set.ts'

const range = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 })).map(([from, length]) => [from, from + length] as const)

test('agrees with a set of numbers: a range is added only when none of it is there', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 60 }), (ranges) => {
      const intervals = new IntervalSet()
      const model = new Set<number>()
      for (const [from, to] of ranges) {
        const numbers = Array.from({ length: to - from }, (_, i) => from + i)
        const absent = numbers.every((n) => !model.has(n))
        expect(intervals.addIfAbsent(from, to)).toBe(absent)
        if (absent) for (const n of numbers) model.add(n)
        expect(intervals.size).toBe(model.size)
      }
      for (let n = 0; n < 80; n++) expect(intervals.has(n)).toBe(model.has(n))
    }),
  )
})
