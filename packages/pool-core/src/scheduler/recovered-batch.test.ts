import { expect, test } from 'vitest'
import { commandsOf, failureAt, SchedulerDriver } from '../testing/scheduler-driver.ts'
import type { BatchId, PoolName, SessionId } from './index.ts'
import type { BatchOpened } from './events.ts'

const OPENED: BatchOpened = {
  kind: 'batch-opened',
  batch: 'x' as BatchId,
  session: 's' as SessionId,
  pool: 'pool' as PoolName,
  task: 't',
  priority: 0,
  chunkSize: undefined,
  total: undefined,
  retries: 2,
  backoffMs: 0,
  failFast: false,
}

test('only what has no result runs again, under its own index, and the end counts all', () => {
  const driver = new SchedulerDriver()
  driver.online('a', 'b')
  // Of ten tasks 0 to 3 and 6 to 8 have a result, one of them a failure.
  driver.give({ ...OPENED, earlier: { completed: 6, failed: 1 } })
  const items = { kind: 'items-added', batch: OPENED.batch, bytes: 16 } as const
  const assigned = [...driver.give({ ...items, count: 2, from: 4 }), ...driver.give({ ...items, count: 1, from: 9 })]
  expect(commandsOf(assigned, 'assign').map(({ from, count }) => [from, count])).toEqual([
    [4, 1],
    [5, 1],
  ])
  driver.end('x')
  driver.answer('a')
  driver.answer('b')
  driver.answer('a')
  expect(commandsOf(driver.log, 'assign').map(({ from }) => from)).toEqual([4, 5, 9])
  expect(commandsOf(driver.log, 'batch-settled')).toMatchObject([{ outcome: 'failed', completed: 9, failed: 1, cancelled: 0 }])
})

test('a batch that had all its results settles at once', () => {
  const driver = new SchedulerDriver()
  expect(driver.give({ ...OPENED, earlier: { completed: 3, failed: 0 }, ended: true })).toMatchObject([
    { kind: 'batch-settled', outcome: 'completed', completed: 3 },
  ])
})

test('an item that ran before goes on with the next run, and its failure tells of all runs', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  driver.give(OPENED)
  const [assign] = driver.give({ kind: 'items-added', batch: OPENED.batch, count: 1, bytes: 8, from: 0, errors: ['first'] })
  expect(assign).toMatchObject({ kind: 'assign', attempt: 2 })
  expect(commandsOf(driver.answer('a', { failures: [failureAt(0)] }), 'settle-failed')).toEqual([])
  expect(commandsOf(driver.log, 'assign').at(-1)).toMatchObject({ attempt: 3 })
  const [failed] = commandsOf(driver.answer('a', { failures: [failureAt(0)] }), 'settle-failed')
  expect(failed).toMatchObject({ attempts: 3, cause: { kind: 'task' } })
})
