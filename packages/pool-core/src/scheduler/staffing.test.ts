import { expect, test } from 'vitest'
import { commandsOf, SchedulerDriver } from '../testing/scheduler-driver.ts'
import type { SchedulerCommand } from './index.ts'
import { schedulerStatistics } from './index.ts'

function started(commands: readonly SchedulerCommand[]): number {
  return commandsOf(commands, 'start-workers').reduce((sum, { count }) => sum + count, 0)
}

function startingOf(driver: SchedulerDriver): number {
  return schedulerStatistics(driver.state).workers.starting
}

test('the first step asks for the base workers, once', () => {
  const driver = new SchedulerDriver({ baseWorkers: 3 })
  expect(started(driver.log)).toBe(3)
  expect(driver.wake(0)).toEqual([])
  driver.online('a', 'b', 'c')
  expect(started(driver.log)).toBe(3)
})

test.each([
  [8, 100, 8],
  [8, 8, 8],
  [8, 5, 5],
  [3, 100, 3],
  [64, 1_000, 16],
])('a pool of size %d with %d items gets %d workers', (size, items, workers) => {
  const driver = new SchedulerDriver({ maxWorkers: 16 })
  driver.pool('big', size)
  expect(started(driver.submit('x', items, { pool: 'big' }))).toBe(workers)
})

test('cheap items of a known function still spread over the whole pool', () => {
  const driver = new SchedulerDriver({ maxWorkers: 16, baseWorkers: 1 })
  driver.pool('big', 8)
  driver.online('a')
  driver.learn('t', 0.0001)
  driver.submit('x', 100, { pool: 'big' })
  expect(startingOf(driver)).toBe(7)
  driver.online(...Array.from({ length: 7 }, (_, i) => `w${i}`))
  expect(schedulerStatistics(driver.state).workers).toMatchObject({ busy: 8, idle: 0 })
})

test('those that start already count, and idle ones do', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 4)
  driver.online('a')
  expect(started(driver.submit('x', 2, { chunkSize: 1 }))).toBe(1)
  expect(started(driver.submit('y', 1))).toBe(1)
  expect(started(driver.submit('z', 5, { chunkSize: 1 }))).toBe(1)
  expect(started(driver.submit('zz', 5, { chunkSize: 1 }))).toBe(0)
})

test('one long batch of unknown length asks for workers as its items come', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 4)
  driver.open('x')
  expect(started(driver.items('x', 1))).toBe(1)
  expect(started(driver.items('x', 1))).toBe(1)
  expect(started(driver.items('x', 100))).toBe(2)
})

test('what a worker yielded counts as work for others', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 4)
  driver.online('a')
  driver.submit('x', 1_000, { chunkSize: undefined, total: 1_000 })
  const before = startingOf(driver)
  driver.lost('never-came')
  driver.lost('nor-did-this')
  driver.lost('nor-that')
  expect(before).toBe(3)
  driver.answer('a', { ran: 1, runMs: 100 })
  driver.wake(1_000)
  expect(startingOf(driver)).toBe(3)
})

test('surplus workers that were idle for long are stopped, the longest idle first, down to the base', () => {
  const driver = new SchedulerDriver({ baseWorkers: 1, idleRetireMs: 1_000 })
  driver.pool('pool', 3)
  driver.submit('x', 3, { chunkSize: 1 })
  driver.online('a', 'b', 'c')
  for (const worker of ['b', 'a', 'c']) {
    driver.pass(100)
    driver.answer(worker)
  }
  expect(commandsOf(driver.log, 'wake-at').map(({ at }) => at)).toEqual([1_100])
  expect(commandsOf(driver.wake(800), 'stop-worker').map(({ worker }) => worker)).toEqual(['b'])
  expect(commandsOf(driver.wake(100), 'stop-worker').map(({ worker }) => worker)).toEqual(['a'])
  expect(driver.wake(10_000)).toEqual([])
  driver.lost('b')
  driver.lost('a')
  expect(schedulerStatistics(driver.state).workers).toEqual({ starting: 0, idle: 1, busy: 0, stopping: 0 })
})

test('a worker that is told to stop gets nothing more, and counts until it is gone', () => {
  const driver = new SchedulerDriver({ baseWorkers: 0, idleRetireMs: 10, maxWorkers: 1 })
  driver.online('a')
  expect(commandsOf(driver.wake(10), 'stop-worker')).toHaveLength(1)
  expect(driver.submit('x', 1)).toEqual([])
  expect(started(driver.lost('a'))).toBe(1)
})

test('work that comes in time keeps the surplus', () => {
  const driver = new SchedulerDriver({ idleRetireMs: 1_000 })
  driver.online('a')
  driver.pass(999)
  driver.submit('x', 1)
  driver.answer('a')
  expect(commandsOf(driver.wake(500), 'stop-worker')).toEqual([])
  expect(commandsOf(driver.wake(500), 'stop-worker')).toHaveLength(1)
})

test('lost workers are replaced: the base when idle, what work needs when busy', () => {
  const driver = new SchedulerDriver({ baseWorkers: 2 })
  driver.online('a', 'b')
  driver.submit('x', 1)
  driver.answer('b')
  expect(started(driver.lost('a'))).toBe(0)
  driver.wake(100)
  expect(startingOf(driver)).toBe(1)
  driver.submit('y', 1)
  expect(driver.held('b')).toHaveLength(1)
  expect(started(driver.lost('b'))).toBe(1)
})

