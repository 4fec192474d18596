import { expect, test } from 'vitest'
import { InvariantError } from '../base/assert.ts'
import { commandsOf, failureAt, SchedulerDriver } from '../testing/scheduler-driver.ts'
import type { BatchId, ShardId, WorkerId } from './index.ts'
import { isShardHeld, schedulerStatistics } from './index.ts'

test('one task: assigned when its item comes, released and settled when it is answered', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  expect(driver.open('x')).toEqual([])
  expect(driver.items('x', 1)).toEqual([
    {
      kind: 'assign',
      worker: 'a',
      shard: 1,
      batch: 'x',
      pool: 'pool',
      block: 0,
      offset: 0,
      count: 1,
      from: 0,
      attempt: 1,
      yieldAfterMs: 100,
    },
  ])
  expect(driver.end('x')).toEqual([])
  expect(commandsOf(driver.answer('a', { runMs: 3 }), 'release-block')).toEqual([{ kind: 'release-block', batch: 'x', block: 0 }])
  expect(commandsOf(driver.log, 'batch-settled')[0]).toEqual({
    kind: 'batch-settled',
    batch: 'x',
    outcome: 'completed',
    completed: 1,
    failed: 0,
    cancelled: 0,
    runMs: 3,
    workers: 1,
  })
})

test('a batch whose end comes after its answers settles then', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  driver.open('x')
  driver.items('x', 1)
  expect(commandsOf(driver.answer('a'), 'batch-settled')).toEqual([])
  expect(driver.end('x')).toMatchObject([{ kind: 'batch-settled', completed: 1 }])
})

test('a batch without items settles at once, and has completed', () => {
  const driver = new SchedulerDriver()
  driver.open('x')
  expect(driver.end('x')).toEqual([
    { kind: 'batch-settled', batch: 'x', outcome: 'completed', completed: 0, failed: 0, cancelled: 0, runMs: 0, workers: 0 },
  ])
})

test('a block is released once, when the last of its items has settled', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a', 'b')
  driver.open('x', { chunkSize: 2, retries: 1 })
  driver.items('x', 4)
  driver.items('x', 2)
  driver.end('x')
  expect(commandsOf(driver.answer('b', { failures: [failureAt(0)] }), 'release-block')).toEqual([])
  expect(commandsOf(driver.answer('a'), 'release-block')).toEqual([])
  expect(driver.held('b')[0]).toMatchObject({ block: 0, attempt: 2 })
  expect(commandsOf(driver.answer('b'), 'release-block')).toMatchObject([{ block: 0 }])
  expect(commandsOf(driver.answer('a'), 'release-block')).toMatchObject([{ block: 1 }])
  expect(commandsOf(driver.log, 'batch-settled')).toHaveLength(1)
})

test('runMs is the sum, and workers counts different ones that ran something', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.pool('pool', 3)
  driver.online('a', 'b', 'c')
  driver.submit('x', 5, { chunkSize: 1 })
  driver.answer('a', { runMs: 1 })
  driver.answer('a', { runMs: 2 })
  driver.answer('b', { runMs: 4 })
  driver.answer('a', { runMs: 8 })
  driver.lost('c')
  driver.wake(100)
  for (const worker of ['a', 'b']) if (driver.held(worker).length > 0) driver.answer(worker, { runMs: 16 })
  expect(commandsOf(driver.log, 'batch-settled')[0]).toMatchObject({ runMs: 31, workers: 2 })
})

test('items that nobody wants any more are cancelled, say nothing of the cost, and the rest of their shard runs', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a')
  driver.submit('x', 4, { chunkSize: 4 })
  driver.answer('a', { ran: 1, runMs: 8 })
  const before = driver.state.batches.get('x' as BatchId)?.cost.ms
  driver.answer('a', { ran: 2, skipped: true })
  expect(driver.state.batches.get('x' as BatchId)?.cost.ms).toBe(before)
  expect(driver.held('a')).toMatchObject([{ from: 3, count: 1 }])
  driver.answer('a', { runMs: 8 })
  expect(commandsOf(driver.log, 'batch-settled')).toMatchObject([{ outcome: 'completed', completed: 2, failed: 0, cancelled: 2 }])
  expect(commandsOf(driver.log, 'release-block')).toHaveLength(1)
})

