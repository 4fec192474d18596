import { describe, expect, test } from 'vitest'
import { FakeClock } from '../testing/fake-clock.ts'
import { Future } from './future.ts'
import type { WaitResult } from './wait.ts'
import { wait } from './wait.ts'

function finished(value: number): Future<number> {
  const future = new Future<number>()
  future.setResult(value)
  return future
}

function failed(): Future<number> {
  const future = new Future<number>()
  future.addDoneCallback(() => undefined)
  future.setException(new Error('expected'))
  return future
}

/** A promise whose state can be asked for. */
function observed(promise: Promise<WaitResult<number>>): { result: WaitResult<number> | undefined } {
  const box: { result: WaitResult<number> | undefined } = { result: undefined }
  void promise.then((result) => (box.result = result))
  return box
}

/** When timers run, no promise is left to run. */
const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('all-completed', () => {
  test('returns when the last is done; duplicates collapse', async () => {
    const [a, b] = [new Future<number>(), finished(2)]
    const box = observed(wait([a, b, a]))
    await microtasks()
    expect(box.result).toBeUndefined()
    a.setResult(1)
    await microtasks()
    expect(box.result).toEqual({ done: new Set([a, b]), notDone: new Set() })
  })

  test('returns at once when there is nothing to wait for', async () => {
    expect(await wait([])).toEqual({ done: new Set(), notDone: new Set() })
    const a = finished(1)
    expect((await wait([a])).done).toEqual(new Set([a]))
  })

  test('a failure does not end it', async () => {
    const [a, b] = [failed(), new Future<number>()]
    const box = observed(wait([a, b]))
    await microtasks()
    expect(box.result).toBeUndefined()
    b.setResult(1)
    await microtasks()
    expect(box.result?.done.size).toBe(2)
  })

  test('a cancelled future counts when its executor knows, not before', async () => {
    const future = new Future<number>()
    future.cancel()
    const box = observed(wait([future]))
    await microtasks()
    expect(box.result).toBeUndefined()
    future.setRunningOrNotifyCancel()
    await microtasks()
    expect(box.result?.done).toEqual(new Set([future]))
  })
})

test('first-completed returns all that are done by then', async () => {
  const [a, b, c] = [finished(1), finished(2), new Future<number>()]
  const { done, notDone } = await wait([a, b, c], { returnWhen: 'first-completed' })
  expect([done, notDone]).toEqual([new Set([a, b]), new Set([c])])

  const [d, e] = [new Future<number>(), new Future<number>()]
  const box = observed(wait([d, e], { returnWhen: 'first-completed' }))
  e.setResult(1)
  await microtasks()
  expect(box.result).toEqual({ done: new Set([e]), notDone: new Set([d]) })
})

describe('first-exception', () => {
  test('returns with the first failure', async () => {
    const [a, b, c] = [new Future<number>(), new Future<number>(), new Future<number>()]
    const box = observed(wait([a, b, c], { returnWhen: 'first-exception' }))
    a.setResult(1)
    await microtasks()
    expect(box.result).toBeUndefined()
    b.setException(new Error('expected'))
    await microtasks()
    expect(box.result).toEqual({ done: new Set([a, b]), notDone: new Set([c]) })
  })

  test('returns at once when one has failed already', async () => {
    const [a, b] = [failed(), new Future<number>()]
    expect((await wait([a, b], { returnWhen: 'first-exception' })).notDone).toEqual(new Set([b]))
  })

  test('ignores cancelled ones, and returns when all are done', async () => {
    const [a, b] = [new Future<number>(), new Future<number>()]
    const box = observed(wait([a, b], { returnWhen: 'first-exception' }))
    a.cancel()
    a.setRunningOrNotifyCancel()
    await microtasks()
    expect(box.result).toBeUndefined()
    b.setResult(1)
    await microtasks()
    expect(box.result?.done).toEqual(new Set([a, b]))
  })
})

test('a timeout returns what is done, and leaves nothing on the clock or the futures', async () => {
  const clock = new FakeClock()
  const [a, b] = [new Future<number>(), new Future<number>()]
  const box = observed(wait([a, b], { timeoutMs: 50, clock }))
  a.setResult(1)
  clock.advance(49)
  await microtasks()
  expect(box.result).toBeUndefined()
  clock.advance(1)
  await microtasks()
  expect(box.result).toEqual({ done: new Set([a]), notDone: new Set([b]) })
  b.setResult(2)
  expect(box.result?.notDone).toEqual(new Set([b]))
  expect(clock.pending).toBe(0)
})

test('an end in time takes the timer away', async () => {
  const clock = new FakeClock()
  const future = new Future<number>()
  const waiting = wait([future], { timeoutMs: 50, clock })
  future.setResult(1)
  await waiting
  expect(clock.pending).toBe(0)
})
