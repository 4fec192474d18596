import type { BatchView } from '@forkpool/pool-core/protocol'
import { expect, test } from 'vitest'
import { BATCHES_MAX, mergeBatches } from './merge-batches.ts'
import { endedTasks, tookMs, totalTasks } from './batch-state.ts'

function batch(fields: Partial<BatchView>): BatchView {
  return {
    id: 'b1',
    task: 'square',
    pool: 'a',
    poolSize: 2,
    state: 'open',
    priority: 0,
    submitted: 10,
    total: null,
    completed: 0,
    failed: 0,
    cancelled: 0,
    submittedAt: 1000,
    endedAt: null,
    tasksPerSecond: 0,
    remainingMs: null,
    workers: 0,
    failures: [],
    ...fields,
  }
}

test('a batch without a declared total has none until it ends', () => {
  expect(totalTasks(batch({}))).toBeNull()
  expect(totalTasks(batch({ total: 20 }))).toBe(20)
  expect(totalTasks(batch({ state: 'completed' }))).toBe(10)
  expect(endedTasks(batch({ completed: 3, failed: 2, cancelled: 1 }))).toBe(6)
})

test('time taken counts to the end, or to now, and never backwards', () => {
  expect(tookMs(batch({ endedAt: 4000 }), 9000)).toBe(3000)
  expect(tookMs(batch({}), 9000)).toBe(8000)
  expect(tookMs(batch({}), 500)).toBe(0)
})

test('pages join without doubles, the live view wins, newest first', () => {
  const live = [batch({ id: 'c', submittedAt: 3000 }), batch({ id: 'b', submittedAt: 2000, completed: 9 })]
  const older = [batch({ id: 'b', submittedAt: 2000, completed: 1 }), batch({ id: 'a', submittedAt: 1000 })]
  expect(mergeBatches(live, older).map(({ id, completed }) => [id, completed])).toEqual([
    ['c', 0],
    ['b', 9],
    ['a', 0],
  ])
})

test('the list is bounded, the oldest go', () => {
  const many = Array.from({ length: BATCHES_MAX + 5 }, (_, i) => batch({ id: `${i}`, submittedAt: i }))
  const kept = mergeBatches([], many)
  expect(kept).toHaveLength(BATCHES_MAX)
  expect(kept.at(-1)?.id).toBe('5')
})
