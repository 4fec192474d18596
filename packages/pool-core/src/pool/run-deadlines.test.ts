import { expect, test } from 'vitest'
import type { ShardId, WorkerId } from '../scheduler/index.ts'
import { FakeClock } from '../testing/index.ts'
import { RunDeadlines } from './run-deadlines.ts'

const A = 'a' as WorkerId
const shard = (number: number): ShardId => number as ShardId

function setUp(sequential = true): { clock: FakeClock; deadlines: RunDeadlines; told: string[] } {
  const clock = new FakeClock()
  const told: string[] = []
  const deadlines = new RunDeadlines(
    { clock, graceMs: 50, sequential },
    {
      late: (worker, one) => told.push(`late ${worker}${one}`),
      overdue: (worker, one) => told.push(`overdue ${worker}${one}`),
    },
  )
  return { clock, deadlines, told }
}

test('a shard is late after its time, and overdue after the grace', () => {
  const { clock, deadlines, told } = setUp()
  deadlines.assigned(A, shard(1), 100)
  clock.advance(99)
  expect(told).toEqual([])
  clock.advance(1)
  expect(told).toEqual(['late a1'])
  clock.advance(50)
  expect(told).toEqual(['late a1', 'overdue a1'])
  expect(deadlines.answered(A, shard(1))).toBe(true)
})

test('an answer that has come by the end of the time is not late, though it is read after it', () => {
  const { clock, deadlines, told } = setUp()
  deadlines.assigned(A, shard(1), 100)
  expect(clock.runNext()).toBe(true)
  expect(clock.now()).toBe(100)
  expect(deadlines.answered(A, shard(1))).toBe(false)
  clock.advance(1_000)
  expect(told).toEqual([])
})

test('the time of a shard begins when the one before it was answered', () => {
  const { clock, deadlines, told } = setUp()
  deadlines.assigned(A, shard(1), undefined)
  deadlines.assigned(A, shard(2), 100)
  clock.advance(1_000)
  expect(deadlines.answered(A, shard(1))).toBe(false)
  clock.advance(99)
  expect(told).toEqual([])
  clock.advance(1)
  expect(told).toEqual(['late a2'])
})

test('what nobody wants any more is asked to leave, is overdue after the grace, and its answer is not late', () => {
  const { clock, deadlines, told } = setUp()
  deadlines.assigned(A, shard(1), 100)
  deadlines.assigned(A, shard(2), undefined)
  deadlines.endNow(A, shard(2))
  expect(told).toEqual(['late a2'])
  expect(deadlines.answered(A, shard(2))).toBe(false)
  deadlines.endNow(A, shard(1))
  clock.advance(49)
  expect(told).toEqual(['late a2', 'late a1'])
  clock.advance(1)
  expect(told).toEqual(['late a2', 'late a1', 'overdue a1'])
  expect(deadlines.answered(A, shard(1))).toBe(false)
  expect(clock.pending).toBe(0)
})

test('an answer in time, or the loss of the worker, leaves no timer', () => {
  const { clock, deadlines, told } = setUp()
  deadlines.assigned(A, shard(1), 100)
  expect(deadlines.answered(A, shard(1))).toBe(false)
  deadlines.assigned(A, shard(2), 100)
  deadlines.lost(A)
  clock.advance(10_000)
  expect(told).toEqual([])
  expect(deadlines.answered(A, shard(2))).toBe(false)
})

test('a shard behind the running one that is given back does not touch its time', () => {
  const { clock, deadlines, told } = setUp()
  deadlines.assigned(A, shard(1), 100)
  deadlines.assigned(A, shard(2), 100)
  clock.advance(60)
  deadlines.answered(A, shard(2))
  clock.advance(40)
  expect(told).toEqual(['late a1'])
})

test('what waits lets the next begin, and both have their time', () => {
  const { clock, deadlines, told } = setUp()
  deadlines.assigned(A, shard(1), 100)
  deadlines.assigned(A, shard(2), 100)
  clock.advance(40)
  deadlines.waits(A, shard(1), true)
  clock.advance(60)
  expect(told).toEqual(['late a1'])
  clock.advance(40)
  expect(told).toEqual(['late a1', 'late a2'])
})

test('where several run at once, the time of each begins when its worker says so', () => {
  const { clock, deadlines, told } = setUp(false)
  for (const number of [1, 2, 3]) deadlines.assigned(A, shard(number), 100)
  clock.advance(1_000)
  expect(told).toEqual([])
  deadlines.began(A, shard(3))
  clock.advance(50)
  deadlines.began(A, shard(1))
  clock.advance(50)
  expect(told).toEqual(['late a3'])
  expect(deadlines.answered(A, shard(3))).toBe(true)
  clock.advance(100)
  expect(told).toEqual(['late a3', 'late a1', 'overdue a1'])
})
