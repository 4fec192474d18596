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

test('few numbers are lent a small buffer, while there is one; who finds none has one of its own', () => {
  const lent = Array.from({ length: 6 }, () => borrowNumbers(3))
  expect(lent.map(({ length }) => length)).toEqual([3, 3, 3, 3, 3, 3])
  expect(lent.map(({ buffer }) => buffer.byteLength)).toEqual([8192, 8192, 8192, 8192, 24, 24])
  expect(new Set(lent.map(({ buffer }) => buffer)).size).toBe(6)
  for (const { buffer } of lent) giveNumbersBack(buffer)
  expect(lent.slice(0, 4).map(({ buffer }) => buffer)).toContain(borrowNumbers(1_024).buffer)
})

test.each([0, 100_000])('%d numbers have a buffer of their own, which is not kept', (count) => {
  const numbers = borrowNumbers(count)
  expect(numbers.buffer.byteLength).toBe(8 * count)
  giveNumbersBack(numbers.buffer)
  expect(borrowNumbers(count).buffer).not.toBe(numbers.buffer)
})

test('a buffer from elsewhere is not taken', () => {
  for (const [bytes, count] of [
    [512 * 1024, 5_000],
    [8 * 1024, 5],
  ] as const) {
    const foreign = new ArrayBuffer(bytes)
    giveNumbersBack(foreign)
    expect(borrowNumbers(count).buffer).not.toBe(foreign)
  }
})
