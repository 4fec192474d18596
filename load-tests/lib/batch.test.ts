import { expect, test } from 'vitest'
import { BatchInProgress, hasFailed, isRight } from './batch.ts'
import type { BatchSummary } from './messages.ts'

const error = { name: 'DemonstrationError', message: 'no' }
const square = (index: number): number => (index + 1) ** 2
const summary = (completed: number, failed = 0): BatchSummary => ({
  outcome: failed > 0 ? 'failed' : 'completed',
  completed,
  failed,
  cancelled: 0,
})
const results = (from: number, values: unknown[]): Parameters<BatchInProgress['take']>[0] => ({
  kind: 'results',
  batch: 1,
  from,
  count: values.length,
  values,
})

test('results in any order are put in place', () => {
  const batch = new BatchInProgress(5)
  batch.take(results(3, [16, 25]))
  batch.take(results(0, [1, 4, 9]))
  expect(isRight(batch.end(summary(5), 2, 1), square)).toBe(true)
})

test('a wrong value, a hole, a doubled or surplus answer, and a wrong summary are seen', () => {
  const ended = (parts: [number, unknown[]][], completed = 3): boolean => {
    const batch = new BatchInProgress(3)
    for (const [from, values] of parts) batch.take(results(from, values))
    return isRight(batch.end(summary(completed), 2, 1), square)
  }
  expect(ended([[0, [1, 4, 9]]])).toBe(true)
  expect(ended([[0, [1, 4, 8]]])).toBe(false)
  expect(ended([[0, [1, 4]]])).toBe(false)
  expect(
    ended([
      [0, [1, 4, 9]],
      [1, [4]],
    ]),
  ).toBe(false)
  expect(ended([[0, [1, 4, 9, 16]]])).toBe(false)
  expect(ended([[0, [1, 4, 9]]], 2)).toBe(false)
  const surplus = new BatchInProgress(1)
  surplus.take({ kind: 'results', batch: 1, from: 0, count: 1, values: [1, 1] })
  expect(isRight(surplus.end(summary(1), 1, 1), square)).toBe(false)
})

test('failures stand between values', () => {
  const batch = new BatchInProgress(3)
  batch.take({ kind: 'results', batch: 1, from: 0, count: 3, values: [1, 9], failures: [{ at: 1, error, attempts: 2 }] })
  const ended = batch.end(summary(2, 1), 2, 1)
  expect(ended.outcomes).toEqual([{ value: 1 }, { error, attempts: 2 }, { value: 9 }])
  expect(isRight(ended, square)).toBe(false)
  expect(hasFailed(ended, error.name)).toBe(false)
})

test('a batch that failed as it should', () => {
  const batch = new BatchInProgress(2)
  batch.take({ kind: 'results', batch: 1, from: 0, count: 2, values: [], failures: [0, 1].map((at) => ({ at, error, attempts: 1 })) })
  const ended = batch.end(summary(0, 2), 2, 1)
  expect(hasFailed(ended, 'DemonstrationError')).toBe(true)
  expect(hasFailed(ended, 'Error')).toBe(false)
})
