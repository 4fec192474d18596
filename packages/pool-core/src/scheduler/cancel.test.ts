import { expect, test } from 'vitest'
import { commandsOf, failureAt, SchedulerDriver } from '../testing/scheduler-driver.ts'
import { schedulerStatistics } from './index.ts'

test('what is queued is cancelled at once; a batch that nobody holds settles at once', () => {
  const driver = new SchedulerDriver()
  driver.open('x')
  driver.items('x', 5)
  driver.items('x', 3)
  expect(driver.cancel('x')).toEqual([
    { kind: 'release-block', batch: 'x', block: 0 },
    { kind: 'release-block', batch: 'x', block: 1 },
    { kind: 'batch-settled', batch: 'x', outcome: 'cancelled', completed: 0, failed: 0, cancelled: 8, runMs: 0, workers: 0 },
  ])
})

test('held shards are to be left; what their answers bring counts as completed, the rest as cancelled', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 30, { chunkSize: 10 })
  const [running, behind] = driver.held('a')
  const commands = driver.cancel('x')
  expect(commandsOf(commands, 'abort-shard').map(({ shard }) => shard)).toEqual([running?.shard, behind?.shard])
  expect(commandsOf(commands, 'batch-settled')).toEqual([])
  driver.answer('a', { ran: 4, runMs: 4 })
  const [settled] = commandsOf(driver.answer('a', { ran: 0 }), 'batch-settled')
  expect(settled).toMatchObject({ outcome: 'cancelled', completed: 4, failed: 0, cancelled: 26 })
})

test('an answer that crosses the cancellation counts in full', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  driver.submit('x', 1)
  driver.cancel('x')
  expect(commandsOf(driver.answer('a'), 'batch-settled')[0]).toMatchObject({ outcome: 'cancelled', completed: 1, cancelled: 0 })
})

test('in a cancelled batch a final failure counts as failed, one that would have run again as cancelled', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('x', 3, { chunkSize: 3, retries: 1 })
  driver.cancel('x')
  const commands = driver.answer('a', { failures: [failureAt(0), failureAt(1, 'never', false)] })
  expect(commandsOf(commands, 'settle-failed').map(({ index }) => index)).toEqual([1])
  expect(commandsOf(commands, 'batch-settled')[0]).toMatchObject({ completed: 1, failed: 1, cancelled: 1 })
})

test('a worker that does not answer in time is killed, and its loss settles the batch', () => {
  const driver = new SchedulerDriver({ cancelGraceMs: 1_000 })
  driver.online('a')
  driver.submit('x', 1)
  expect(commandsOf(driver.cancel('x'), 'wake-at')).toEqual([{ kind: 'wake-at', at: 1_000 }])
  expect(commandsOf(driver.wake(999), 'kill-worker')).toEqual([])
  expect(commandsOf(driver.wake(1), 'kill-worker').map(({ worker }) => worker)).toEqual(['a'])
  expect(commandsOf(driver.wake(5_000), 'kill-worker')).toEqual([])
  expect(commandsOf(driver.lost('a'), 'batch-settled')[0]).toMatchObject({ outcome: 'cancelled', cancelled: 1 })
})

test('a worker that answered in time is not killed', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  driver.submit('x', 1)
  driver.cancel('x')
  driver.pass(500)
  driver.answer('a', { ran: 0 })
  driver.submit('y', 1)
  expect(commandsOf(driver.wake(5_000), 'kill-worker')).toEqual([])
})

test('a shard behind that of another batch: the grace begins when it is its turn, and the neighbour is not killed for it', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('long', 2, { chunkSize: 1 })
  driver.answer('a', { runMs: 1 })
  driver.submit('x', 1, { chunkSize: 1 })
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['long', 'x'])
  driver.cancel('x')
  expect(commandsOf(driver.wake(10_000), 'kill-worker')).toEqual([])
  driver.answer('a')
  expect(commandsOf(driver.wake(999), 'kill-worker')).toEqual([])
  expect(commandsOf(driver.wake(1), 'kill-worker')).toHaveLength(1)
})

test('a worker killed for a cancelled batch blames nobody: its other shards run again as they were', () => {
  const driver = new SchedulerDriver({ crashLimit: 1 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 1, { chunkSize: 1 })
  driver.submit('y', 9, { chunkSize: 3 })
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['x', 'y'])
  driver.cancel('x')
  driver.wake(1_000)
  driver.lost('a')
  driver.online('b')
  const [again] = driver.held('b')
  expect(again).toMatchObject({ batch: 'y', from: 0, count: 3, attempt: 1 })
  // Not a suspect: something may stand behind it.
  expect(driver.held('b')).toHaveLength(2)
})

