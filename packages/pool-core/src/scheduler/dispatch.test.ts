import { expect, test } from 'vitest'
import { commandsOf, SchedulerDriver } from '../testing/scheduler-driver.ts'
import type { SchedulerCommand } from './index.ts'

/** `worker batch[from+count]` of each assign. */
function assigns(commands: readonly SchedulerCommand[]): string[] {
  return commandsOf(commands, 'assign').map(({ batch, count, from, worker }) => `${worker} ${batch}[${from}+${count}]`)
}

test('at most `size` workers hold shards of a pool', () => {
  const driver = new SchedulerDriver()
  driver.online('a', 'b', 'c')
  expect(assigns(driver.submit('x', 10, { chunkSize: 1 }))).toEqual(['c x[0+1]', 'b x[1+1]'])
  expect(driver.held('a')).toEqual([])
})

test('a larger size takes effect at once; a smaller one when running shards have ended', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a', 'b', 'c')
  driver.submit('x', 10, { chunkSize: 1 })
  expect(assigns(driver.pool('pool', 3))).toEqual(['a x[2+1]'])
  expect(driver.pool('pool', 1)).toEqual([])
  expect(assigns(driver.answer('a'))).toEqual([])
  expect(assigns(driver.answer('b'))).toEqual([])
  expect(assigns(driver.answer('c'))).toEqual(['c x[3+1]'])
})

test('a worker serves one pool at a time, and another when it holds nothing', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1, prefetch: 0 })
  driver.pool('other', 2)
  driver.online('a')
  driver.submit('x', 2, { chunkSize: 1 })
  driver.submit('y', 2, { chunkSize: 1, pool: 'other' })
  const order = Array.from({ length: 3 }, () => assigns(driver.answer('a')))
  expect(order).toEqual([['a x[1+1]'], ['a y[0+1]'], ['a y[1+1]']])
})

test('two pools with more work than there are workers take turns: no prefetch while another pool waits', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1 })
  driver.pool('other', 1)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 100, { chunkSize: 1 })
  expect(driver.held('a')).toHaveLength(2)
  driver.submit('y', 100, { chunkSize: 1, pool: 'other' })
  driver.answer('a')
  const served = Array.from({ length: 6 }, () => assigns(driver.answer('a', { runMs: 1 }))[0]?.slice(2, 3))
  expect(served).toEqual(['x', 'y', 'x', 'y', 'x', 'y'])
})

test('sessions take turns, and batches within a session', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1, prefetch: 0 })
  driver.pool('pool', 1)
  for (const [batch, session] of [
    ['x', 's1'],
    ['y', 's1'],
    ['z', 's2'],
  ] as const)
    driver.submit(batch, 3, { session, chunkSize: 1 })
  // Each takes as long as a turn.
  const order = [driver.online('a'), ...Array.from({ length: 8 }, () => driver.answer('a', { runMs: 50 }))].map((commands) =>
    assigns(commands)[0]?.slice(2, 6),
  )
  expect(order).toEqual(['x[0+', 'z[0+', 'y[0+', 'z[1+', 'x[1+', 'z[2+', 'y[1+', 'x[2+', 'y[2+'])
})

test('a higher priority goes first; a low one has its turn by age', () => {
  const driver = new SchedulerDriver({ maxWorkers: 1, prefetchTinyMax: 0 })
  driver.pool('pool', 1)
  driver.submit('low', 50, { chunkSize: 1 })
  driver.submit('high', 50, { chunkSize: 1, priority: 2 })
  const served = [assigns(driver.online('a'))[0]]
  for (let i = 0; i < 23; i++) {
    driver.pass(100)
    served.push(assigns(driver.answer('a'))[0])
  }
  expect(served.map((one) => one?.slice(2, 3)).join('')).toBe(`${'h'.repeat(22)}lh`)
})

test('a paused batch gets no further shards; running ones end; it goes on when it is allowed to', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a')
  driver.submit('x', 3, { chunkSize: 1 })
  expect(driver.pause('x', true)).toEqual([])
  expect(assigns(driver.answer('a'))).toEqual([])
  expect(driver.pause('x', true)).toEqual([])
  expect(assigns(driver.pause('x', false))).toEqual(['a x[1+1]'])
})

test('a batch that was paused before its items came stays paused', () => {
  const driver = new SchedulerDriver()
  driver.online('a')
  driver.open('x')
  driver.pause('x', true)
  expect(driver.items('x', 5)).toEqual([])
  expect(assigns(driver.pause('x', false))).toHaveLength(1)
})

test('shards go to idle workers first, and only then behind others', () => {
  const driver = new SchedulerDriver()
  driver.online('a', 'b')
  driver.learn('t', 1)
  expect(assigns(driver.submit('x', 4, { chunkSize: 1 }))).toEqual(['b x[0+1]', 'a x[1+1]', 'b x[2+1]', 'a x[3+1]'])
})

test('nothing is prefetched while the cost of the function is unknown', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('x', 100)
  expect(driver.held('a')).toHaveLength(1)
  driver.answer('a', { runMs: 5 })
  expect(driver.held('a')).toHaveLength(2)
})

test('a function of unknown cost is not prefetched behind a known one', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('known', 1)
  driver.submit('x', 1, { task: 'known' })
  driver.submit('y', 50, { task: 'unknown', chunkSize: 1 })
  expect(driver.held('a').map(({ batch }) => batch)).toEqual(['x'])
})

