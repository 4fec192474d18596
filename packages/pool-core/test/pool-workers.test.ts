import { availableParallelism } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import type { LocalPoolOptions, Pool } from '../src/index.ts'
import { Semaphore, Value } from '../src/sync/index.ts'
import { leavingNothing } from './leftovers.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS, POOLS } from './pools.ts'
import { until } from './sync-actors.ts'

type Tasks = PoolTasks & typeof import('./fixtures/conformance-tasks.ts')
const modules = [POOL_TASKS, new URL('./fixtures/conformance-tasks.ts', import.meta.url)]

describe.each(POOLS)('the workers of a %s pool', (_kind, PoolOfKind) => {
  const permits = new Semaphore({ memory: 'process', permits: 0 })
  const counter = new Value('i32', 0, { memory: 'process' })
  const open = (options: LocalPoolOptions<Tasks> = {}): Pool<Tasks> => new PoolOfKind<Tasks>(modules, { size: 2, ...options })
  afterAll(() => {
    for (const shared of [permits, counter]) {
      shared.unlink()
      shared.close()
    }
  })

  test.each([0, -1, 0.5, '12', 1_025])('a size of %s is refused', (size) => {
    expect(() => open({ size: size as number })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  })

  test.each([0, -1, 0.5, '12'])('a maxTasksPerWorker of %s is refused', (maxTasksPerWorker) => {
    expect(() => open({ maxTasksPerWorker: maxTasksPerWorker as number })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  })

  test.each([1, '', () => 1])('an initializer %s is refused: it is the name of an exported function', (initializer) => {
    expect(() => open({ initializer: initializer as never })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  })

  test('the size is that of the cores that this program may use, unless it is given', async () => {
    await using given = open({ size: 3 })
    // Threads of Python wait for input and output, hence four more than cores; a thread of JavaScript is there to compute.
    await using usual = new PoolOfKind<Tasks>(modules)
    expect([given.size, usual.size]).toEqual([3, availableParallelism()])
  })

  test('one worker is enough for calls that come one after the other', async () => {
    await using pool = open({ size: 4 })
    expect([await pool.submit('add', 21, 2), await pool.submit('add', 6, 7), await pool.submit('add', 3, 14)]).toEqual([23, 13, 17])
    expect(pool.statistics().workers.started).toBe(1)
  })

  test('calls that overlap by two start no more than two workers', async () => {
    await using pool = open({ size: 4 })
    await pool.submit('add', 12, 7)
    for (let round = 0; round < 3; round++) {
      const left = pool.submit('add', 33, 25)
      expect(await pool.submit('add', 25, 26)).toBe(51)
      expect(await left).toBe(58)
    }
    expect(pool.statistics().workers.started).toBeLessThanOrEqual(2)
  })

  test('many calls that wait start as many workers as the pool may have, and no more', async () => {
    await leavingNothing(async () => {
      await using pool = open()
      const futures = Array.from({ length: 30 }, () => pool.submit('takePermit', permits.handle))
      await until(() => pool.statistics().workers.busy === 2)
      expect(pool.statistics().workers.started).toBe(2)
      permits.release(30)
      const workers = new Set(await Promise.all(futures))
      expect(workers.size).toBeLessThanOrEqual(2)
      expect(pool.statistics().workers.started).toBe(2)
    })
  })

  test('every worker has a name of its own, which its tasks see', async () => {
    await using pool = open()
    const futures = [pool.submit('takePermit', permits.handle), pool.submit('takePermit', permits.handle)]
    await until(() => permits.statistics().waiters === 2)
    permits.release(2)
    const names = await Promise.all(futures)
    expect(names.toSorted()).toEqual(['w1', 'w2'])
  })

  test('the initializer has run in every worker before its first task', async () => {
    await using pool = open({ initializer: 'setUp', initializerArguments: ['initialised'] })
    expect(await Promise.all([pool.submit('settingsOf'), pool.submit('settingsOf')])).toEqual([['initialised'], ['initialised']])
  })

  test('the initializer runs once in each worker that is started at once, without any call', async () => {
    counter.value = 0
    const pool = open({ size: 1, minSize: 1, initializer: 'countUp', initializerArguments: [counter.handle] })
    await until(() => pool.statistics().workers.idle === 1)
    await pool.close()
    expect(counter.value).toBe(1)
  })

  test('an initializer that throws breaks the pool for the calls that wait and for all later ones', async () => {
    await leavingNothing(async () => {
      await using pool = open({ initializer: 'failSetUp' })
      const broken = { code: 'TASK_MODULE', message: expect.stringContaining('no database') as string }
      const futures = [pool.submit('square', 1), pool.submit('square', 2)]
      for (const future of futures) await expect(future).rejects.toMatchObject(broken)
      await expect(pool.submit('square', 3)).rejects.toMatchObject(broken)
      // One error for each: whoever adds to it changes nobody else's.
      expect(await futures[0]?.exception()).not.toBe(await futures[1]?.exception())
    })
  })

  test('a worker is replaced after so many tasks; the one before it is gone then', async () => {
    await using pool = open({ size: 1, maxTasksPerWorker: 3 })
    const names: string[] = []
    for (let i = 0; i < 4; i++) names.push(await pool.submit('workerName'))
    expect(names).toEqual(['w1', 'w1', 'w1', 'w2'])
    expect(pool.statistics().workers).toMatchObject({ started: 2, lost: 0 })
  })

  test('a hundred calls by workers of ten tasks each', async () => {
    await using pool = open({ maxTasksPerWorker: 10 })
    const futures = Array.from({ length: 100 }, (_, n) => pool.submit('square', n))
    expect(await Promise.all(futures)).toEqual(futures.map((_, n) => n * n))
    expect(pool.statistics().workers.started).toBeGreaterThanOrEqual(10)
    expect(pool.statistics().workers.lost).toBe(0)
  })

  test('close while calls wait for workers of one task each: all of them end', async () => {
    const pool = open({ maxTasksPerWorker: 1 })
    const futures = Array.from({ length: 6 }, (_, n) => pool.submit('square', n))
    await pool.close()
    expect(await Promise.all(futures)).toEqual([0, 1, 4, 9, 16, 25])
  })

  test('a pool of many more workers than there are cores', async () => {
    await leavingNothing(async () => {
      await using pool = open({ size: 32 })
      const numbers = Array.from({ length: 1_000 }, (_, n) => n)
      expect(await pool.map('square', numbers)).toEqual(numbers.map((n) => n * n))
    })
  })

  test('a task keeps nothing of its argument when it has ended', async () => {
    await using pool = open({ size: 1 })
    await pool.submit('watch', { some: 'object' })
    expect(await pool.submit('isWatchedGone')).toBe(true)
  })
})
