import { expect, test } from 'vitest'
import { commandsOf, failureAt, SchedulerDriver } from '../testing/scheduler-driver.ts'

/** When the limit of a shard of one task of 500 ms, and of several, is over: with the way, and with the time after which a worker yields. */
const SINGLE_MS = 510
const SEVERAL_MS = 610
const GRACE_MS = 1_000

function alone(options = {}): SchedulerDriver {
  const driver = new SchedulerDriver({ prefetch: 0, ...options })
  driver.pool('pool', 1)
  driver.online('a')
  return driver
}

test('the time counts from the run and not from the wait', () => {
  const driver = alone()
  driver.submit('x', 2, { chunkSize: 1, timeoutMs: 500 })
  driver.wake(SINGLE_MS - 1)
  driver.answer('a')
  expect(commandsOf(driver.wake(SINGLE_MS - 1), 'abort-shard')).toEqual([])
  expect(commandsOf(driver.wake(1), 'abort-shard')).toHaveLength(1)
})

test('a task that leaves when asked has failed, and its worker lives on', () => {
  const driver = alone()
  driver.submit('x', 1, { timeoutMs: 500 })
  driver.wake(SINGLE_MS)
  const commands = driver.answer('a', { ran: 0, runMs: 500 })
  expect(commandsOf(commands, 'settle-failed')).toMatchObject([{ index: 0, attempts: 1, cause: { kind: 'task', errors: ['too long'] } }])
  expect(commandsOf(commands, 'batch-settled')[0]).toMatchObject({ outcome: 'failed', failed: 1 })
  expect(commandsOf(driver.log, 'kill-worker')).toEqual([])
})

test('a task that does not leave has failed, and its worker is killed', () => {
  const driver = alone()
  driver.submit('x', 2, { chunkSize: 1, timeoutMs: 500 })
  driver.wake(SINGLE_MS)
  expect(commandsOf(driver.wake(GRACE_MS - 1), 'kill-worker')).toEqual([])
  const commands = driver.wake(1)
  expect(commandsOf(commands, 'kill-worker')).toHaveLength(1)
  expect(commandsOf(commands, 'settle-failed')).toMatchObject([{ index: 0, cause: { kind: 'task', errors: ['too long'] } }])
  driver.lost('a')
  driver.online('b')
  expect(commandsOf(driver.answer('b'), 'batch-settled')[0]).toMatchObject({ completed: 1, failed: 1 })
})

test('of several shards of one task each nobody knows which one runs, so none fails; then each runs with nothing behind it', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 3, { chunkSize: 1, timeoutMs: 500 })
  expect(driver.held('a')).toHaveLength(2)
  driver.wake(SINGLE_MS)
  expect(commandsOf(driver.wake(GRACE_MS), 'kill-worker')).toHaveLength(1)
  expect(commandsOf(driver.log, 'settle-failed')).toEqual([])
  driver.lost('a')
  driver.online('b')
  for (const index of [0, 1]) {
    expect(driver.held('b')).toMatchObject([{ from: index, count: 1, attempt: 1 }])
    driver.answer('b')
  }
  expect(driver.held('b')).toMatchObject([{ from: 2 }])
})

test('several tasks in a shard: one by one until it shows which takes too long; nobody else fails', () => {
  const driver = alone()
  driver.submit('x', 6, { chunkSize: 6, timeoutMs: 500 })
  expect(driver.held('a')[0]).toMatchObject({ count: 6, yieldAfterMs: 100 })
  expect(commandsOf(driver.wake(SEVERAL_MS - 1), 'abort-shard')).toEqual([])
  expect(commandsOf(driver.wake(1), 'abort-shard')).toHaveLength(1)
  expect(commandsOf(driver.wake(GRACE_MS), 'kill-worker')).toHaveLength(1)
  expect(commandsOf(driver.log, 'settle-failed')).toEqual([])
  driver.lost('a')
  driver.online('b')
  for (const index of [0, 1, 2]) {
    expect(driver.held('b')[0]).toMatchObject({ from: index, count: 1 })
    driver.answer('b')
  }
  driver.wake(SINGLE_MS)
  const killed = driver.wake(GRACE_MS)
  expect(commandsOf(killed, 'settle-failed')).toMatchObject([{ index: 3 }])
  driver.lost('b')
  driver.online('c')
  driver.answer('c')
  expect(commandsOf(driver.answer('c'), 'batch-settled')[0]).toMatchObject({ completed: 5, failed: 1 })
})

