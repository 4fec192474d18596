import { fork } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { Barrier, DeadlockWatch, Lock, Queue, RLock, Value } from '../src/sync/index.ts'
import type { Handle } from '../src/sync/index.ts'
import { Actor, KINDS, shmEntries, until } from './sync-actors.ts'

const made: { close(): void; unlink(): void }[] = []
const actors: Actor[] = []
const names: string[] = []
const keep = <Kept extends { close(): void; unlink(): void; readonly handle: Handle }>(kept: Kept): Kept => {
  made.push(kept)
  if (kept.handle.memory.kind === 'process') names.push(kept.handle.memory.name)
  return kept
}
const start = (kind: 'thread' | 'process'): Actor => {
  const actor = Actor.start(kind)
  actors.push(actor)
  return actor
}

afterEach(async () => {
  await Promise.all(actors.splice(0).map((actor) => actor.kill()))
  for (const one of made.splice(0)) {
    one.unlink()
    one.close()
  }
})

describe.each(KINDS)('robust locks between %s actors', (memory) => {
  test.each(['Lock', 'RLock'] as const)('the next owner of a %s is told within 100 ms that the last one died', async (kind) => {
    const lock = keep(kind === 'Lock' ? new Lock({ memory, robust: true }) : new RLock({ memory, robust: true }))
    const holder = start(memory)
    await (await holder.attach(lock.handle)).call('acquireSync')
    const other = await start(memory).attach(lock.handle)
    const waiting = other.call<{ ownerDied: boolean }>('acquireSync')
    await until(() => lock.statistics().waiters === 1)
    await holder.kill()
    const killed = performance.now()
    expect(await waiting).toEqual({ held: true, ownerDied: true })
    expect(performance.now() - killed).toBeLessThan(100)
    await other.call('release')
    expect(lock.isLocked).toBe(false)
  })

  test('an async waiter is told too', async () => {
    const lock = keep(new Lock({ memory, robust: true }))
    const holder = start(memory)
    await (await holder.attach(lock.handle)).call('acquireSync')
    const waiting = lock.acquire()
    await until(() => lock.statistics().waiters === 1)
    await holder.kill()
    const killed = performance.now()
    const held = await waiting
    expect(performance.now() - killed).toBeLessThan(100)
    expect(held.ownerDied).toBe(true)
    held.release()
  })

  test('every next owner is told until one calls makeConsistent', async () => {
    const lock = keep(new Lock({ memory, robust: true }))
    const holder = start(memory)
    await (await holder.attach(lock.handle)).call('acquireSync')
    await holder.kill()
    using first = lock.acquireSync()
    expect(first.ownerDied).toBe(true)
    expect(lock.statistics()).toMatchObject({ isRobust: true, isInconsistent: true })
    first.release()
    const second = lock.tryAcquire()
    expect(second?.ownerDied).toBe(true)
    lock.makeConsistent()
    second?.release()
    using third = await lock.acquire()
    expect(third.ownerDied).toBe(false)
  })

  test('tryAcquire finds a dead owner', async () => {
    const lock = keep(new Lock({ memory, robust: true }))
    const holder = start(memory)
    await (await holder.attach(lock.handle)).call('acquireSync')
    expect(lock.tryAcquire()).toBeUndefined()
    await holder.kill()
    expect(lock.tryAcquire()?.ownerDied).toBe(true)
  })

  test('one of many waiters gets it, and only that one at a time', async () => {
    const lock = keep(new Lock({ memory, robust: true }))
    const holder = start(memory)
    await (await holder.attach(lock.handle)).call('acquireSync')
    const remotes = await Promise.all([start(memory), start(memory), start(memory)].map((actor) => actor.attach(lock.handle)))
    let inside = 0
    const all = remotes.map(async (remote) => {
      const held = await remote.call('acquireSync')
      expect(++inside).toBe(1)
      inside--
      await remote.call('release')
      return held
    })
    await until(() => lock.statistics().waiters === 3)
    await holder.kill()
    expect(await Promise.all(all)).toEqual(Array.from({ length: 3 }, () => ({ held: true, ownerDied: true })))
  })

  test('a lock that is not robust stays locked, as in Python', async () => {
    const lock = keep(new Lock({ memory }))
    const holder = start(memory)
    await (await holder.attach(lock.handle)).call('acquireSync')
    await holder.kill()
    expect(lock.acquireSync({ timeoutMs: 120 })).toBeUndefined()
    lock.release()
    expect(lock.tryAcquire()?.ownerDied).toBe(false)
  })

  test.each([
    ['Lock', Lock],
    ['RLock', RLock],
  ])('two who wait for each other by a %s are told, with the circle named', async (_name, Kind) => {
    const watch = keep(new DeadlockWatch({ memory }))
    const [left, right] = [keep(new Kind({ memory, watch, name: 'left' })), keep(new Kind({ memory, watch, name: 'right' }))]
    const remotes = await Promise.all(
      [start(memory), start(memory)].map(async (actor) => ({
        left: await actor.attach(left.handle),
        right: await actor.attach(right.handle),
      })),
    )
    const [one, two] = [remotes[0]!, remotes[1]!]
    await one.left.call('acquireSync')
    await two.right.call('acquireSync')
    const outcomes = [
      one.right.call('acquireSync').catch((error: Error) => error),
      two.left.call('acquireSync').catch((error: Error) => error),
    ]
    const first = await Promise.race(outcomes)
    expect(first).toMatchObject({ name: 'DeadlockError', code: 'DEADLOCK' })
    const { message } = first as Error
    expect(message).toMatch(/waits for left, held by (process|thread) \d+/)
    expect(message).toMatch(/waits for right, held by (process|thread) \d+/)
    // Whoever was told releases what it holds, and the other goes on.
    const loser = (await Promise.race([outcomes[0]!.then(() => 0), outcomes[1]!.then(() => 1)])) === 0 ? one.left : two.right
    await loser.call('release')
    expect(await Promise.all(outcomes)).toContainEqual({ held: true, ownerDied: false })
  })
})