test('late and doubled answers change nothing', () => {
  const driver = new SchedulerDriver()
  driver.online('a', 'b')
  driver.submit('x', 2, { chunkSize: 1 })
  const [ofA] = driver.held('a')
  const [ofB] = driver.held('b')
  expect(isShardHeld(driver.state, 'a' as WorkerId, ofA!.shard)).toBe(true)
  expect(isShardHeld(driver.state, 'a' as WorkerId, ofB!.shard)).toBe(false)
  driver.answerFor(ofA!)
  expect(isShardHeld(driver.state, 'a' as WorkerId, ofA!.shard)).toBe(false)
  const before = schedulerStatistics(driver.state)
  driver.answerFor(ofA!, { failures: [failureAt(0)] })
  driver.give({ kind: 'shard-ran', worker: 'a' as WorkerId, shard: ofB!.shard, ran: 1, failures: [], runMs: 1 })
  driver.give({ kind: 'shard-ran', worker: 'nobody' as WorkerId, shard: 77 as ShardId, ran: 5, failures: [], runMs: 1 })
  expect(schedulerStatistics(driver.state)).toEqual(before)
  driver.lost('b')
  driver.answerFor(ofB!)
  expect(commandsOf(driver.log, 'batch-settled')).toEqual([])
})

test('events for batches that are unknown or have settled are harmless', () => {
  const driver = new SchedulerDriver()
  driver.submit('x', 1)
  driver.cancel('x')
  for (const id of ['x', 'never']) {
    expect(driver.items(id, 3)).toEqual([])
    expect(driver.end(id)).toEqual([])
    expect(driver.cancel(id)).toEqual([])
    expect(driver.pause(id, true)).toEqual([])
  }
})

test('a batch number may be used again once its batch has settled', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  for (let i = 0; i < 2; i++) {
    driver.submit('x', 1)
    driver.answer('a')
  }
  expect(commandsOf(driver.log, 'batch-settled')).toHaveLength(2)
})

test('an impossible answer is refused in clear words, and nothing of it is taken in', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('x', 5, { chunkSize: 5 })
  const [shard] = driver.held('a')
  const wrong = [
    [{ ran: 6 }, /worker a answered that 6 of 5 items of shard 1 ran/],
    [{ ran: -1 }, /-1 of 5 items/],
    [{ ran: 1.5 }, /1\.5 of 5 items/],
    [{ runMs: -1 }, /shard 1 ran for -1 ms/],
    [{ runMs: Number.NaN }, /ran for NaN ms/],
    [{ runMs: Number.POSITIVE_INFINITY }, /ran for Infinity ms/],
    [{ ran: 2, failures: [failureAt(2)] }, /item 2 of shard 1 failed; 2 items ran/],
    [{ failures: [failureAt(-1)] }, /item -1 of shard 1 failed/],
    [{ failures: [failureAt(1), failureAt(1)] }, /ascending order/],
    [{ failures: [failureAt(3), failureAt(1)] }, /ascending order/],
  ] as const
  for (const [answer, message] of wrong) {
    expect(() => driver.answerFor(shard!, answer)).toThrow(InvariantError)
    expect(() => driver.answerFor(shard!, answer)).toThrow(message)
  }
  expect(commandsOf(driver.answerFor(shard!), 'batch-settled')[0]).toMatchObject({ completed: 5 })
})

test.each([
  ['an unknown pool', (driver: SchedulerDriver) => driver.open('y', { pool: 'none' }), /batch y is for pool none, which is not set/],
  ['a batch number that is in use', (driver: SchedulerDriver) => driver.open('x'), /batch x is open already/],
  [
    'a priority out of range',
    (driver: SchedulerDriver) => driver.open('y', { priority: 11 }),
    /priority of batch y must be a whole number from -10 to 10, not 11/,
  ],
  ['a chunkSize of 0', (driver: SchedulerDriver) => driver.open('y', { chunkSize: 0 }), /chunkSize of batch y/],
  ['a negative total', (driver: SchedulerDriver) => driver.open('y', { total: -1 }), /total of batch y/],
  ['negative retries', (driver: SchedulerDriver) => driver.open('y', { retries: -1 }), /retries of batch y/],
  ['a backoffMs that is no number', (driver: SchedulerDriver) => driver.open('y', { backoffMs: Number.NaN }), /backoffMs of batch y/],
  ['an empty block', (driver: SchedulerDriver) => driver.items('x', 0), /item count of batch x/],
  ['negative bytes', (driver: SchedulerDriver) => driver.items('x', 1, -1), /bytes of a block of batch x/],
  ['a pool of size 0', (driver: SchedulerDriver) => driver.pool('p', 0), /size of pool p must be a whole number of at least 1, not 0/],
  ['a pool of size 1.5', (driver: SchedulerDriver) => driver.pool('p', 1.5), /not 1\.5/],
] as const)('%s is a fault of the host, and changes nothing', (_, run, message) => {
  const driver = new SchedulerDriver()
  driver.open('x')
  const before = schedulerStatistics(driver.state)
  expect(() => run(driver)).toThrow(message)
  expect(() => run(driver)).toThrow(InvariantError)
  expect(schedulerStatistics(driver.state)).toEqual(before)
})