test('what a shard had done when it was left counts, and only the rest runs one by one', () => {
  const driver = alone()
  driver.submit('x', 6, { chunkSize: 6, timeoutMs: 500 })
  driver.wake(SEVERAL_MS)
  driver.answer('a', { ran: 4, runMs: 600 })
  expect(driver.held('a')[0]).toMatchObject({ from: 4, count: 1 })
  driver.answer('a')
  expect(commandsOf(driver.answer('a'), 'batch-settled')[0]).toMatchObject({ completed: 6, failed: 0 })
})

test('retries cure a task that took too long, until they are spent', () => {
  const driver = alone()
  driver.submit('x', 1, { timeoutMs: 500, retries: 1 })
  driver.wake(SINGLE_MS)
  expect(commandsOf(driver.answer('a', { ran: 1, runMs: 700 }), 'assign')[0]).toMatchObject({ attempt: 2 })
  driver.wake(SINGLE_MS)
  driver.wake(GRACE_MS)
  const [failed] = commandsOf(driver.log, 'settle-failed')
  expect(failed).toMatchObject({ attempts: 2, cause: { errors: ['too long', 'too long'] } })
})

test("the worker's own clock decides: an answer that was late on its way counts", () => {
  const driver = alone()
  driver.submit('x', 1, { timeoutMs: 500 })
  driver.wake(SINGLE_MS)
  expect(commandsOf(driver.answer('a', { runMs: 499 }), 'batch-settled')[0]).toMatchObject({ outcome: 'completed' })
  driver.submit('y', 1, { timeoutMs: 500 })
  driver.wake(SINGLE_MS)
  expect(commandsOf(driver.answer('a', { runMs: 501 }), 'batch-settled')[0]).toMatchObject({ outcome: 'failed', failed: 1 })
})

test('a task that threw before its time was over has failed for that', () => {
  const driver = alone()
  driver.submit('x', 1, { timeoutMs: 500 })
  driver.wake(100)
  expect(commandsOf(driver.answer('a', { failures: [failureAt(0, 'own')] }), 'settle-failed')[0]).toMatchObject({
    cause: { errors: ['own'] },
  })
})

test('a worker has one entry, however many shards it runs, and none when it is gone', () => {
  const driver = alone()
  driver.submit('x', 2_000, { chunkSize: 1, timeoutMs: 3_600_000 })
  for (let i = 0; i < 1_000; i++) {
    driver.pass(1)
    driver.answer('a')
  }
  expect(driver.state.runLimits.stored).toBe(1)
  driver.lost('a')
  expect(driver.state.runLimits.nextAt()).toBeUndefined()
})

test('a batch that is cancelled is left by the ladder of cancellation alone', () => {
  const driver = alone()
  driver.submit('x', 1, { timeoutMs: 500 })
  driver.wake(400)
  driver.cancel('x')
  expect(commandsOf(driver.wake(SINGLE_MS), 'abort-shard')).toEqual([])
  expect(commandsOf(driver.answer('a', { ran: 0 }), 'batch-settled')[0]).toMatchObject({ outcome: 'cancelled', cancelled: 1, failed: 0 })
})

test('a shard with a limit never stands behind one without, whose answer may not come', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 1)
  driver.submit('y', 1, { timeoutMs: 500 })
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['x'])
  driver.submit('z', 1)
  driver.answer('a')
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['y', 'z'])
})
