import { expect, test } from 'vitest'
import { CancelledError } from '../base/errors.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { Future } from './future.ts'
import { TaskGroup } from './task-group.ts'

/** Rejects with the signal's reason when it is aborted, and not before. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

/** A future whose executor hears of a cancellation. */
function pooled(): Future<number> {
  const future: Future<number> = new Future<number>({ onCancel: () => queueMicrotask(() => future.setRunningOrNotifyCancel()) })
  return future
}

test('gives what the body gives, when everything in the group has ended, what came later too', async () => {
  const [first, second] = [pooled(), pooled()]
  let isOver = false
  const run = TaskGroup.run((group) => {
    group.add(first).addDoneCallback(() => void group.add(second))
    return 'value'
  }).finally(() => (isOver = true))
  first.setResult(1)
  await Promise.resolve()
  expect(isOver).toBe(false)
  second.setResult(2)
  expect(await run).toBe('value')
})

test('an empty group ends with its body, and an ended one takes no more', async () => {
  let left: TaskGroup | undefined
  expect(await TaskGroup.run((group) => (left = group) && 1)).toBe(1)
  expect(() => left?.add(pooled())).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }))
  expect(() => left?.start(() => 1)).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }))
})

test('the first failure cancels the rest, is waited for, and named', async () => {
  const [failing, other] = [pooled(), pooled()]
  const order: string[] = []
  const reason = new RangeError('bad')
  const run = TaskGroup.run(async (group) => {
    void group.add(failing)
    void group.add(other)
    void group.start(async (signal) => {
      await untilAborted(signal).catch(() => order.push('told'))
      await Promise.resolve()
      order.push('cleaned up')
    })
    await untilAborted(group.signal)
  })
  failing.setException(reason)
  const error: unknown = await run.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(AggregateError)
  expect(error).toMatchObject({ errors: [reason], cause: reason, message: '1 of 3 calls of the group failed: RangeError: bad' })
  expect(order).toEqual(['told', 'cleaned up'])
  expect(other.cancelled()).toBe(true)
})

test('failures while the others clean up are all there, in order, each once', async () => {
  const failing = pooled()
  const [first, second] = [new Error('first'), new Error('second')]
  const run = TaskGroup.run(async (group) => {
    void group.start((signal) => untilAborted(signal).catch(() => Promise.reject(second)))
    // What the body waits for fails the body as well.
    await group.add(failing)
  })
  failing.setException(first)
  await expect(run).rejects.toMatchObject({ errors: [first, second] })
})

test('a body that throws cancels the group', async () => {
  const future = pooled()
  const error = new Error('body')
  const run = TaskGroup.run((group) => {
    void group.add(future)
    throw error
  })
  await expect(run).rejects.toMatchObject({ errors: [error] })
  expect(future.cancelled()).toBe(true)
})

test('cancel ends what is open, and is no failure', async () => {
  const future = pooled()
  const late: Future<number>[] = []
  const value = await TaskGroup.run((group) => {
    void group.add(future)
    const started = group.start(untilAborted)
    group.cancel()
    late.push(group.add(pooled()), started)
    let hasBegun = false
    late.push(group.start(() => ((hasBegun = true), 1)))
    expect(hasBegun).toBe(false)
    return 'value'
  })
  expect(value).toBe('value')
  expect([future, ...late].map((one) => one.cancelled())).toEqual([true, true, true, true])
})

test('one call that is cancelled by itself harms nobody; a started one is told, and waited for', async () => {
  const order: string[] = []
  const value = await TaskGroup.run((group) => {
    group.add(pooled()).cancel()
    const started = group.start((signal) => untilAborted(signal).catch(() => order.push('told')))
    queueMicrotask(() => started.cancel())
    return 'value'
  })
  expect([value, order]).toEqual(['value', ['told']])
})

test('an abort from outside, and the end of its time, reject when all has ended', async () => {
  const outer = new AbortController()
  const clock = new FakeClock()
  const futures = [pooled(), pooled()]
  const runs = [
    TaskGroup.run((group) => void group.add(futures[0]!), { signal: outer.signal }),
    TaskGroup.run((group) => void group.add(futures[1]!), { timeoutMs: 100, clock }),
  ]
  const reason = new Error('outside')
  outer.abort(reason)
  clock.advance(100)
  const outcomes = await Promise.allSettled(runs)
  expect(outcomes).toMatchObject([{ reason }, { reason: { code: 'TIMED_OUT' } }])
  expect(futures.map((future) => future.cancelled())).toEqual([true, true])
  expect(clock.pending).toBe(0)
})

test('groups nest: the inner one ends first, and its failure is one of the outer one', async () => {
  const reason = new Error('deep')
  const run = TaskGroup.run((outer) => {
    void outer.start((signal) => TaskGroup.run((inner) => void inner.start(() => Promise.reject(reason)), { signal }))
    void outer.start(untilAborted)
  })
  await expect(run).rejects.toMatchObject({ errors: [{ errors: [reason] }] })
})

test('a call that throws a CancelledError of its own has failed', async () => {
  const error = new CancelledError('of another group')
  await expect(TaskGroup.run((group) => void group.start(() => Promise.reject(error)))).rejects.toMatchObject({ errors: [error] })
})
