import { expect, test } from 'vitest'
import { summarise } from './summary.ts'

test('mean and peak of what is shown; unknown seconds do not count', () => {
  const at = [1, 2, 3, 4, 5]
  expect(summarise([100, 2, null, 6, 100], at, [2, 4])).toEqual({ mean: 4, peak: 6 })
  expect(summarise([null, null, null, null, null], at, [1, 5])).toEqual({ mean: null, peak: null })
  expect(summarise([0, 0], [1, 2], [1, 2])).toEqual({ mean: 0, peak: 0 })
})
