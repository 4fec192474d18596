import { expect, test } from 'vitest'
import { ThreadMemory } from '../memory/thread-memory.ts'
import { CONDITION_WAITERS_WORDS, ConditionWaiters } from './condition-waiters.ts'

const make = (): ConditionWaiters => new ConditionWaiters(new ThreadMemory(4 * CONDITION_WAITERS_WORDS), 0)

test('notifies in order of arrival, and passes over those that left', () => {
  const waiters = make()
  const slots = [waiters.enter(), waiters.enter(), waiters.enter()]
  expect(waiters.leave(slots[0] ?? -1)).toBe(false)
  expect(waiters.notify(1)).toBe(1)
  expect(slots.slice(1).map((slot) => waiters.isNotified(slot))).toEqual([true, false])
  expect(waiters.notify(5)).toBe(1)
  expect(waiters.notify(5)).toBe(0)
  expect(slots.slice(1).map((slot) => waiters.leave(slot))).toEqual([true, true])
  expect(waiters.count).toBe(0)
})

test('a notification stays with its waiter until that one leaves', () => {
  const waiters = make()
  const first = waiters.enter()
  waiters.notify(1)
  const second = waiters.enter()
  expect([waiters.isNotified(first), waiters.isNotified(second)]).toEqual([true, false])
  expect(second).not.toBe(first)
})

test('256 can wait at once, and the places are used again, round and round', () => {
  const waiters = make()
  for (let round = 0; round < 3; round++) {
    const slots = Array.from({ length: 256 }, () => waiters.enter())
    expect(() => waiters.enter()).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    expect(waiters.notify(Number.MAX_SAFE_INTEGER)).toBe(256)
    for (const slot of slots) expect(waiters.leave(slot)).toBe(true)
  }
})
