import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Pool } from '../src/index.ts'
import { asCompleted, Future, TaskGroup, wait } from '../src/index.ts'
import { Event, Semaphore } from '../src/sync/index.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS, POOLS } from './pools.ts'
import { until } from './sync-actors.ts'

type Tasks = PoolTasks & typeof import('./fixtures/conformance-tasks.ts')
const modules = [POOL_TASKS, new URL('./fixtures/conformance-tasks.ts', import.meta.url)]

/** Futures in each state in which one can have ended, and one whose executor does not know yet that it was cancelled. */
function ended(): Readonly<Record<'successful' | 'failed' | 'cancelled' | 'notified', Future<unknown>>> {
  const [successful, failed, cancelled, notified] = Array.from({ length: 4 }, () => new Future<unknown>()) as [
    Future<unknown>,
    Future<unknown>,
    Future<unknown>,
    Future<unknown>,
  ]
  failed.exception().catch(() => undefined)
  successful.setResult(42)
  failed.setException(new Error('expected'))
  cancelled.cancel()
  notified.cancel()
  notified.setRunningOrNotifyCancel()
  return { successful, failed, cancelled, notified }
}

describe.each(POOLS)('futures of a %s pool', (_kind, PoolOfKind) => {
  let pool: Pool<Tasks>
  let begun: Semaphore
  let go: Event
  /** A call that has begun, and goes on when `go` is set. In an object, since a promise would wait for the future. */
  const running = async (): Promise<{ readonly slow: Future<unknown> }> => {
    const slow = pool.submit('afterEvent', begun.handle, go.handle)
    await begun.acquire()
    return { slow }
  }
  beforeAll(() => {
    pool = new PoolOfKind<Tasks>(modules, { size: 2 })
    begun = new Semaphore({ memory: 'process', permits: 0 })
    go = new Event({ memory: 'process' })
  })
  afterEach(async () => {
    go.set()
    await until(() => pool.statistics().openCalls === 0)
    go.clear()
  })
  afterAll(async () => {
    await pool.close()
    for (const shared of [begun, go]) {
      shared.unlink()
      shared.close()
    }
  })

  test('a callback is called with the future that has a result', async () => {
    const future = pool.submit('add', 2, 3)
    const heard: unknown[] = []
    future.addDoneCallback((done) => heard.push(done === future, done.outcome()))
    await future
    expect(heard).toEqual([true, { status: 'fulfilled', value: 5 }])
  })

  test('a callback is called with the future that has failed', async () => {
    const future = pool.submit('divide', 1, 0)
    const heard: unknown[] = []
    future.addDoneCallback((done) => heard.push(done.outcome()))
    await future.exception()
    expect(heard).toMatchObject([{ status: 'rejected', reason: { code: 'TASK_FAILED', message: 'division by zero' } }])
  })

  test('a callback is called with the future that was cancelled, in the call of cancel', async () => {
    const { slow: future } = await running()
    const heard: unknown[] = []
    future.addDoneCallback((done) => heard.push(done.cancelled()))
    // Unlike Python's, a future whose task runs can be cancelled: the task is told by its signal, and ended if it does not listen.
    expect(future.cancel()).toBe(true)
    expect(heard).toEqual([true])
  })

  test('one of two calls that run is cancelled: its task is told, the other goes on, and the pool has a worker again', async () => {
    // The first call of a go travels alone, those behind it together.
    const [, left, right] = [pool.submit('waitForAbort'), pool.submit('waitForAbort'), pool.submit('waitForAbort')].map((future, i) => {
      if (i === 0) future.cancel()
      return future
    })
    await until(() => pool.statistics().tasks.running === 2 && pool.statistics().workers.busy === 2)
    expect(left?.cancel()).toBe(true)
    expect(await pool.submit('square', 3)).toBe(9)
    expect(right?.done()).toBe(false)
    expect(right?.cancel()).toBe(true)
    expect(pool.statistics().workers.lost).toBe(0)
  })

  test('one of two calls that never end is cancelled: its worker is ended, and the other goes on', async () => {
    const own = new PoolOfKind<Tasks>(modules, { size: 2, cancelGraceMs: 1 })
    await own.map('square', [1, 2], { chunkSize: 1 })
    const futures = [own.submit('square', 1), own.submit('endWith', 'loop'), own.submit('endWith', 'loop')]
    await futures[0]
    await until(() => own.statistics().tasks.running === 2 && own.statistics().workers.busy === 2)
    expect(futures[1]?.cancel()).toBe(true)
    expect(await own.submit('square', 3)).toBe(9)
    expect(futures[2]?.done()).toBe(false)
    futures[2]?.exception().catch(() => undefined)
    await own.terminate()
  })

  test('callbacks run in order; one that throws is reported, and the others run', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const order: number[] = []
    const future = pool.submit('square', 2)
    future.addDoneCallback(() => order.push(1))
    future.addDoneCallback(() => {
      order.push(2)
      throw new Error('in a callback')
    })
    future.addDoneCallback(() => order.push(3))
    await future
    expect(order).toEqual([1, 2, 3])
    expect(reported).toHaveBeenCalledOnce()
    reported.mockRestore()
  })

  test('a callback that comes late runs at once: after a result, a failure, a cancellation', async () => {
    const [done, failed, cancelled] = [pool.submit('square', 2), pool.submit('divide', 1, 0), pool.submit('square', 3)]
    cancelled.cancel()
    await wait<unknown>([done, failed, cancelled])
    const heard: unknown[] = []
    for (const future of [done, failed, cancelled] as Future<unknown>[]) future.addDoneCallback(() => heard.push(future.state))
    expect(heard).toEqual(['finished', 'finished', 'cancelled-and-notified'])
  })

  test('a late callback that throws is reported too', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const future = pool.submit('square', 2)
    await future
    future.addDoneCallback(() => {
      throw new Error('in a late callback')
    })
    expect(reported).toHaveBeenCalledOnce()
    reported.mockRestore()
  })

  test('result with a time limit rejects, and the task goes on', async () => {
    const { slow: future } = await running()
    await expect(future.result(5)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await expect(future.exception(0)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    // Unlike Python's, it is not `running` before it ends: tasks are handed out ahead of their turn, and where they are is not told.
    expect([future.state, future.done()]).toEqual(['pending', false])
    go.set()
    expect(await future.result(60_000)).toBe('gone on')
    expect(await future.exception()).toBeUndefined()
  })

  test('asCompleted gives every future once: those that have ended, and those of the pool as they end', async () => {
    const { successful, failed, notified } = ended()
    const futures: Future<unknown>[] = [notified, failed, successful, pool.submit('add', 2, 21), pool.submit('add', 7, 6)]
    const seen = new Set<unknown>()
    for await (const future of asCompleted(futures)) seen.add(future)
    expect(seen).toEqual(new Set(futures))
  })

  test.each([0, 20])('asCompleted gives what has ended, and after %d ms says that there is more', async (timeoutMs) => {
    const { successful, failed, notified } = ended()
    const { slow: future } = await running()
    const seen: unknown[] = []
    const read = async (): Promise<void> => {
      for await (const one of asCompleted([successful, future, failed, notified], { timeoutMs })) seen.push(one)
    }
    await expect(read()).rejects.toMatchObject({ code: 'TIMED_OUT', message: '1 (of 4) futures unfinished' })
    expect(seen).toEqual([successful, failed, notified])
  })

  test('asCompleted gives a future once that was given three times', async () => {
    const future = pool.submit('square', 2)
    const seen: unknown[] = []
    for await (const one of asCompleted([future, future, future])) seen.push(one)
    expect(seen).toEqual([future])
  })

  test('wait has a future once that was given twice', async () => {
    const future = pool.submit('square', 2)
    expect(await wait([future, future])).toEqual({ done: new Set([future]), notDone: new Set() })
  })

  test('wait for the first that has completed', async () => {
    const { cancelled } = ended()
    const { slow } = await running()
    const quick = pool.submit('square', 2) as Future<unknown>
    const { done, notDone } = await wait([cancelled, quick, slow], { returnWhen: 'first-completed' })
    expect({ done, notDone }).toEqual({ done: new Set([quick]), notDone: new Set([cancelled, slow]) })
  })

  test('wait for the first that has completed, where some have already', async () => {
    const { notified, successful } = ended()
    const { slow } = await running()
    const { done, notDone } = await wait([notified, successful, slow], { returnWhen: 'first-completed' })
    expect({ done, notDone }).toEqual({ done: new Set([notified, successful]), notDone: new Set([slow]) })
  })

  test('wait for the first that has failed', async () => {
    const quick = pool.submit('square', 2) as Future<unknown>
    await quick
    const { slow } = await running()
    const failing = pool.submit('divide', 1, 0) as Future<unknown>
    const { done, notDone } = await wait([quick, failing, slow], { returnWhen: 'first-exception' })
    expect({ done, notDone }).toEqual({ done: new Set([quick, failing]), notDone: new Set([slow]) })
  })

  test('wait for the first that has failed: a cancelled one has not', async () => {
    const { successful, cancelled, notified } = ended()
    const { slow } = await running()
    const failing = pool.submit('divide', 1, 0) as Future<unknown>
    const { done, notDone } = await wait([successful, cancelled, notified, failing, slow], { returnWhen: 'first-exception' })
    expect({ done, notDone }).toEqual({ done: new Set([successful, notified, failing]), notDone: new Set([cancelled, slow]) })
  })

  test('wait for the first that has failed, where one has already', async () => {
    const { failed } = ended()
    const { slow } = await running()
    const { done, notDone } = await wait([failed, slow], { returnWhen: 'first-exception' })
    expect({ done, notDone }).toEqual({ done: new Set([failed]), notDone: new Set([slow]) })
  })

  test('wait for all, whatever became of them', async () => {
    const { successful, notified, failed } = ended()
    const futures = [successful, notified, failed, pool.submit('divide', 1, 0), pool.submit('square', 2)] as Future<unknown>[]
    expect(await wait(futures)).toEqual({ done: new Set(futures), notDone: new Set() })
  })

  test('wait ends when its time is over', async () => {
    const { successful, notified, failed } = ended()
    const { slow } = await running()
    const { done, notDone } = await wait([notified, failed, successful, slow], { timeoutMs: 20 })
    expect({ done, notDone }).toEqual({ done: new Set([notified, failed, successful]), notDone: new Set([slow]) })
  })

  test('the first failure in a task group cancels its other calls, and the group ends after all of them', async () => {
    const open: Future<unknown>[] = []
    const run = TaskGroup.run(async (group) => {
      open.push(group.add((await running()).slow), group.add(pool.submit('waitForAbort')))
      void group.add(pool.submitWith({ priority: 1 }, 'divide', 1, 0))
    })
    go.set()
    await expect(run).rejects.toMatchObject({ errors: [{ code: 'TASK_FAILED', message: 'division by zero' }] })
    expect(open[1]?.cancelled()).toBe(true)
    expect(open.every((future) => future.settled())).toBe(true)
  })

  test('wait for a hundred calls that end at the same moment', async () => {
    const futures = Array.from({ length: 100 }, () => pool.submit('afterEvent', begun.handle, go.handle))
    const waiting = wait(futures)
    go.set()
    expect((await waiting).done.size).toBe(100)
    for (let i = 0; i < 100; i++) expect(begun.tryAcquire()).toBeDefined()
  })
})
