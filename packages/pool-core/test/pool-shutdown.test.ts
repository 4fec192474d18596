import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { LocalPoolOptions, Pool } from '../src/index.ts'
import { range, wait } from '../src/index.ts'
import { Event, Semaphore, Value } from '../src/sync/index.ts'
import { leavingNothing } from './leftovers.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS, POOLS } from './pools.ts'
import { until } from './sync-actors.ts'

type Tasks = PoolTasks & typeof import('./fixtures/conformance-tasks.ts')
const modules = [POOL_TASKS, new URL('./fixtures/conformance-tasks.ts', import.meta.url)]

describe.each(POOLS)('the end of a %s pool', (_kind, PoolOfKind) => {
  const begun = new Semaphore({ memory: 'process', permits: 0 })
  const go = new Event({ memory: 'process' })
  const counter = new Value('i32', 0, { memory: 'process' })
  /** A task has begun. By looking, since waiting would start a thread that waits, and stays. */
  const taken = (): Promise<void> => until(() => begun.tryAcquire() !== undefined)
  const pools: Pool<Tasks>[] = []
  const open = (options: LocalPoolOptions<Tasks> = {}): Pool<Tasks> => {
    const pool = new PoolOfKind<Tasks>(modules, { size: 2, ...options })
    pools.push(pool)
    return pool
  }
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.terminate()))
    go.clear()
    counter.value = 0
  })
  afterAll(() => {
    for (const shared of [begun, go, counter]) {
      shared.unlink()
      shared.close()
    }
  })

  test('a closed pool refuses every call', async () => {
    const pool = open()
    await pool.close()
    const closed = { code: 'POOL_CLOSED' }
    await expect(pool.submit('square', 2)).rejects.toMatchObject(closed)
    await expect(pool.apply('square', [2])).rejects.toMatchObject(closed)
    await expect(pool.map('square', [2])).rejects.toMatchObject(closed)
    await expect(pool.starmap('add', [[1, 2]])).rejects.toMatchObject(closed)
    await expect(pool.imap('square', [2]).next()).rejects.toMatchObject(closed)
    await expect(pool.imapUnordered('square', [2]).next()).rejects.toMatchObject(closed)
  })

  test('the block of an await using waits for what was submitted, and then refuses more', async () => {
    let results: Promise<number[]>
    let outside: Pool<Tasks>
    {
      await using pool = open()
      results = pool.map('square', range(10))
      outside = pool
    }
    // Python's `with` terminates a multiprocessing.Pool, and shuts an Executor down in good order: here both do the latter.
    expect(outside.state).toBe('closed')
    expect(await results).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81])
    await expect(outside.submit('square', 2)).rejects.toMatchObject({ code: 'POOL_CLOSED' })
  })

  test('a pool that is running cannot be joined', async () => {
    const pool = open()
    await expect(pool.join()).rejects.toMatchObject({ code: 'INVALID_STATE' })
    void pool.close()
    await pool.join()
    expect(pool.state).toBe('closed')
  })

  test('close right after fifty calls: all of them end', async () => {
    const pool = open()
    const futures = Array.from({ length: 50 }, (_, n) => pool.submit('square', n))
    await pool.close()
    expect(await Promise.all(futures)).toEqual(futures.map((_, n) => n * n))
  })

  test('close right after more work than there are workers', async () => {
    const pool = open()
    const results = pool.map('describe', Array(3).fill(2), { chunkSize: 1 })
    await pool.close()
    expect(await results).toEqual(['2', '2', '2'])
  })

  test('close ends the workers, also those that were in the midst of a task', async () => {
    await leavingNothing(async () => {
      const pool = open()
      const futures = Array.from({ length: 3 }, () => pool.submit('afterEvent', begun.handle, go.handle))
      await taken()
      await taken()
      const closing = pool.close()
      expect(pool.state).toBe('draining')
      go.set()
      await closing
      await taken()
      expect(await Promise.all(futures)).toEqual(['gone on', 'gone on', 'gone on'])
      const { idle, busy, starting, stopping } = pool.statistics().workers
      expect(idle + busy + starting + stopping).toBe(0)
    })
  })

  test('calls that wait can be cancelled before the close; they never run, and the one that runs ends', async () => {
    const pool = open({ size: 1 })
    const first = pool.submit('afterEvent', begun.handle, go.handle)
    await taken()
    const waiting = Array.from({ length: 50 }, () => pool.submit('countUp', counter.handle))
    // Every second one: those between them have to run.
    for (const [i, future] of waiting.entries()) if (i % 2 === 0) expect(future.cancel()).toBe(true)
    go.set()
    await pool.close()
    expect(await first).toBe('gone on')
    expect(waiting.map((future) => future.cancelled())).toEqual(waiting.map((_, i) => i % 2 === 0))
    expect((await wait(waiting)).notDone.size).toBe(0)
    expect(counter.value).toBe(25)
  })

  test('close right after a call that was cancelled', async () => {
    const pool = open({ size: 1 })
    await pool.submit('square', 1)
    pool.submit('square', 2).cancel()
    await pool.close()
    expect(pool.state).toBe('closed')
  })

  test('a worker that ends while the pool closes: its call fails, and the pool closes', async () => {
    const pool = open({ crashLimit: 1 })
    const future = pool.submit('afterEvent', begun.handle, go.handle, 'exit')
    const error = future.exception()
    await taken()
    const closing = pool.close()
    go.set()
    await closing
    expect(await error).toMatchObject({ code: 'WORKER_LOST', exitCode: 1 })
  })

  test('an argument that cannot be sent, and then close: the call fails, and the pool closes', async () => {
    const pool = open()
    expect(await pool.submit('square', 2)).toBe(4)
    const future = pool.submit('echo', () => 1)
    const closing = pool.close()
    await expect(future).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
    await closing
  })

  test('a stream that nobody reads holds no close up, as long as its results fit', async () => {
    const pool = open()
    const stream = pool.imap('countUp', Array(10).fill(counter.handle), { chunkSize: 1 })
    await pool.close()
    expect(counter.value).toBe(10)
    let sum = 0
    for await (const count of stream) sum += count
    expect(sum).toBe(55)
  })

  test('terminate leaves ten thousand tasks undone', async () => {
    await leavingNothing(async () => {
      const pool = open()
      const results = pool.map('delay', Array(10_000).fill(60_000), { chunkSize: 1 })
      const refused = expect(results).rejects.toMatchObject({ code: 'POOL_CLOSED' })
      await until(() => pool.statistics().workers.busy === 2)
      await pool.terminate()
      await refused
      await pool.join()
    })
  })

  test('a stream that is left cancels what waits, and what has not begun never runs', async () => {
    const pool = open({ size: 1 })
    const first = pool.submit('afterEvent', begun.handle, go.handle)
    await taken()
    const stream = pool.imap('countUp', [counter.handle, counter.handle])
    await expect(stream.next(0)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await stream.return()
    go.set()
    await pool.close()
    expect(await first).toBe('gone on')
    expect(counter.value).toBe(0)
  })
})
