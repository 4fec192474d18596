import { expect, test } from 'vitest'
import { FakeClock } from '../testing/fake-clock.ts'
import { asCompleted } from './as-completed.ts'
import { Future } from './future.ts'

function finished(value: number): Future<number> {
  const future = new Future<number>()
  future.setResult(value)
  return future
}

test('yields those that have ended first, then the others as they end, each once', async () => {
  const [a, b, c, d] = [new Future<number>(), finished(2), new Future<number>(), finished(4)]
  const iterator = asCompleted([a, b, c, b, d, a])
  const first = [(await iterator.next()).value, (await iterator.next()).value]
  expect(first).toEqual([b, d])
  c.setResult(3)
  a.setResult(1)
  expect([(await iterator.next()).value, (await iterator.next()).value]).toEqual([c, a])
  expect(await iterator.next()).toEqual({ value: undefined, done: true })
})

test('hands out futures, not their values, also in a for-await loop', async () => {
  const values: number[] = []
  for await (const future of asCompleted([finished(1), finished(2)])) {
    expect(future).toBeInstanceOf(Future)
    values.push(await future.result())
  }
  expect(values).toEqual([1, 2])
})

test('a failed future is yielded, and its error waits inside', async () => {
  const future = new Future<number>()
  const iterator = asCompleted([future])
  const next = iterator.next()
  const reason = new Error('expected')
  future.setException(reason)
  const { value } = await next
  expect(await value?.exception()).toBe(reason)
})

test('a cancelled future comes when its executor knows', async () => {
  const [a, b] = [new Future<number>(), new Future<number>()]
  const iterator = asCompleted([a, b])
  a.cancel()
  b.setResult(2)
  expect((await iterator.next()).value).toBe(b)
  a.setRunningOrNotifyCancel()
  expect((await iterator.next()).value).toBe(a)
})

test('calls of next that overlap are answered in order, and those beyond the last with the end', async () => {
  const [a, b] = [new Future<number>(), new Future<number>()]
  const iterator = asCompleted([a, b])
  const nexts = [iterator.next(), iterator.next(), iterator.next()]
  b.setResult(2)
  a.setResult(1)
  expect((await Promise.all(nexts)).map((next) => next.value)).toEqual([b, a, undefined])
})

test('the timeout counts from the call, for all together, and names what is missing', async () => {
  const clock = new FakeClock()
  const futures = [finished(1), new Future<number>(), finished(3), new Future<number>()]
  const iterator = asCompleted(futures, { timeoutMs: 100, clock })
  clock.advance(100)
  expect((await iterator.next()).value).toBe(futures[0])
  expect((await iterator.next()).value).toBe(futures[2])
  await expect(iterator.next()).rejects.toMatchObject({ code: 'TIMED_OUT', message: '2 (of 4) futures unfinished' })
  expect(await iterator.next()).toEqual({ value: undefined, done: true })
})

test('a read that waits is rejected by the timeout', async () => {
  const clock = new FakeClock()
  const iterator = asCompleted([new Future<number>(), new Future<number>()], { timeoutMs: 100, clock })
  const next = iterator.next()
  clock.advance(100)
  await expect(next).rejects.toMatchObject({ message: '2 (of 2) futures unfinished' })
})

test('leaves nothing on the clock once all have ended, or when left early', async () => {
  const clock = new FakeClock()
  const future = new Future<number>()
  const iterator = asCompleted([future, finished(1)], { timeoutMs: 100, clock })
  future.setResult(2)
  expect(clock.pending).toBe(0)
  await iterator.return?.()

  const left = asCompleted([new Future<number>()], { timeoutMs: 100, clock })
  const waiting = left.next()
  await left.return?.()
  expect(await waiting).toEqual({ value: undefined, done: true })
  expect(clock.pending).toBe(0)
})

test('nothing to wait for is an empty iteration', async () => {
  const yielded: unknown[] = []
  for await (const future of asCompleted<number>([])) yielded.push(future)
  expect(yielded).toEqual([])
})
