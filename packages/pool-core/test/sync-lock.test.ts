import { describe, expect, test } from 'vitest'
import { Lock, RLock } from '../src/sync/index.ts'
import { actorsForAll, keepUntilTheEnd } from './shared-objects.ts'
import { KINDS, until } from './sync-actors.ts'

describe.each(KINDS)('between %s actors', (memory) => {
  const keep = keepUntilTheEnd()
  const actors = actorsForAll(memory, 3)

  describe.each([
    ['Lock', () => keep(new Lock({ memory }))],
    ['RLock', () => keep(new RLock({ memory }))],
  ] as const)('%s', (_name, make) => {
    test('a new lock is free', () => {
      const lock = make()
      expect(lock.isLocked).toBe(false)
      expect(lock.statistics()).toMatchObject({ holder: undefined, waiters: 0 })
    })

    test('statistics name the holder', () => {
      const lock = make()
      using _held = lock.acquireSync()
      expect(lock.statistics().holder).toMatch(new RegExp(`${process.pid}`))
    })

    test('acquire and release', async () => {
      const lock = make()
      lock.acquireSync()
      expect(lock.isLocked).toBe(true)
      lock.release()
      expect(lock.isLocked).toBe(false)
      await lock.acquire()
      lock.release()
      expect(lock.isLocked).toBe(false)
    })

    test('closed while held, by a holder that goes on', () => {
      const lock = make()
      const again = lock instanceof Lock ? Lock.attach(lock.handle) : RLock.attach(lock.handle)
      again.acquireSync()
      again.close()
      expect(lock.isLocked).toBe(true)
      lock.release()
    })

    test('tryAcquire takes what is free', () => {
      const lock = make()
      expect(lock.tryAcquire()).toBeDefined()
      lock.release()
    })

    test('tryAcquire does not wait for what another holds', async () => {
      const lock = make()
      lock.acquireSync()
      const remote = await actors[0]!.attach(lock.handle)
      expect(await remote.call('tryAcquire')).toBeUndefined()
      lock.release()
    })

    test('the others wait while one holds it', async () => {
      const lock = make()
      lock.acquireSync()
      const remotes = await Promise.all(actors.map((actor) => actor.attach(lock.handle)))
      let got = 0
      const all = remotes.map(async (remote) => {
        await remote.call('acquireSync')
        got++
        await remote.call('release')
      })
      await until(() => lock.statistics().waiters === 3)
      expect(got).toBe(0)
      lock.release()
      await Promise.all(all)
      expect(got).toBe(3)
      expect(lock.isLocked).toBe(false)
    })

    test('a guard releases at the end of its block, by an error too', async () => {
      const lock = make()
      const failing = async (): Promise<void> => {
        await using _held = await lock.acquire()
        throw new Error('inside')
      }
      await expect(failing()).rejects.toThrow('inside')
      expect(lock.isLocked).toBe(false)
      {
        using held = lock.acquireSync()
        held.release()
      }
      expect(lock.isLocked).toBe(false)
    })

    test('a timeout ends the wait and holds nothing', async () => {
      const lock = make()
      lock.acquireSync()
      const remote = await actors[0]!.attach(lock.handle)
      expect(() => lock.acquireSync({ timeoutMs: -1 })).toThrow(RangeError)
      await expect(lock.acquire({ timeoutMs: Number.NaN })).rejects.toThrow(RangeError)
      const start = performance.now()
      expect(await remote.call('acquireSync', { timeoutMs: 60 })).toBeUndefined()
      expect(performance.now() - start).toBeGreaterThanOrEqual(59)
      expect(await remote.call('acquire', { timeoutMs: 20 })).toBeUndefined()
      lock.release()
      expect(await remote.call('acquireSync', { timeoutMs: 1000 })).toEqual({ held: true, ownerDied: false })
      await remote.call('release')
    })

    test('an aborted wait rejects with the reason and holds nothing', async () => {
      const lock = make()
      const remote = await actors[0]!.attach(lock.handle)
      await remote.call('acquireSync')
      const controller = new AbortController()
      const wait = lock.acquire({ signal: controller.signal })
      await until(() => lock.statistics().waiters === 1)
      controller.abort(new Error('no longer'))
      await expect(wait).rejects.toThrow('no longer')
      await expect(lock.acquire({ signal: AbortSignal.abort(new Error('at once')) })).rejects.toThrow('at once')
      expect(lock.statistics().waiters).toBe(0)
      await remote.call('release')
      expect(lock.isLocked).toBe(false)
    })

    test('an aborted wait costs no other waiter its turn', async () => {
      const lock = make()
      const [one, two] = await Promise.all([actors[0]!.attach(lock.handle), actors[1]!.attach(lock.handle)])
      await one.call('acquireSync')
      const controller = new AbortController()
      const wait = lock.acquire({ signal: controller.signal })
      wait.catch(() => {})
      await until(() => lock.statistics().waiters === 1)
      const next = two.call('acquireSync')
      await until(() => lock.statistics().waiters === 2)
      const released = one.call('release')
      controller.abort()
      await released
      await wait.then(
        () => lock.release(),
        () => {},
      )
      await next
      await two.call('release')
      expect(lock.isLocked).toBe(false)
    })
  })

  test('a Lock can be taken again after release', async () => {
    const lock = keep(new Lock({ memory }))
    lock.acquireSync()
    lock.release()
    lock.acquireSync()
    expect(lock.tryAcquire()).toBeUndefined()
    let isTaken = false
    const again = lock.acquire().then(() => {
      isTaken = true
    })
    await until(() => lock.statistics().waiters === 1)
    expect(isTaken).toBe(false)
    lock.release()
    await again
    lock.release()
  })

  test('a Lock may be released by another than its holder', async () => {
    const lock = keep(new Lock({ memory }))
    lock.acquireSync()
    const remote = await actors[0]!.attach(lock.handle)
    await remote.call('release')
    expect(lock.isLocked).toBe(false)
    lock.acquireSync()
    lock.release()
  })

  test('a Lock is as before after a timeout', async () => {
    const lock = keep(new Lock({ memory }))
    lock.acquireSync()
    expect(await lock.acquire({ timeoutMs: 5 })).toBeUndefined()
    expect(lock.acquireSync({ timeoutMs: 5 })).toBeUndefined()
    lock.release()
    expect(lock.isLocked).toBe(false)
    expect(lock.tryAcquire()).toBeDefined()
    lock.release()
  })

  test('releasing a free Lock is an error', () => {
    const lock = keep(new Lock({ memory }))
    expect(() => lock.release()).toThrow(expect.objectContaining({ code: 'NOT_LOCKED' }))
    lock.acquireSync()
    lock.release()
    expect(() => lock.release()).toThrow(expect.objectContaining({ code: 'NOT_LOCKED' }))
  })

  test('async flows of one loop get a Lock in order of arrival', async () => {
    const lock = keep(new Lock({ memory }))
    const remote = await actors[0]!.attach(lock.handle)
    await remote.call('acquireSync')
    const order: number[] = []
    const all = Array.from({ length: 300 }, async (_, index) => {
      using _held = await lock.acquire()
      order.push(index)
    })
    await remote.call('release')
    await Promise.all(all)
    expect(order).toEqual(Array.from({ length: 300 }, (_, index) => index))
  })

  test('an RLock is taken again by its owner', async () => {
    const lock = keep(new RLock({ memory }))
    lock.acquireSync()
    lock.acquireSync()
    lock.release()
    await lock.acquire()
    lock.release()
    lock.release()
    expect(lock.isLocked).toBe(false)
    expect(() => lock.release()).toThrow(expect.objectContaining({ code: 'NOT_OWNER' }))
  })

  test('releasing a free RLock is an error', () => {
    const lock = keep(new RLock({ memory }))
    expect(() => lock.release()).toThrow(expect.objectContaining({ code: 'NOT_OWNER' }))
    lock.acquireSync()
    lock.acquireSync()
    lock.release()
    lock.acquireSync()
    lock.release()
    lock.release()
    expect(() => lock.release()).toThrow(expect.objectContaining({ code: 'NOT_OWNER' }))
  })

  test('an RLock counts how often it was taken', () => {
    const lock = keep(new RLock({ memory }))
    expect(lock.statistics().depth).toBe(0)
    lock.acquireSync()
    lock.acquireSync()
    expect(lock.statistics().depth).toBe(2)
    lock.release()
    expect(lock.statistics().depth).toBe(1)
    lock.release()
    expect(lock.statistics().depth).toBe(0)
  })

  test('an RLock may be released by its holder only', async () => {
    const lock = keep(new RLock({ memory }))
    lock.acquireSync()
    const remote = await actors[0]!.attach(lock.handle)
    await expect(remote.call('release')).rejects.toMatchObject({ code: 'NOT_OWNER' })
    expect(await remote.call('tryAcquire')).toBeUndefined()
    lock.release()
    await remote.call('acquireSync')
    expect(() => lock.release()).toThrow(expect.objectContaining({ code: 'NOT_OWNER' }))
    await remote.call('release')
  })
})
