import { expect, test } from 'vitest'
import { failureAt, SchedulerDriver } from '../testing/scheduler-driver.ts'
import { batchStatistics, schedulerStatistics, workerStatistics } from './index.ts'
import type { BatchId, WorkerId } from './index.ts'

const X = 'x' as BatchId

test('pools count items by where they are, settled batches included', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a')
  driver.submit('x', 3, { chunkSize: 1, retries: 0 })
  driver.submit('y', 4, { chunkSize: 2 })
  driver.answer('a', { failures: [failureAt(0)] })
  driver.answer('a')
  driver.cancel('x')
  const [pool] = schedulerStatistics(driver.state).pools
  expect(pool).toEqual({
    pool: 'pool',
    size: 2,
    busyWorkers: 1,
    openBatches: 1,
    queued: 2,
    running: 2,
    completed: 1,
    failed: 1,
    cancelled: 1,
  })
  driver.answer('a', { ran: 1 })
  expect(schedulerStatistics(driver.state).pools[0]).toMatchObject({ queued: 2, running: 1, completed: 2 })
})

test('workers are starting, idle, busy or stopping', () => {
  const driver = new SchedulerDriver({ baseWorkers: 2, idleRetireMs: 100 })
  driver.online('a', 'b', 'c', 'd')
  driver.submit('x', 1)
  driver.wake(100)
  expect(schedulerStatistics(driver.state).workers).toEqual({ starting: 0, idle: 1, busy: 1, stopping: 2 })
})

test('a batch counts its items, its workers and its time', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a', 'b')
  driver.submit('x', 10, { chunkSize: 2 })
  expect(batchStatistics(driver.state, X)).toMatchObject({ added: 10, queued: 6, running: 4, busyWorkers: 2, workers: 0 })
  expect(batchStatistics(driver.state, X)?.remainingRunMs).toBeUndefined()
  driver.answer('a', { failures: [failureAt(1)], runMs: 20 })
  expect(batchStatistics(driver.state, X)).toEqual({
    batch: 'x',
    state: 'open',
    added: 10,
    queued: 4,
    running: 4,
    completed: 1,
    failed: 1,
    cancelled: 0,
    busyWorkers: 2,
    workers: 1,
    runMs: 20,
    remainingRunMs: 80,
  })
  driver.cancel('x')
  expect(batchStatistics(driver.state, X)).toMatchObject({ state: 'cancelling', queued: 0, cancelled: 4 })
  expect(batchStatistics(driver.state, 'none' as BatchId)).toBeUndefined()
})

test('a worker that holds two shards of a batch counts once', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 10, { chunkSize: 2 })
  expect(driver.held('a')).toHaveLength(2)
  expect(batchStatistics(driver.state, X)).toMatchObject({ busyWorkers: 1, running: 4 })
})

test('a worker shows what it runs', () => {
  const driver = new SchedulerDriver({ cancelGraceMs: 10 })
  driver.online('a')
  expect(workerStatistics(driver.state, 'a' as WorkerId)).toEqual({
    worker: 'a',
    state: 'idle',
    pool: undefined,
    task: undefined,
    shardsHeld: 0,
  })
  driver.submit('x', 1, { task: 'square' })
  expect(workerStatistics(driver.state, 'a' as WorkerId)).toMatchObject({ state: 'busy', pool: 'pool', task: 'square', shardsHeld: 1 })
  driver.cancel('x')
  driver.wake(10)
  expect(workerStatistics(driver.state, 'a' as WorkerId)).toMatchObject({ state: 'stopping' })
  expect(workerStatistics(driver.state, 'b' as WorkerId)).toBeUndefined()
})

test('the pictures are frozen', () => {
  const driver = new SchedulerDriver()
  driver.submit('x', 1)
  const { pools, workers } = schedulerStatistics(driver.state)
  for (const picture of [pools, pools[0], workers, batchStatistics(driver.state, X)]) expect(Object.isFrozen(picture)).toBe(true)
})
