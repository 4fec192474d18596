import { expect, test } from 'vitest'
import { checkComparison } from './comparison-check.ts'

test('a range or a list, sizes without doubles, and three repeats by default', () => {
  expect(checkComparison({ task: 'square', range: { from: 1, to: 10 }, poolSizes: [2, 4, 2] }, 8)).toEqual({
    task: 'square',
    items: { from: 1, to: 10 },
    count: 10,
    poolSizes: [2, 4],
    repeats: 3,
  })
  expect(checkComparison({ task: 'square', items: [1, 2], poolSizes: [1], repeats: 5 }, 8)).toMatchObject({ count: 2, repeats: 5 })
})

test.each([
  [null, 'body: expected a JSON object'],
  [[], 'body: expected a JSON object'],
  [{ range: { from: 1, to: 2 }, poolSizes: [1] }, 'task: expected the name of a task'],
  [{ task: 't', range: { from: 1, to: 2 } }, 'poolSizes: expected a list of 1 to 10 sizes'],
  [{ task: 't', range: { from: 1, to: 2 }, poolSizes: [0] }, 'poolSizes: expected whole numbers from 1 to 8'],
  [{ task: 't', range: { from: 1, to: 2 }, poolSizes: [9] }, 'poolSizes: expected whole numbers from 1 to 8'],
  [{ task: 't', range: { from: 2, to: 1 }, poolSizes: [1] }, 'range: expected whole numbers { from, to } with from ≤ to'],
  [{ task: 't', range: { from: 1, to: 1e9 }, poolSizes: [1] }, 'range: expected at most 10000000 items'],
  [{ task: 't', poolSizes: [1] }, 'range, items: expected one of the two'],
  [{ task: 't', items: [], poolSizes: [1] }, 'items: expected a list of 1 to'],
  [{ task: 't', items: [1], poolSizes: [1], repeats: 0 }, 'repeats: expected a whole number from 1 to 20'],
])('refuses %j', (body, message) => {
  expect(() => checkComparison(body, 8)).toThrow(message)
})
