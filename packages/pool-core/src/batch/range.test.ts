import { expect, test } from 'vitest'
import { range } from './range.ts'

test.each([
  [range(4), [0, 1, 2, 3]],
  [range(2, 5), [2, 3, 4]],
  [range(0, 10, 4), [0, 4, 8]],
  [range(5, 0, -2), [5, 3, 1]],
  [range(0), []],
  [range(5, 5), []],
  [range(1, 0), []],
  [range(0, 1, 0.25), [0, 0.25, 0.5, 0.75]],
])('%o', (numbers, expected) => {
  expect([...numbers]).toEqual(expected)
  expect(numbers.length).toBe(expected.length)
  expect([...numbers]).toEqual(expected)
})

test.each([
  [0, 1, 0],
  [0, Infinity, 1],
  [Number.NaN, 1, 1],
])('range(%d, %d, %d) is BAD_ARGUMENT', (start, stop, step) => {
  expect(() => range(start, stop, step)).toThrow('a range takes finite numbers')
})
