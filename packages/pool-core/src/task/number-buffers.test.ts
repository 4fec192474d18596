import { expect, test } from 'vitest'
import { borrowNumbers, giveNumbersBack } from './number-buffers.ts'

test('what was given back is lent again, to one at a time, however often it is given back', () => {
  const first = borrowNumbers(5_000)
  expect(first).toHaveLength(5_000)
  giveNumbersBack(first.buffer)
  giveNumbersBack(first.buffer)
  const [second, third] = [borrowNumbers(60_000), borrowNumbers(60_000)]
  expect(second.buffer).toBe(first.buffer)
  expect(third.buffer).not.toBe(first.buffer)
  expect([second.length, third.length]).toEqual([60_000, 60_000])
})

test.each([0, 3, 100_000])('%d numbers have a buffer of their own, which is not kept', (count) => {
  const numbers = borrowNumbers(count)
  expect(numbers.buffer.byteLength).toBe(8 * count)
  giveNumbersBack(numbers.buffer)
  expect(borrowNumbers(count).buffer).not.toBe(numbers.buffer)
})

test('a buffer from elsewhere is not taken', () => {
  const foreign = new ArrayBuffer(512 * 1024)
  giveNumbersBack(foreign)
  expect(borrowNumbers(5_000).buffer).not.toBe(foreign)
})
