import { expect, test } from 'vitest'
import { FakeClock } from '../testing/fake-clock.ts'
import { Barrier } from './barrier.ts'
import { Condition } from './condition.ts'
import { Event } from './event.ts'
import { Lock } from './lock.ts'
import { Queue } from './queue.ts'
import { Semaphore } from './semaphore.ts'

/** Moves the clock to just before the end and then to it; says whether the wait was still open before. */
async function settlesAt<Value>(clock: FakeClock, atMs: number, wait: Promise<Value>): Promise<{ early: boolean; value: Value }> {
  let isSettled = false
  const settled = wait.finally(() => {
    isSettled = true
  })
  settled.catch(() => {})
  clock.advanceTo((atMs - 1) as never)
  await Promise.resolve()
  const early = isSettled
  clock.advanceTo(atMs as never)
  return { early, value: await settled }
}

test('async waits end at their time, by the clock that was given', async () => {
  const clock = new FakeClock()
  const lock = new Lock({ clock })
  lock.acquireSync()
  expect(await settlesAt(clock, 100, lock.acquire({ timeoutMs: 100 }))).toEqual({ early: false, value: undefined })
  const semaphore = new Semaphore({ clock, permits: 0 })
  expect(await settlesAt(clock, 200, semaphore.acquire({ timeoutMs: 100 }))).toEqual({ early: false, value: undefined })
  const event = new Event({ clock })
  expect(await settlesAt(clock, 300, event.wait({ timeoutMs: 100 }))).toEqual({ early: false, value: false })
  const queue = new Queue<number>({ clock, maxSize: 1 })
  await expect(settlesAt(clock, 400, queue.get({ timeoutMs: 100 }))).rejects.toMatchObject({ code: 'QUEUE_EMPTY' })
  queue.putSync(1)
  await expect(settlesAt(clock, 500, queue.put(2, { timeoutMs: 100 }))).rejects.toMatchObject({ code: 'QUEUE_FULL' })
  expect(await settlesAt(clock, 600, queue.join({ timeoutMs: 100 }))).toEqual({ early: false, value: false })
  const barrier = new Barrier({ clock, parties: 2 })
  await expect(settlesAt(clock, 700, barrier.wait({ timeoutMs: 100 }))).rejects.toMatchObject({ code: 'BARRIER_BROKEN' })
  const condition = new Condition({ clock })
  condition.acquireSync()
  expect(await settlesAt(clock, 800, condition.wait({ timeoutMs: 100 }))).toEqual({ early: false, value: false })
})

test('what comes in time settles the wait before its end', async () => {
  const clock = new FakeClock()
  const lock = new Lock({ clock })
  const held = lock.acquireSync()
  const waiting = lock.acquire({ timeoutMs: 100 })
  held.release()
  using again = await waiting
  expect(again).toBeDefined()
  expect(clock.now()).toBe(0)
})
