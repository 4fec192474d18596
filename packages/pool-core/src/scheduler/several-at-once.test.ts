import { expect, test } from 'vitest'
import { commandsOf, SchedulerDriver } from '../testing/scheduler-driver.ts'
import type { BatchId, PoolName, SchedulerCommand, SessionId, ShardId, WorkerId } from './index.ts'

/** `worker batch[from+count]` of each assign. */
function assigns(commands: readonly SchedulerCommand[]): string[] {
  return commandsOf(commands, 'assign').map(({ batch, count, from, worker }) => `${worker} ${batch}[${from}+${count}]`)
}

function waits(driver: SchedulerDriver, worker: string, at: number, value = true): readonly SchedulerCommand[] {
  return driver.give({ kind: 'shard-waits', worker: worker as WorkerId, shard: shardOf(driver, worker, at), waits: value })
}

function shardOf(driver: SchedulerDriver, worker: string, at: number): ShardId {
  return driver.held(worker)[at]?.shard as ShardId
}

function answerAt(driver: SchedulerDriver, worker: string, at: number): readonly SchedulerCommand[] {
  const shard = driver.held(worker)[at]
  if (shard === undefined) throw new Error(`${worker} holds no shard ${at}`)
  return driver.answerFor(shard)
}

/** One item whose parent is the worker's `at`-th shard, which waits for it. */
function callFrom(driver: SchedulerDriver, worker: string, at: number, id: string, count = 1): readonly SchedulerCommand[] {
  const parent = { worker: worker as WorkerId, shard: shardOf(driver, worker, at) }
  waits(driver, worker, at)
  driver.give({
    kind: 'batch-opened',
    batch: id as BatchId,
    session: 's' as SessionId,
    pool: 'pool' as PoolName,
    task: 't',
    priority: 0,
    chunkSize: undefined,
    total: count,
    retries: 0,
    backoffMs: 0,
    failFast: false,
    parent,
  })
  const added = driver.items(id, count)
  return [...added, ...driver.end(id)]
}

test('a worker holds as many tasks as it may run at once, of one batch and of several', () => {
  const driver = new SchedulerDriver({ concurrency: 8 })
  driver.online('a', 'b')
  const commands = driver.submit('x', 13, { chunkSize: 3 })
  expect(assigns(commands)).toEqual(['b x[0+3]', 'a x[3+3]', 'b x[6+3]', 'a x[9+3]', 'b x[12+1]'])
  expect(assigns(driver.submit('y', 1))).toEqual(['a y[0+1]'])
  expect(assigns(driver.submit('z', 4, { chunkSize: 4 }))).toEqual(['b z[0+1]', 'a z[1+1]'])
  expect(assigns(driver.answer('a'))).toEqual(['a z[2+2]'])
})

test('an item that takes long is handed out a few at a time, a cheap one is not', () => {
  const slow = new SchedulerDriver({ concurrency: 8, maxWorkers: 1 })
  slow.pool('pool', 1)
  slow.online('a')
  slow.learn('t', 1)
  expect(assigns(slow.submit('x', 100)).map((text) => text.slice(-2, -1))).toEqual(['2', '2', '2', '2'])
  const cheap = new SchedulerDriver({ concurrency: 8, maxWorkers: 1 })
  cheap.pool('pool', 1)
  cheap.online('a')
  cheap.learn('t', 0.001)
  expect(assigns(cheap.submit('x', 1_000))[0]).toBe('a x[0+1000]')
})

test('of a lost worker that ran several all are suspects: each runs alone, and only then is charged', () => {
  const driver = new SchedulerDriver({ concurrency: 4, crashLimit: 1, maxWorkers: 1 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('x', 3, { chunkSize: 1 })
  expect(driver.held('a')).toHaveLength(3)
  driver.lost('a')
  expect(assigns(driver.online('b'))).toEqual(['b x[0+1]'])
  expect(assigns(driver.answer('b'))).toEqual(['b x[1+1]'])
  const lost = driver.lost('b')
  expect(commandsOf(lost, 'settle-failed')).toMatchObject([{ index: 1, cause: { kind: 'worker-lost' } }])
  expect(assigns(driver.online('c'))).toEqual(['c x[2+1]'])
  expect(commandsOf(driver.answer('c'), 'batch-settled')).toMatchObject([{ completed: 2, failed: 1 }])
})

test('a worker whose shard waits is given what it waits for, before other work, and other work too', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('parent', 1)
  driver.submit('other', 1)
  driver.submit('last', 1)
  expect(driver.held('a')).toHaveLength(1)
  // Nothing else was there when the shard began to wait.
  expect(assigns(callFrom(driver, 'a', 0, 'child'))).toEqual([])
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['parent', 'other'])
  expect(assigns(answerAt(driver, 'a', 1))).toEqual(['a child[0+1]'])
  expect(assigns(answerAt(driver, 'a', 1))).toEqual(['a last[0+1]'])
})

test('calls of calls go on for ever on one worker', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('level-0', 1)
  for (let level = 1; level < 10; level++)
    expect(assigns(callFrom(driver, 'a', level - 1, `level-${level}`))).toEqual([`a level-${level}[0+1]`])
  for (let level = 9; level >= 0; level--) expect(commandsOf(answerAt(driver, 'a', level), 'batch-settled')).toHaveLength(1)
})

test('a suspect that waits has no company but what its own task called for, and is charged for it', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1, crashLimit: 2, crashBackoffMs: 0 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('parent', 1)
  callFrom(driver, 'a', 0, 'child')
  driver.cancel('child')
  driver.lost('a')
  expect(assigns(driver.online('b'))).toEqual(['b parent[0+1]'])
  // Its turn comes first, and it may not come.
  driver.submit('other', 1, { priority: 5 })
  expect(assigns(waits(driver, 'b', 0))).toEqual([])
  expect(assigns(callFrom(driver, 'b', 0, 'again'))).toEqual(['b again[0+1]'])
  driver.cancel('again')
  expect(commandsOf(driver.lost('b'), 'settle-failed')).toEqual([])
  driver.wake(1_000)
  driver.online('c')
  while (driver.held('c')[0]?.batch !== 'parent') driver.answer('c')
  expect(commandsOf(driver.lost('c'), 'settle-failed')).toMatchObject([{ batch: 'parent' }])
})

test('a drain takes what open tasks still call for', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('parent', 1)
  driver.give({ kind: 'drain-requested' })
  expect(() => driver.open('late')).toThrow(/shutting down/)
  expect(assigns(callFrom(driver, 'a', 0, 'child'))).toEqual(['a child[0+1]'])
  answerAt(driver, 'a', 1)
  expect(commandsOf(driver.answer('a'), 'drained')).toHaveLength(1)
})
