import { expect, test } from 'vitest'
import type { WorkerId } from '../scheduler/index.ts'
import { WorkerQuotas } from './worker-quotas.ts'

const A = 'a' as WorkerId
const B = 'b' as WorkerId

test('a worker is given no more than it may run, and is spent when it has', () => {
  const quotas = new WorkerQuotas(5)
  expect(quotas.cut(A, 3)).toBe(3)
  expect(quotas.spend(A, 3, 3)).toBe(false)
  expect([quotas.cut(A, 10), quotas.cut(B, 10)]).toEqual([2, 5])
  // It yielded.
  expect(quotas.spend(A, 2, 1)).toBe(false)
  expect(quotas.cut(A, 10)).toBe(1)
  expect(quotas.spend(A, 1, 1)).toBe(true)
  quotas.lost(A)
  expect(quotas.cut(A, 10)).toBe(5)
})

test('what a worker holds at once counts together', () => {
  const quotas = new WorkerQuotas(5)
  expect([quotas.cut(A, 3), quotas.cut(A, 3), quotas.cut(A, 3)]).toEqual([3, 2, 0])
  expect(quotas.spend(A, 3, 2)).toBe(false)
  expect(quotas.cut(A, 3)).toBe(1)
})

test('without a limit nobody is ever spent', () => {
  const quotas = new WorkerQuotas(undefined)
  expect(quotas.spend(A, 1_000_000, 1_000_000)).toBe(false)
  expect(quotas.cut(A, 7)).toBe(7)
})
