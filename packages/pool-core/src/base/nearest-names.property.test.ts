import fc from 'fast-check'
import { expect, it } from 'vitest'
import { editDistance, nearestNames } from './nearest-names.ts'

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })

it('is symmetric, zero only for equal words, and within the bounds that lengths set', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b)
      expect(distance).toBe(editDistance(b, a))
      expect(distance === 0).toBe(a === b)
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length))
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }),
  )
})

it('counts one for one insertion, replacement or swap of neighbours', () => {
  fc.assert(
    fc.property(word, fc.nat(), fc.constantFrom('x', 'y'), (letters, seed, letter) => {
      const at = seed % (letters.length + 1)
      expect(editDistance(letters, letters.slice(0, at) + letter + letters.slice(at))).toBe(1)
      fc.pre(at < letters.length)
      expect(editDistance(letters, letters.slice(0, at) + letter + letters.slice(at + 1))).toBe(1)
      fc.pre(at + 1 < letters.length && letters[at] !== letters[at + 1])
      expect(editDistance(letters, letters.slice(0, at) + letters[at + 1] + letters[at] + letters.slice(at + 2))).toBe(1)
    }),
  )
})

it('always finds the very name, first, among any others', () => {
  fc.assert(
    fc.property(word.filter(Boolean), fc.array(word), (name, others) => {
      expect(nearestNames(name, [...others, name], 1)).toEqual([name])
    }),
  )
})
