import { expect, test } from 'vitest'
import { WaiterCount } from './waiter-count.ts'

test('the count lies above the bits of another word and leaves them alone', () => {
  const words = Int32Array.of(0, 0x2a_aaaa)
  const count = new WaiterCount(words, { word: 1, shift: 22 })
  for (let i = 0; i < 700; i++) count.join()
  expect([count.value, words[1]! & 0x3f_ffff, words[0]]).toEqual([700, 0x2a_aaaa, 0])
  for (let i = 0; i < 700; i++) count.leave()
  expect([count.value, words[1]]).toEqual([0, 0x2a_aaaa])
})

test('at its most it stays: who waits is never missed', () => {
  const words = new Int32Array(1)
  const count = new WaiterCount(words, { word: 0, shift: 25 })
  for (let i = 0; i < 200; i++) count.join()
  expect(count.value).toBe(127)
  for (let i = 0; i < 200; i++) count.leave()
  expect(count.value).toBe(127)
})
