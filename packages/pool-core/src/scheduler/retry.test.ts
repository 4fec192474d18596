import { expect, test } from 'vitest'
import { commandsOf, failureAt, SchedulerDriver } from '../testing/scheduler-driver.ts'
import { backoffMs } from './retry.ts'

function alone(options = {}): SchedulerDriver {
  const driver = new SchedulerDriver({ prefetch: 0, ...options })
  driver.pool('pool', 1)
  driver.online('a')
  return driver
}

test('only the items that failed run again, neighbours together, and attempts are counted', () => {
  const driver = alone()
  driver.submit('x', 10, { chunkSize: 10, retries: 1 })
  driver.answer('a', { failures: [failureAt(1), failureAt(4), failureAt(5), failureAt(6)] })
  expect(driver.held('a')[0]).toMatchObject({ from: 1, count: 1, attempt: 2 })
  driver.answer('a')
  expect(driver.held('a')[0]).toMatchObject({ from: 4, count: 3, attempt: 2 })
  const commands = driver.answer('a', { failures: [failureAt(1, 'again')] })
  expect(commandsOf(commands, 'settle-failed')).toEqual([
    {
      kind: 'settle-failed',
      batch: 'x',
      index: 5,
      block: 0,
      offset: 5,
      attempts: 2,
      cause: { kind: 'task', errors: ['error 5', 'again'] },
    },
  ])
  expect(commandsOf(commands, 'batch-settled')[0]).toMatchObject({ outcome: 'failed', completed: 9, failed: 1, cancelled: 0 })
})

test('without retries, and for what is not retryable, the first failure is final', () => {
  const driver = alone()
  driver.submit('x', 2, { chunkSize: 2 })
  expect(commandsOf(driver.answer('a', { failures: [failureAt(0), failureAt(1)] }), 'settle-failed').map(({ index }) => index)).toEqual([
    0, 1,
  ])
  driver.submit('y', 2, { chunkSize: 2, retries: 5 })
  const commands = driver.answer('a', { failures: [failureAt(0, 'no such task', false), failureAt(1)] })
  expect(commandsOf(commands, 'settle-failed').map(({ attempts, index }) => [index, attempts])).toEqual([[0, 1]])
  expect(driver.held('a')[0]).toMatchObject({ from: 1, attempt: 2 })
})

test('the wait before a further run doubles', () => {
  const driver = alone()
  driver.submit('x', 1, { retries: 3, backoffMs: 100 })
  const waits = [100, 200, 400].map((waitMs) => {
    const [wake] = commandsOf(driver.answer('a', { failures: [failureAt(0)] }), 'wake-at')
    expect(driver.held('a')).toEqual([])
    expect(commandsOf(driver.wake(waitMs - 1), 'assign')).toEqual([])
    expect(commandsOf(driver.wake(1), 'assign')).toHaveLength(1)
    return (wake?.at ?? 0) - driver.now + waitMs
  })
  expect(waits).toEqual([100, 200, 400])
  const [failed] = commandsOf(driver.answer('a', { failures: [failureAt(0)] }), 'settle-failed')
  expect(failed).toMatchObject({ attempts: 4 })
})

test('the wait has an upper bound, however often it was doubled', () => {
  expect(backoffMs(100, 1, 5_000)).toBe(100)
  expect(backoffMs(100, 6, 5_000)).toBe(3_200)
  expect(backoffMs(100, 7, 5_000)).toBe(5_000)
  expect(backoffMs(100, 5_000, 5_000)).toBe(5_000)
  expect(backoffMs(0, 5_000, 5_000)).toBe(0)
})

test('meanwhile the rest of the batch runs', () => {
  const driver = alone()
  driver.submit('x', 4, { chunkSize: 2, retries: 1, backoffMs: 50 })
  driver.answer('a', { failures: [failureAt(0)] })
  expect(driver.held('a')[0]).toMatchObject({ from: 2, count: 2 })
  expect(commandsOf(driver.answer('a'), 'release-block')).toEqual([])
  expect(commandsOf(driver.wake(50), 'assign')[0]).toMatchObject({ from: 0, count: 1, attempt: 2 })
  expect(commandsOf(driver.answer('a'), 'release-block')).toEqual([{ kind: 'release-block', batch: 'x', block: 0 }])
})

test('waits end in the order of time; equal ones in the order in which they began', () => {
  const driver = alone()
  driver.submit('x', 2, { chunkSize: 1, retries: 1, backoffMs: 50 })
  driver.submit('y', 1, { retries: 1, backoffMs: 20, session: 'other' })
  for (let i = 0; i < 3; i++) driver.answer('a', { failures: [failureAt(0)] })
  driver.wake(50)
  const order = Array.from({ length: 3 }, () => {
    const [shard] = driver.held('a')
    driver.answer('a')
    return `${shard?.batch}${shard?.from}`
  })
  expect(order).toEqual(['y0', 'x0', 'x1'])
})

test('failFast: the first final failure cancels the rest, and the batch has failed', () => {
  const driver = alone()
  driver.submit('x', 10, { chunkSize: 2, failFast: true, retries: 1 })
  driver.answer('a', { failures: [failureAt(1)] })
  expect(driver.held('a')[0]).toMatchObject({ from: 1, attempt: 2 })
  const commands = driver.answer('a', { failures: [failureAt(0)] })
  expect(commandsOf(commands, 'batch-settled')).toEqual([
    { kind: 'batch-settled', batch: 'x', outcome: 'failed', completed: 1, failed: 1, cancelled: 8, runMs: 0, workers: 1 },
  ])
})

test('failFast: workers that hold other shards of it are asked to leave them', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a', 'b')
  driver.submit('x', 4, { chunkSize: 1, failFast: true })
  const commands = driver.answer('a', { failures: [failureAt(0)] })
  expect(commandsOf(commands, 'abort-shard').map(({ worker }) => worker)).toEqual(['b'])
  expect(commandsOf(driver.answer('b', { ran: 0 }), 'batch-settled')[0]).toMatchObject({ outcome: 'failed', failed: 1, cancelled: 3 })
})

test('an item that settles leaves no log behind, however it settles', () => {
  const driver = alone()
  driver.open('x', { chunkSize: 3, retries: 1 })
  driver.items('x', 3)
  const [batch] = driver.state.batches.values()
  driver.answer('a', { failures: [failureAt(0), failureAt(1), failureAt(2)] })
  expect(batch?.logs?.size).toBe(3)
  driver.answer('a', { failures: [failureAt(1)] })
  expect(batch?.logs?.size).toBe(0)
  expect(commandsOf(driver.end('x'), 'batch-settled')[0]).toMatchObject({ completed: 2, failed: 1 })
})

test('chance takes off its part of a wait, and no more', () => {
  const drawn = [0, 0.5, 0.999]
  const waits = drawn.map((next) => {
    const driver = new SchedulerDriver({ prefetch: 0 }, { next: () => next })
    driver.online('a')
    driver.submit('x', 1, { retries: 1, backoffMs: 1_000, jitter: 0.4 })
    driver.answer('a', { failures: [failureAt(0)] })
    return driver.state.delays.nextAt()
  })
  expect(waits.map((wait) => Math.round(wait ?? 0))).toEqual([1_000, 800, 600])
})
