import { expect, test } from 'vitest'
import { commandsOf, failureAt, SchedulerDriver } from '../testing/scheduler-driver.ts'

function alone(): SchedulerDriver {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.pool('pool', 1)
  driver.online('a')
  return driver
}

test('what has not settled by the deadline is cancelled, and the batch has failed for it', () => {
  const driver = alone()
  driver.submit('x', 4, { chunkSize: 1, deadlineMs: 500 })
  driver.answer('a')
  expect(commandsOf(driver.wake(499), 'abort-shard')).toEqual([])
  const commands = driver.wake(1)
  expect(commandsOf(commands, 'abort-shard')).toHaveLength(1)
  expect(commandsOf(driver.answer('a', { ran: 0 }), 'batch-settled')).toEqual([
    {
      kind: 'batch-settled',
      batch: 'x',
      outcome: 'failed',
      reason: 'deadline',
      completed: 1,
      failed: 0,
      cancelled: 3,
      runMs: 0,
      workers: 1,
    },
  ])
})

test('a worker that does not leave is killed after the grace', () => {
  const driver = alone()
  driver.submit('x', 1, { deadlineMs: 500 })
  driver.wake(500)
  expect(commandsOf(driver.wake(999), 'kill-worker')).toEqual([])
  expect(commandsOf(driver.wake(1), 'kill-worker')).toHaveLength(1)
  expect(commandsOf(driver.lost('a'), 'batch-settled')[0]).toMatchObject({ outcome: 'failed', reason: 'deadline', cancelled: 1 })
})

test('it counts from the opening, whether anything came or not, and also through back-offs', () => {
  const driver = alone()
  driver.open('x', { deadlineMs: 300 })
  expect(commandsOf(driver.wake(300), 'batch-settled')[0]).toMatchObject({ outcome: 'failed', reason: 'deadline', cancelled: 0 })
  driver.submit('y', 1, { deadlineMs: 300, retries: 9, backoffMs: 1_000 })
  driver.answer('a', { failures: [failureAt(0)] })
  expect(commandsOf(driver.wake(300), 'batch-settled')[0]).toMatchObject({ outcome: 'failed', reason: 'deadline', cancelled: 1 })
})

test('a batch that is over in time is not touched, and leaves no timer behind', () => {
  const driver = alone()
  driver.submit('x', 1, { deadlineMs: 500 })
  expect(commandsOf(driver.answer('a'), 'batch-settled')[0]).not.toHaveProperty('reason')
  expect(driver.state.deadlines.nextAt()).toBeUndefined()
  for (let i = 0; i < 1_000; i++) {
    driver.submit(`y${i}`, 1, { deadlineMs: 3_600_000 })
    driver.answer('a')
  }
  expect(driver.state.deadlines.stored).toBeLessThan(150)
})

test('the caller who cancels outweighs the deadline', () => {
  const driver = alone()
  driver.submit('x', 1, { deadlineMs: 500 })
  driver.wake(500)
  driver.cancel('x')
  const [settled] = commandsOf(driver.answer('a', { ran: 0 }), 'batch-settled')
  expect(settled).toMatchObject({ outcome: 'cancelled', cancelled: 1 })
  expect(settled).not.toHaveProperty('reason')
})