test('nothing is prefetched at the tail: what is left goes to whoever is free first', () => {
  const driver = new SchedulerDriver()
  driver.online('a', 'b')
  driver.learn('t', 1)
  driver.submit('x', 3, { chunkSize: 1 })
  expect([driver.held('a').length, driver.held('b').length]).toEqual([1, 1])
  expect(assigns(driver.answer('a', { runMs: 1 }))).toEqual(['a x[2+1]'])
})

test('workers that are starting count as soon idle', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 4)
  driver.online('a')
  driver.learn('t', 1)
  driver.submit('x', 4, { chunkSize: 1 })
  // One runs, three are queued, and three workers are on their way for them.
  expect(driver.held('a')).toHaveLength(1)
  driver.online('b', 'c', 'd')
  expect(['a', 'b', 'c', 'd'].map((worker) => driver.held(worker).length)).toEqual([1, 1, 1, 1])
})

test('longer shards are prefetched only while plenty is queued', () => {
  const driver = new SchedulerDriver()
  driver.online('a', 'b')
  driver.learn('t', 50)
  driver.submit('x', 9, { chunkSize: 1 })
  // Seven are queued; four a worker would be plenty.
  expect([driver.held('a').length, driver.held('b').length]).toEqual([1, 1])
  driver.submit('y', 1, { chunkSize: 1 })
  expect(driver.held('a').length + driver.held('b').length).toBe(3)
})

test('nothing is put behind a shard that is expected to take long', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 1)
  driver.online('a')
  driver.learn('slow', 500)
  driver.learn('quick', 1)
  driver.submit('x', 1, { task: 'slow' })
  driver.submit('y', 50, { task: 'quick', chunkSize: 1 })
  expect(driver.held('a')).toHaveLength(1)
  driver.answer('a', { runMs: 500 })
  expect(driver.held('a')).toHaveLength(2)
})

test('shards that are over at once stand several behind one another, alike on all workers, up to a number and a time', () => {
  const driver = new SchedulerDriver({ prefetchTinyMax: 8, prefetchTinyMs: 1 })
  driver.pool('pool', 2)
  driver.online('a')
  driver.online('b')
  driver.learn('tiny', 0.01)
  driver.submit('x', 100, { task: 'tiny', chunkSize: 1 })
  expect([driver.held('a').length, driver.held('b').length]).toEqual([9, 9])
  const other = new SchedulerDriver({ prefetchTinyMax: 8, prefetchTinyMs: 1 })
  other.pool('pool', 1)
  other.online('a')
  other.learn('small', 0.25)
  other.submit('x', 100, { task: 'small', chunkSize: 1 })
  expect(other.held('a')).toHaveLength(4)
})

test('prefetch: 0 and prefetch: 2 are kept to', () => {
  for (const prefetch of [0, 2]) {
    const driver = new SchedulerDriver({ prefetch })
    driver.pool('pool', 1)
    driver.online('a')
    driver.learn('t', 1)
    driver.submit('x', 50, { chunkSize: 1 })
    expect(driver.held('a')).toHaveLength(1 + prefetch)
  }
})

test('a shard is a slice of one block, and says where it stands in the batch', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.open('x', { chunkSize: 4 })
  driver.items('x', 6)
  driver.items('x', 3)
  const places = Array.from({ length: 3 }, () => {
    const [{ block, count, from, offset } = { block: -1, count: -1, from: -1, offset: -1 }] = driver.held('a')
    driver.answer('a')
    return [block, offset, count, from]
  })
  expect(places).toEqual([
    [0, 0, 4, 0],
    [0, 4, 2, 4],
    [1, 0, 3, 6],
  ])
})

test('a shard yields unless its length was fixed', () => {
  const driver = new SchedulerDriver({ yieldAfterMs: 70 })
  driver.online('a', 'b')
  driver.submit('sized', 5)
  driver.submit('fixed', 5, { chunkSize: 5, session: 'other' })
  expect(commandsOf(driver.log, 'assign').map(({ batch, yieldAfterMs }) => [batch, yieldAfterMs])).toEqual([
    ['sized', 70],
    ['sized', 70],
  ])
  driver.answer('a')
  expect(commandsOf(driver.log, 'assign').at(-1)).toMatchObject({ batch: 'fixed', yieldAfterMs: undefined })
})

test('a worker that yields is given the rest again, before everything else of the batch, and the estimate has learned', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.pool('pool', 1)
  driver.online('a')
  driver.submit('x', 1_000, { total: 1_000 })
  expect(driver.held('a')[0]).toMatchObject({ from: 0, count: 250 })
  driver.answer('a', { ran: 10, runMs: 100 })
  expect(driver.held('a')[0]).toMatchObject({ from: 10, count: 5, attempt: 1 })
})

test('a worker that yields before the first item was done is not asked to yield again', () => {
  const driver = new SchedulerDriver({ prefetch: 0 })
  driver.online('a')
  driver.submit('x', 1)
  driver.answer('a', { ran: 0, runMs: 100 })
  expect(driver.held('a')[0]).toMatchObject({ from: 0, count: 1, yieldAfterMs: undefined })
})

test('a million cheap items take few steps', () => {
  const driver = new SchedulerDriver()
  driver.pool('pool', 4)
  driver.online('a', 'b', 'c', 'd')
  driver.open('x', { total: 1_000_000 })
  for (let i = 0; i < 16; i++) driver.items('x', 62_500)
  driver.end('x')
  let steps = 0
  for (; commandsOf(driver.log, 'batch-settled').length === 0; steps++) {
    const worker = ['a', 'b', 'c', 'd'][steps % 4]!
    const [shard] = driver.held(worker)
    if (shard !== undefined) driver.answerFor(shard, { runMs: shard.count * 0.0001 })
  }
  expect(steps).toBeLessThan(200)
})
