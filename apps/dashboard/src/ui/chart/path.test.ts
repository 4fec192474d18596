import { expect, test } from 'vitest'
import { linePath } from './path.ts'
import { spreadLabels } from './labels.ts'

test('null breaks a line; a lone point is a dot', () => {
  expect(linePath([[0, 1], [2.04, 3.06], null, [5, 5], null, null, [6, 6]])).toBe('M0,1h0L2,3.1M5,5h0M6,6h0')
  expect(linePath([])).toBe('')
})

test('labels that would cover each other move apart, in order, and stay inside', () => {
  expect(spreadLabels([50, 50, 50], 10, 0, 100)).toEqual([40, 50, 60])
  expect(spreadLabels([98, 99, 20], 10, 0, 100)).toEqual([90, 100, 20])
  expect(spreadLabels([0, 0], 10, 0, 100)).toEqual([0, 10])
  expect(spreadLabels([10, 90], 10, 0, 100)).toEqual([10, 90])
})