test('items after the end, and a second end, are faults of the host', () => {
  const driver = new SchedulerDriver()
  driver.submit('x', 1)
  expect(() => driver.items('x', 1)).toThrow(/items for batch x, whose input has ended/)
  expect(() => driver.end('x')).toThrow(/no move end from closing/)
})

test('drain: new batches are refused, open ones run to their end, and drained comes once', () => {
  const driver = new SchedulerDriver({ baseWorkers: 1 })
  driver.online('a')
  driver.open('x')
  driver.items('x', 1)
  expect(driver.drain()).toEqual([])
  expect(() => driver.open('y')).toThrow(expect.objectContaining({ code: 'DRAINING', retryable: true }))
  driver.items('x', 1)
  driver.answer('a')
  driver.end('x')
  expect(commandsOf(driver.answer('a'), 'drained')).toEqual([{ kind: 'drained' }])
  expect(driver.drain()).toEqual([])
  expect(schedulerStatistics(driver.state).draining).toBe(true)
})

test('drain: workers that are lost meanwhile are replaced for the work, not for the base; afterwards not at all', () => {
  const driver = new SchedulerDriver({ baseWorkers: 3 })
  driver.online('a', 'b', 'c')
  driver.submit('x', 2, { chunkSize: 1 })
  driver.drain()
  expect(commandsOf([...driver.lost('c'), ...driver.lost('b'), ...driver.lost('a')], 'start-workers')).toEqual([])
  expect(commandsOf(driver.wake(100), 'start-workers')).toEqual([{ kind: 'start-workers', count: 2 }])
  driver.online('d', 'e')
  for (const worker of ['d', 'e']) driver.answer(worker)
  expect(commandsOf(driver.log, 'drained')).toHaveLength(1)
  expect([...driver.lost('d'), ...driver.lost('e'), ...driver.wake(100_000)]).toEqual([])
})

test('drain of an idle scheduler is over at once, and takes the timer back', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  expect(commandsOf(driver.log, 'wake-at')).toHaveLength(1)
  expect(driver.drain()).toEqual([{ kind: 'drained' }, { kind: 'wake-at', at: undefined }])
  expect(driver.wake(100_000)).toEqual([])
})

test('a timer is set again only where the old one would come too late', () => {
  const driver = new SchedulerDriver({ idleRetireMs: 1_000 })
  driver.online('a')
  for (let i = 0; i < 50; i++) {
    driver.pass(10)
    driver.submit(`x${i}`, 1)
    driver.answer('a')
  }
  expect(commandsOf(driver.log, 'wake-at').map(({ at }) => at)).toEqual([1_000])
  expect(commandsOf(driver.wake(500), 'wake-at').map(({ at }) => at)).toEqual([1_500])
})

test('woken before its time asks for the timer again: a timer that fires early loses nothing', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a')
  driver.submit('x', 1, { retries: 1, backoffMs: 100 })
  driver.answer('a', { failures: [failureAt(0)] })
  expect(driver.wake(99.5)).toEqual([{ kind: 'wake-at', at: 100 }])
  expect(commandsOf(driver.wake(0.5), 'assign')).toHaveLength(1)
})

test('what is due happens with any event, if the timer is late', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a')
  driver.submit('x', 1, { retries: 1, backoffMs: 100 })
  driver.answer('a', { failures: [failureAt(0)] })
  driver.pass(150)
  expect(commandsOf(driver.open('y'), 'assign')).toMatchObject([{ batch: 'x', attempt: 2 }])
})

test('a step without anything to do gives an empty list that nobody can write to', () => {
  const driver = new SchedulerDriver()
  const nothing = driver.give({ kind: 'batch-ended', batch: 'unknown' as BatchId })
  expect(nothing).toEqual([])
  expect(Object.isFrozen(nothing)).toBe(true)
})