test('10 processes × 100,000 increments under one Lock are exact, and without it some are lost', async () => {
  const lock = keep(new Lock({ memory: 'process' }))
  const file = new URL('./sync-increment-actor.ts', import.meta.url)
  const children = Array.from({ length: 10 }, () => fork(file, { execArgv: ['--conditions=forkpool-source'], serialization: 'advanced' }))
  await Promise.all(children.map((child) => once(child, 'message')))
  const start = keep(new Barrier({ memory: 'process', parties: children.length }))
  let turns = 0
  const total = async (handle: Lock['handle'] | undefined): Promise<number> => {
    const counter = keep(new Value('i32', 0, { memory: 'process', lock: false }))
    let isOver = false
    const over = Promise.all(children.map((child) => once(child, 'message'))).then(() => {
      isOver = true
    })
    for (const child of children) child.send({ lock: handle, counter: counter.handle, start: start.handle, times: 100_000 })
    // An eleventh that wants the lock all the time, without blocking its loop, is not starved by the ten.
    while (handle !== undefined && !isOver) {
      const held = await lock.acquire()
      turns++
      held.release()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await over
    return counter.value
  }
  expect(await total(lock.handle)).toBe(1_000_000)
  expect(turns).toBeGreaterThan(10)
  // Two processes must run at the same moment for an update to be lost, which a busy machine may not do in one round.
  let least = 1_000_000
  for (let round = 0; round < 20 && least === 1_000_000; round++) least = await total(undefined)
  expect(least).toBeLessThan(1_000_000)
  const exits = children.map((child) => once(child, 'exit'))
  for (const child of children) child.disconnect()
  await Promise.all(exits)
})

test('a queue works on after processes were killed in the middle of it', async () => {
  const queue = keep(new Queue<number>({ memory: 'process', maxSize: 8 }))
  for (let round = 0; round < 3; round++) {
    const workers = [start('process'), start('process')]
    const remotes = await Promise.all(workers.map((actor) => actor.attach(queue.handle)))
    // They put and take in endless loops, so that the kill meets them anywhere.
    void remotes[0]!.call('putSync', round).catch(() => {})
    for (const remote of remotes)
      void (async () => {
        for (;;) await remote.call('putSync', 1).then(() => remote.call('getSync'))
      })().catch(() => {})
    await until(() => queue.statistics().unfinished > round * 20)
    await Promise.all(workers.map((worker) => worker.kill()))
    for (let next = queue.tryGet(); next !== undefined; next = queue.tryGet()) expect(next.value).toBeTypeOf('number')
    for (let i = 0; i < 8; i++) expect(queue.tryPut(i)).toBe(true)
    expect(queue.isFull).toBe(true)
    for (let i = 0; i < 8; i++) expect(queue.getSync()).toBe(i)
  }
})

test('nothing of all this is left in /dev/shm', () => {
  expect(names.length).toBeGreaterThan(5)
  expect(shmEntries().filter((name) => names.includes(name))).toEqual([])
})