test('a start that failed is tried again, after a wait that doubles', () => {
  const driver = new SchedulerDriver({ baseWorkers: 1, restartBackoffMs: 100, restartBackoffMaxMs: 500 })
  const waits: number[] = []
  for (let i = 0; i < 5; i++) {
    const [wake] = commandsOf(driver.lost(`w${i}`), 'wake-at')
    const waitMs = (wake?.at ?? 0) - driver.now
    waits.push(waitMs)
    expect(startingOf(driver)).toBe(0)
    expect(started(driver.wake(waitMs - 1))).toBe(0)
    expect(started(driver.wake(1))).toBe(1)
  }
  expect(waits).toEqual([100, 200, 400, 500, 500])
})

test('of several starts that fail together one counts', () => {
  const driver = new SchedulerDriver({ baseWorkers: 4 })
  for (const worker of ['a', 'b', 'c', 'd']) driver.lost(worker)
  expect(started(driver.wake(100))).toBe(4)
  driver.lost('e')
  expect(started(driver.wake(199))).toBe(0)
  expect(started(driver.wake(1))).toBe(1)
})

test('a worker that answered ends the row of failed starts', () => {
  const driver = new SchedulerDriver({ baseWorkers: 1 })
  driver.lost('a')
  driver.wake(100)
  driver.lost('b')
  driver.wake(200)
  driver.online('c')
  driver.submit('x', 1)
  driver.answer('c')
  driver.lost('c')
  driver.lost('d')
  expect(started(driver.wake(100))).toBe(1)
})

test('a worker that came online and ended at once, without any work, is a failed start', () => {
  const driver = new SchedulerDriver({ baseWorkers: 1 })
  driver.online('a')
  expect(started(driver.lost('a'))).toBe(0)
  expect(started(driver.wake(100))).toBe(1)
})

test('failed starts of long ago are forgotten', () => {
  const driver = new SchedulerDriver({ baseWorkers: 1 })
  for (let i = 0; i < 6; i++) {
    driver.lost(`w${i}`)
    driver.wake(10_000)
  }
  driver.wake(100_000)
  driver.lost('late')
  expect(started(driver.wake(100))).toBe(1)
})

test('news about a worker comes twice or too late: harmless', () => {
  const driver = new SchedulerDriver({ baseWorkers: 2 })
  driver.online('a')
  expect(driver.online('a')).toEqual([])
  expect(startingOf(driver)).toBe(1)
  driver.lost('a')
  const starting = startingOf(driver)
  driver.lost('a')
  driver.online('a')
  expect(startingOf(driver)).toBe(starting)
  expect(schedulerStatistics(driver.state).workers.idle).toBe(0)
})

test('more than maxWorkers are never asked for, whatever is queued', () => {
  const driver = new SchedulerDriver({ baseWorkers: 1, maxWorkers: 3 })
  for (const pool of ['p', 'q', 'r']) {
    driver.pool(pool, 5)
    driver.submit(`in ${pool}`, 100, { pool, chunkSize: 1 })
  }
  expect(started(driver.log)).toBe(3)
  driver.online('a', 'b', 'c')
  expect(started(driver.log)).toBe(3)
})

test('when workers cannot be started, open batches fail and say how the last one ended', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1 })
  driver.submit('x', 3)
  driver.open('y')
  driver.lost('a', 11)
  driver.wake(100)
  expect(commandsOf(driver.lost('b', 12), 'batch-settled')).toEqual([])
  driver.wake(200)
  const commands = driver.lost('c', 13)
  expect(commandsOf(commands, 'batch-settled')).toMatchObject([
    { batch: 'x', outcome: 'failed', reason: 'no-workers', exit: { exitCode: 13 }, cancelled: 3 },
    { batch: 'y', outcome: 'failed', reason: 'no-workers', exit: { exitCode: 13 }, cancelled: 0 },
  ])
  // What comes later waits for one start.
  driver.submit('z', 1)
  expect(commandsOf(driver.wake(400), 'start-workers')).toHaveLength(1)
  expect(commandsOf(driver.lost('d', 14), 'batch-settled')[0]).toMatchObject({ batch: 'z', reason: 'no-workers', exit: { exitCode: 14 } })
  driver.submit('again', 1)
  driver.wake(800)
  driver.online('e')
  expect(commandsOf(driver.answer('e'), 'batch-settled')[0]).toMatchObject({ batch: 'again', outcome: 'completed' })
})

test('while a worker is left that can run it, nothing fails for those that cannot be started', () => {
  const driver = new SchedulerDriver({ maxWorkers: 2 })
  driver.online('a')
  driver.submit('x', 2, { chunkSize: 1 })
  for (const [i, worker] of ['b', 'c', 'd', 'e'].entries()) {
    driver.lost(worker)
    driver.wake(100 * 2 ** i)
  }
  driver.answer('a')
  expect(commandsOf(driver.answer('a'), 'batch-settled')[0]).toMatchObject({ outcome: 'completed' })
})

test('a spent worker gets nothing more, ends when it holds nothing, and another takes over', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 20)
  driver.submit('x', 10, { chunkSize: 1 })
  expect(driver.held('a')).toHaveLength(2)
  const commands = driver.answer('a', { runMs: 20, spent: true })
  expect(commandsOf(commands, 'assign')).toEqual([])
  expect(commandsOf(commands, 'stop-worker')).toEqual([])
  expect(commandsOf(driver.answer('a', { runMs: 20 }), 'stop-worker')).toHaveLength(1)
  expect(commandsOf(driver.lost('a'), 'start-workers')).toHaveLength(1)
})
