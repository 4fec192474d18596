import { describe, expect, test } from 'vitest'
import { Condition, Lock, Value } from '../src/sync/index.ts'
import { actorsForAll, keepUntilTheEnd } from './shared-objects.ts'
import { KINDS, until } from './sync-actors.ts'
import type { Remote } from './sync-actors.ts'

describe.each(KINDS)('between %s actors', (memory) => {
  const keep = keepUntilTheEnd()
  const actors = actorsForAll(memory, 4)
  const make = (): Condition => keep(new Condition({ memory }))

  /** Each actor acquires, waits, and releases; `woken` collects what the waits returned. */
  const startWaiters = async (
    condition: Condition,
    count: number,
    timeoutMs?: number,
  ): Promise<{ woken: boolean[]; all: Promise<unknown> }> => {
    const remotes: Remote[] = await Promise.all(actors.slice(0, count).map((actor) => actor.attach(condition.handle)))
    const woken: boolean[] = []
    const all = remotes.map(async (remote) => {
      await remote.call('acquireSync')
      woken.push(await remote.call<boolean>('waitSync', { timeoutMs }))
      await remote.call('release')
    })
    await until(() => condition.statistics().waiters === count)
    return { woken, all: Promise.all(all) }
  }

  test('a condition has a lock of its own, or the one given', async () => {
    const condition = make()
    using _held = condition.acquireSync()
    expect(condition.lock.isLocked).toBe(true)
    const remote = await actors[0]!.attach(condition.handle)
    expect(await remote.call('acquireSync', { timeoutMs: 5 })).toBeUndefined()
    const lock = keep(new Lock({ memory }))
    const other = keep(new Condition({ memory, lock }))
    await lock.acquire()
    expect(other.lock.isLocked).toBe(true)
    other.release()
    expect(lock.isLocked).toBe(false)
  })

  test('wait without the lock is an error', async () => {
    const condition = make()
    expect(() => condition.waitSync()).toThrow(expect.objectContaining({ code: 'NOT_OWNER' }))
    await expect(condition.wait()).rejects.toMatchObject({ code: 'NOT_OWNER' })
    const remote = await actors[0]!.attach(condition.handle)
    using _held = condition.acquireSync()
    await expect(remote.call('waitSync')).rejects.toMatchObject({ code: 'NOT_OWNER' })
  })

  test('notify without the lock is an error', () => {
    const condition = make()
    expect(() => condition.notify()).toThrow(expect.objectContaining({ code: 'NOT_OWNER' }))
    expect(() => condition.notifyAll()).toThrow(expect.objectContaining({ code: 'NOT_OWNER' }))
  })

  test('notify wakes as many as it says, those who wait already', async () => {
    const condition = make()
    const { woken, all } = await startWaiters(condition, 4)
    condition.acquireSync()
    condition.notify(0)
    condition.notify(1)
    expect(woken).toHaveLength(0)
    condition.release()
    await until(() => woken.length === 1)
    expect(condition.statistics().waiters).toBe(3)
    {
      using _held = condition.acquireSync()
      condition.notify(2)
      condition.notify(0)
    }
    await until(() => woken.length === 3)
    {
      using _held = condition.acquireSync()
      condition.notify(50)
    }
    await all
    expect(woken).toEqual([true, true, true, true])
    expect(condition.lock.isLocked).toBe(false)
  })

  test('notifyAll wakes all', async () => {
    const condition = make()
    const { woken, all } = await startWaiters(condition, 4)
    {
      using _held = condition.acquireSync()
      condition.notifyAll()
    }
    await all
    expect(woken).toEqual([true, true, true, true])
  })

  test('a wait that times out returns false with the lock held', async () => {
    const condition = make()
    const { woken, all } = await startWaiters(condition, 2, 40)
    await all
    expect(woken).toEqual([false, false])
    using _held = await condition.acquire()
    expect(await condition.wait({ timeoutMs: 5 })).toBe(false)
    expect(condition.waitSync({ timeoutMs: 5 })).toBe(false)
    expect(condition.lock.isLocked).toBe(true)
  })

  test('a notification is not wasted on a waiter that timed out', async () => {
    const condition = make()
    condition.acquireSync()
    expect(condition.waitSync({ timeoutMs: 5 })).toBe(false)
    condition.release()
    const { woken, all } = await startWaiters(condition, 1)
    {
      using _held = condition.acquireSync()
      condition.notify()
    }
    await all
    expect(woken).toEqual([true])
  })

  test('a notification that meets an aborted waiter goes to the next', async () => {
    const lock = keep(new Lock({ memory }))
    const condition = keep(new Condition({ memory, lock }))
    const controller = new AbortController()
    const wait = async (signal?: AbortSignal): Promise<boolean> => {
      using _held = await lock.acquire()
      return await condition.wait({ signal })
    }
    const first = wait(controller.signal)
    await until(() => condition.statistics().waiters === 1)
    const second = wait()
    await until(() => condition.statistics().waiters === 2)
    const held = await lock.acquire()
    condition.notify()
    controller.abort(new Error('gone'))
    held.release()
    await expect(first).rejects.toThrow('gone')
    expect(await second).toBe(true)
    expect(lock.isLocked).toBe(false)
  })

  test('waitFor waits until the predicate holds', async () => {
    const condition = make()
    const state = keep(new Value('i32', 0, { memory, lock: false }))
    const remote = await actors[0]!.attach(condition.handle)
    using _held = await condition.acquire()
    const waiting = condition.waitFor(() => state.value === 4)
    for (let i = 1; i <= 4; i++) {
      await remote.call('acquireSync')
      expect(condition.statistics().waiters).toBe(1)
      state.value = i
      await remote.call('notify')
      await remote.call('release')
      if (i < 4) await until(() => condition.statistics().waiters === 1 && !condition.lock.isLocked)
    }
    expect(await waiting).toBe(true)
  })

  test('waitFor returns the last value when the time is over', async () => {
    const condition = make()
    using _held = condition.acquireSync()
    let looks = 0
    const start = performance.now()
    expect(condition.waitForSync(() => ++looks < 0, { timeoutMs: 40 })).toBe(false)
    expect(performance.now() - start).toBeGreaterThanOrEqual(39)
    expect(looks).toBe(2)
    expect(await condition.waitFor(() => 0, { timeoutMs: 10 })).toBe(0)
  })

  test('wait gives up all levels of its RLock and takes them again', async () => {
    const condition = make()
    const remote = await actors[0]!.attach(condition.handle)
    condition.acquireSync()
    condition.acquireSync()
    const waiting = condition.wait()
    await until(() => condition.statistics().waiters === 1)
    await remote.call('acquireSync')
    await remote.call('notify')
    await remote.call('release')
    expect(await waiting).toBe(true)
    expect(condition.lock.statistics()).toMatchObject({ depth: 2 })
    condition.release()
    condition.release()
  })

  test('hundreds of async waiters, none left behind', async () => {
    const lock = keep(new Lock({ memory }))
    const condition = keep(new Condition({ memory, lock }))
    const all = Array.from({ length: 250 }, async () => {
      using _held = await lock.acquire()
      return await condition.wait()
    })
    await until(() => condition.statistics().waiters === 250)
    const remote = await actors[0]!.attach(condition.handle)
    await remote.call('acquireSync')
    await remote.call('notifyAll')
    await remote.call('release')
    expect((await Promise.all(all)).every(Boolean)).toBe(true)
    expect(lock.isLocked).toBe(false)
  })
})
