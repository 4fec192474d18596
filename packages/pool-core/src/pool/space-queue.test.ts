import { expect, test } from 'vitest'
import { ForkpoolError } from '../base/index.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { SpaceQueue } from './space-queue.ts'

interface Places {
  readonly queue: SpaceQueue
  readonly clock: FakeClock
  /** Who took a place, in order. */
  readonly came: string[]
  /** Waits for a place and takes it. */
  readonly come: (name: string, signal?: AbortSignal) => Promise<void>
  readonly leave: () => void
}

function places(count: number): Places {
  const clock = new FakeClock()
  const came: string[] = []
  let free = count
  const queue = new SpaceQueue(clock, () => free)
  return {
    queue,
    clock,
    came,
    async come(name, signal) {
      await queue.wait(signal)
      expect(free).toBeGreaterThan(0)
      free--
      queue.taken()
      came.push(name)
    },
    leave() {
      free++
      queue.freed()
    },
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('those who wait come in order, as many as there are places', async () => {
  const { clock, came, come, leave } = places(2)
  const all = ['a', 'b', 'c', 'd', 'e'].map((name) => come(name))
  await settle()
  expect(came).toEqual(['a', 'b'])
  leave()
  leave()
  await settle()
  expect(came).toEqual(['a', 'b', 'c', 'd'])
  clock.advance(1)
  await settle()
  expect(came).toEqual(['a', 'b', 'c', 'd'])
  leave()
  await Promise.all(all)
  expect(came).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(clock.nextAt()).toBeUndefined()
})

test('who waits and takes again and again, alone, is never held up', async () => {
  const { came, come } = places(3)
  for (const name of ['a', 'b', 'c']) await come(name)
  expect(came).toEqual(['a', 'b', 'c'])
})

test('a place that the one who was called does not take goes to the next', async () => {
  const { queue, clock, came, come } = places(1)
  await queue.wait()
  const second = come('b')
  await settle()
  expect(came).toEqual([])
  clock.advance(0)
  await second
  expect(came).toEqual(['b'])
})

test('one who stops waiting is passed over', async () => {
  const { came, come, leave } = places(0)
  const controller = new AbortController()
  const first = come('a', controller.signal)
  const second = come('b')
  controller.abort(new Error('enough'))
  await expect(first).rejects.toThrow('enough')
  await expect(come('c', controller.signal)).rejects.toThrow('enough')
  leave()
  await second
  expect(came).toEqual(['b'])
})

test('all can be sent away, each with an error of its own', async () => {
  const { queue } = places(0)
  const waiting = [queue.wait(), queue.wait()].map((wait) => wait.catch((error: unknown) => error))
  queue.rejectAll(() => new ForkpoolError('POOL_CLOSED'))
  const [first, second] = await Promise.all(waiting)
  expect(first).toMatchObject({ code: 'POOL_CLOSED' })
  expect(second).not.toBe(first)
})
