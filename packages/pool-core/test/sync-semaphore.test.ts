import { describe, expect, test } from 'vitest'
import { BoundedSemaphore, Event, Semaphore } from '../src/sync/index.ts'
import { actorsForAll, keepUntilTheEnd } from './shared-objects.ts'
import { KINDS, until } from './sync-actors.ts'

describe.each(KINDS)('between %s actors', (memory) => {
  const keep = keepUntilTheEnd()
  const actors = actorsForAll(memory, 3)

  describe.each([
    ['Semaphore', Semaphore],
    ['BoundedSemaphore', BoundedSemaphore],
  ] as const)('%s', (_name, Kind) => {
    const make = (permits?: number): Semaphore => keep(new Kind({ memory, permits }))

    test('a bad number of permits is refused', () => {
      expect(() => new Kind({ memory, permits: -1 })).toThrow(RangeError)
      expect(() => new Kind({ memory, permits: 1.5 })).toThrow(RangeError)
      expect(() => new Kind({ memory, permits: 2 ** 31 })).toThrow(RangeError)
    })

    test('acquire takes, release gives back', async () => {
      const semaphore = make(2)
      semaphore.acquireSync()
      await semaphore.acquire()
      expect(semaphore.permits).toBe(0)
      semaphore.release()
      expect(semaphore.permits).toBe(1)
      semaphore.release()
      expect(semaphore.permits).toBe(2)
    })

    test('closed while a permit is taken', () => {
      const semaphore = make(1)
      const again = Kind.attach(semaphore.handle)
      again.acquireSync()
      again.close()
      expect(semaphore.permits).toBe(0)
    })

    test('the others wait while there is no permit', async () => {
      const semaphore = make(2)
      semaphore.acquireSync()
      semaphore.acquireSync()
      const remotes = await Promise.all(actors.map((actor) => actor.attach(semaphore.handle)))
      let got = 0
      const all = remotes.map(async (remote) => {
        await remote.call('acquireSync')
        got++
      })
      await until(() => semaphore.statistics().waiters === 3)
      semaphore.release()
      await until(() => got === 1)
      expect(semaphore.permits).toBe(0)
      semaphore.release()
      await until(() => got === 2)
      if (Kind === BoundedSemaphore) expect(() => semaphore.release(3)).toThrow(expect.objectContaining({ code: 'UNBALANCED' }))
      semaphore.release()
      await Promise.all(all)
      expect(semaphore.permits).toBe(0)
    })

    test('release of several wakes as many', async () => {
      const semaphore = make(3)
      for (let i = 0; i < 3; i++) semaphore.acquireSync()
      const remotes = await Promise.all(actors.map((actor) => actor.attach(semaphore.handle)))
      const all = remotes.map((remote) => remote.call('acquireSync'))
      await until(() => semaphore.statistics().waiters === 3)
      expect(() => semaphore.release(0)).toThrow(RangeError)
      expect(() => semaphore.release(-1)).toThrow(RangeError)
      semaphore.release(3)
      await Promise.all(all)
      expect(semaphore.permits).toBe(0)
    })

    test('tryAcquire takes what is there', () => {
      const semaphore = make(2)
      expect(semaphore.tryAcquire()).toBeDefined()
      expect(semaphore.tryAcquire()).toBeDefined()
      expect(semaphore.tryAcquire()).toBeUndefined()
      semaphore.release()
      expect(semaphore.tryAcquire()).toBeDefined()
    })

    test('tryAcquire in many, as many succeed as there are permits', async () => {
      const semaphore = make(2)
      const remotes = await Promise.all(actors.map((actor) => actor.attach(semaphore.handle)))
      const got = await Promise.all(remotes.map((remote) => remote.call('tryAcquire')))
      expect(got.filter((guard) => guard !== undefined)).toHaveLength(2)
    })

    test('a timeout ends the wait and takes nothing', async () => {
      const semaphore = make(1)
      semaphore.acquireSync()
      const remote = await actors[0]!.attach(semaphore.handle)
      expect(semaphore.acquireSync({ timeoutMs: 5 })).toBeUndefined()
      expect(await semaphore.acquire({ timeoutMs: 5 })).toBeUndefined()
      expect(await remote.call('acquireSync', { timeoutMs: 30 })).toBeUndefined()
      expect(() => semaphore.acquireSync({ timeoutMs: -1 })).toThrow(RangeError)
      semaphore.release()
      expect(await remote.call('acquireSync', { timeoutMs: 1000 })).toMatchObject({ held: true })
    })

    test('the default is one permit', () => {
      const semaphore = make()
      expect(semaphore.permits).toBe(1)
      semaphore.acquireSync()
      expect(semaphore.tryAcquire()).toBeUndefined()
      semaphore.release()
    })

    test('a guard gives back at the end of its block, by an error too', () => {
      const semaphore = make(2)
      expect(() => {
        using _held = semaphore.acquireSync()
        expect(semaphore.permits).toBe(1)
        throw new Error('inside')
      }).toThrow('inside')
      expect(semaphore.permits).toBe(2)
    })

    test('semaphore statistics tell permits and waiters', () => {
      expect(make(3).statistics()).toEqual({ permits: 3, waiters: 0 })
    })
  })

  test('a Semaphore may be released more often than it was taken', () => {
    const semaphore = keep(new Semaphore({ memory }))
    semaphore.release()
    expect(semaphore.permits).toBe(2)
    semaphore.acquireSync()
    semaphore.acquireSync()
    expect(() => new Semaphore({ permits: 2 ** 31 - 1 }).release()).toThrow(RangeError)
  })

  test('a BoundedSemaphore may not, and keeps its value', () => {
    const semaphore = keep(new BoundedSemaphore({ memory, permits: 2 }))
    expect(() => semaphore.release()).toThrow(expect.objectContaining({ code: 'UNBALANCED' }))
    semaphore.acquireSync()
    expect(() => semaphore.release(2)).toThrow(expect.objectContaining({ code: 'UNBALANCED' }))
    expect(semaphore.permits).toBe(1)
    semaphore.release()
    expect(semaphore.permits).toBe(2)
  })

  test('an Event is set and cleared', () => {
    const event = keep(new Event({ memory }))
    expect(event.isSet).toBe(false)
    event.set()
    expect(event.isSet).toBe(true)
    event.set()
    event.clear()
    expect(event.isSet).toBe(false)
    event.clear()
    expect(event.statistics()).toEqual({ isSet: false, waiters: 0 })
  })

  test('setting an Event releases all who wait, and who come later', async () => {
    const event = keep(new Event({ memory }))
    const remotes = await Promise.all(actors.map((actor) => actor.attach(event.handle)))
    for (let round = 0; round < 2; round++) {
      const all = [...remotes.map((remote) => remote.call('waitSync')), event.wait(), event.wait()]
      await until(() => event.statistics().waiters === 5)
      event.set()
      expect(await Promise.all(all)).toEqual([true, true, true, true, true])
      expect(await remotes[0]!.call('waitSync')).toBe(true)
      event.clear()
    }
  })

  test('waiting for an Event can time out', async () => {
    const event = keep(new Event({ memory }))
    const remote = await actors[0]!.attach(event.handle)
    expect(await event.wait({ timeoutMs: 0 })).toBe(false)
    expect(event.waitSync({ timeoutMs: 5 })).toBe(false)
    const start = performance.now()
    expect(await remote.call('waitSync', { timeoutMs: 50 })).toBe(false)
    expect(performance.now() - start).toBeGreaterThanOrEqual(49)
    event.set()
    expect(event.waitSync({ timeoutMs: 0 })).toBe(true)
    await expect(event.wait({ signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop')
  })

  test('a waiter sees an Event that was set and cleared at once', async () => {
    const event = keep(new Event({ memory }))
    const remotes = await Promise.all(actors.map((actor) => actor.attach(event.handle)))
    const all = [...remotes.map((remote) => remote.call('waitSync', { timeoutMs: 10_000 })), event.wait({ timeoutMs: 10_000 })]
    await until(() => event.statistics().waiters === 4)
    event.set()
    event.clear()
    expect(await Promise.all(all)).toEqual([true, true, true, true])
  })
})
