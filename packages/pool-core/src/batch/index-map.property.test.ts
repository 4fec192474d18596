import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IndexMap } from './index-map.ts'

test('agrees with a list from which the skipped items were filtered', () => {
  const input = fc.array(fc.boolean(), { maxLength: 60 })
  fc.assert(
    fc.property(input, (isSkipped) => {
      const map = new IndexMap()
      isSkipped.forEach((skip, index) => skip && map.skip(index))
      const sent = isSkipped.flatMap((skip, index) => (skip ? [] : [index]))
      sent.forEach((index, position) => expect(map.toInput(position)).toBe(index))
      expect(map.skipped).toBe(isSkipped.filter(Boolean).length)
      expect(map.isIdentity).toBe(map.skipped === 0)
      for (let from = 0; from < sent.length; from++) {
        const count = sent.length - from
        const run = map.unbroken(from, count)
        const expected = sent.slice(from).findIndex((index, i) => index !== (sent[from] as number) + i)
        expect(run).toBe(expected === -1 ? count : expected)
      }
    }),
  )
})