test('a killed worker that still answers blames nobody either', () => {
  const driver = new SchedulerDriver({ crashLimit: 1 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 1, { chunkSize: 1 })
  driver.submit('y', 1, { chunkSize: 1 })
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['x', 'y'])
  driver.cancel('x')
  driver.wake(1_000)
  driver.answer('a')
  expect(commandsOf(driver.lost('a'), 'settle-failed')).toEqual([])
  driver.online('b')
  expect(driver.held('b')).toMatchObject([{ batch: 'y', attempt: 1 }])
})

test('nothing is put behind a shard that its worker was asked to leave', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 1)
  driver.cancel('x')
  driver.submit('y', 50, { chunkSize: 1 })
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['x'])
  driver.answer('a', { ran: 0 })
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['y', 'y'])
})

test('a killed worker may still answer, and gets nothing more', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1 })
  driver.online('a')
  driver.submit('x', 1)
  driver.cancel('x')
  driver.wake(1_000)
  expect(commandsOf(driver.answer('a'), 'batch-settled')[0]).toMatchObject({ completed: 1 })
  driver.submit('y', 1)
  expect(driver.held('a')).toEqual([])
  expect(schedulerStatistics(driver.state).workers).toMatchObject({ idle: 0, stopping: 1 })
  driver.lost('a')
  expect(schedulerStatistics(driver.state).workers).toMatchObject({ starting: 1, stopping: 0 })
})

test('items that wait for their back-off are cancelled too', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a')
  driver.submit('x', 4, { chunkSize: 4, retries: 1, backoffMs: 1_000 })
  driver.answer('a', { failures: [failureAt(0), failureAt(2)] })
  expect(commandsOf(driver.cancel('x'), 'batch-settled')[0]).toMatchObject({ completed: 2, cancelled: 2 })
  expect(commandsOf(driver.wake(1_000), 'assign')).toEqual([])
})

test('ended waits of cancelled batches do not pile up', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a')
  for (let i = 0; i < 500; i++) {
    driver.submit(`x${i}`, 1, { retries: 1, backoffMs: 1_000_000 })
    driver.answer('a', { failures: [failureAt(0)] })
    driver.cancel(`x${i}`)
  }
  expect(driver.state.delays.stored).toBeLessThan(150)
})

test('cancelled twice, or after it settled: harmless', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  driver.submit('x', 3)
  driver.cancel('x')
  expect(driver.cancel('x')).toEqual([])
  for (const shard of driver.held('a')) driver.answerFor(shard)
  expect(driver.cancel('x')).toEqual([])
})

test('items that still come for a cancelled batch are cancelled, and released', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.open('x', { chunkSize: 1 })
  driver.items('x', 1)
  driver.cancel('x')
  expect(driver.items('x', 7)).toEqual([{ kind: 'release-block', batch: 'x', block: 1 }])
  expect(driver.end('x')).toEqual([])
  expect(commandsOf(driver.answer('a', { ran: 0 }), 'batch-settled')[0]).toMatchObject({ cancelled: 8 })
  expect(driver.items('x', 7)).toEqual([])
  expect(driver.end('x')).toEqual([])
})

test('a cancelled batch settles though its input has not ended', () => {
  const driver = new SchedulerDriver()
  driver.open('x')
  expect(commandsOf(driver.cancel('x'), 'batch-settled')[0]).toMatchObject({ outcome: 'cancelled', cancelled: 0 })
})

test('a paused batch can be cancelled', () => {
  const driver = new SchedulerDriver()
  driver.open('x')
  driver.pause('x', true)
  driver.items('x', 2)
  expect(commandsOf(driver.cancel('x'), 'batch-settled')[0]).toMatchObject({ cancelled: 2 })
})

test('a cancelled batch that its worker takes down with it has its items cancelled', () => {
  const driver = new SchedulerDriver({ crashLimit: 1 })
  driver.online('a')
  driver.submit('x', 1)
  driver.cancel('x')
  const commands = driver.lost('a')
  expect(commandsOf(commands, 'settle-failed')).toEqual([])
  expect(commandsOf(commands, 'batch-settled')[0]).toMatchObject({ outcome: 'cancelled', cancelled: 1 })
})
