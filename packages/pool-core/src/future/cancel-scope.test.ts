import { expect, test } from 'vitest'
import { CancelledError } from '../base/errors.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { CancelScope } from './cancel-scope.ts'
import { Future } from './future.ts'

/** Rejects with the signal's reason when it is aborted, and not before. */
const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

test('cancel aborts the signal and cancels the futures, with the first reason', () => {
  const scope = new CancelScope()
  const [before, finished] = [scope.add(new Future<number>()), scope.add(new Future<number>())]
  finished.setResult(1)
  const reason = new Error('enough')
  scope.cancel(reason)
  scope.cancel(new Error('too late'))
  expect([scope.cancelled, scope.signal.reason]).toEqual([true, reason])
  expect([before.cancelled(), finished.cancelled()]).toEqual([true, false])
  expect(scope.add(new Future<number>()).cancelled()).toBe(true)
})

test('run gives the result, or what was thrown, where the scope is not cancelled', async () => {
  using scope = new CancelScope()
  expect(await scope.run(() => 1)).toBe(1)
  await expect(scope.run(() => Promise.reject(new RangeError('bad')))).rejects.toThrow(RangeError)
  await expect(scope.run(() => Promise.reject(new CancelledError('of something else')))).rejects.toThrow(CancelledError)
})

test('a cancellation of the scope itself ends in its run; another error does not', async () => {
  const scope = new CancelScope()
  const ends = scope.run(untilAborted)
  const future = scope.add(new Future<number>())
  const endsToo = scope.run(() => future)
  const fails = scope.run((signal) => untilAborted(signal).catch(() => Promise.reject(new RangeError('while it cleaned up'))))
  scope.cancel()
  expect(await Promise.all([ends, endsToo])).toEqual([undefined, undefined])
  await expect(fails).rejects.toThrow(RangeError)
})

test('a cancellation from outside passes through the inner scope to the one that it was meant for', async () => {
  const outer = new CancelScope()
  const inner = new CancelScope({ signal: outer.signal })
  const innerRun = inner.run(untilAborted)
  const outerRun = outer.run(() => innerRun)
  const reason = new Error('all of it')
  outer.cancel(reason)
  await expect(innerRun).rejects.toBe(reason)
  expect(await outerRun).toBeUndefined()
  expect(new CancelScope({ signal: outer.signal }).signal.reason).toBe(reason)
})

test('the time of a scope is over after timeoutMs, and not once it was left', async () => {
  const clock = new FakeClock()
  const scope = new CancelScope({ timeoutMs: 100, clock })
  const run = scope.run(untilAborted)
  clock.advance(99)
  expect(scope.cancelled).toBe(false)
  clock.advance(1)
  expect(await run).toBeUndefined()
  expect(scope.signal.reason).toMatchObject({ code: 'TIMED_OUT' })
  {
    using left = new CancelScope({ timeoutMs: 100, clock })
    void left.add(new Future<number>())
  }
  expect(clock.pending).toBe(0)
  expect(() => new CancelScope({ timeoutMs: -1 })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  expect(() => new CancelScope({ timeoutMs: Number.NaN })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
})

test('a scope that was left cancels nothing any more, and is let go by the outer signal', () => {
  const outer = new AbortController()
  const future = new Future<number>()
  {
    using scope = new CancelScope({ signal: outer.signal })
    void scope.add(future)
  }
  outer.abort()
  expect(future.cancelled()).toBe(false)
})

test('of many futures all that have not ended are cancelled', () => {
  const scope = new CancelScope()
  const futures = Array.from({ length: 5_000 }, (_, i) => {
    const future = scope.add(new Future<number>())
    if (i % 3 > 0) future.setResult(i)
    return future
  })
  scope.cancel()
  expect(futures.filter((future) => future.cancelled())).toHaveLength(1_667)
})
