import { expect, test } from 'vitest'
import type { WorkerId } from '../scheduler/index.ts'
import { WorkerMemory } from './worker-memory.ts'

const [a, b] = ['a', 'b'] as WorkerId[] as [WorkerId, WorkerId]
const MB = 1024 * 1024

test('a worker is over its limit from the first byte above it, as it said last; figures are of those who live, the largest of all', () => {
  const memory = new WorkerMemory(10)
  expect(memory.isOver(a)).toBe(false)
  memory.note(a, 10 * MB)
  memory.note(b, 10 * MB + 1)
  expect([memory.isOver(a), memory.isOver(b)]).toEqual([false, true])
  memory.note(a, 4 * MB)
  expect(memory.figures()).toEqual({ bytes: 14 * MB + 1, largestBytes: 10 * MB + 1 })
  memory.lost(b)
  expect(memory.isOver(b)).toBe(false)
  expect(memory.figures()).toEqual({ bytes: 4 * MB, largestBytes: 10 * MB + 1 })
})

test('without a limit nobody is over it, and there are no figures', () => {
  const memory = new WorkerMemory(undefined)
  expect(memory.isOver(a)).toBe(false)
  expect(memory.figures()).toBeUndefined()
})
