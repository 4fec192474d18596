import { expect, test } from 'vitest'
import { encodeItems } from '../protocol/index.ts'
import { FakeClock } from '../testing/index.ts'
import { ResultIterator } from './result-iterator.ts'
import { ResultStream } from './result-stream.ts'

function open(): { clock: FakeClock; stream: ResultStream; results: ResultIterator<number> } {
  const clock = new FakeClock()
  const stream = new ResultStream({ task: 't', ordered: true, settle: false, failFast: false, bufferSize: 10, fallback: undefined })
  stream.attach({ consumed: () => {}, resume: () => {}, cancel: () => {} })
  stream.handedOut(3)
  return { clock, stream, results: new ResultIterator<number>(stream, clock) }
}

test('a read that was given up is passed over: the result is for the one that waits longest of the others', async () => {
  const { clock, stream, results } = open()
  const reads = [results.next(100), results.next(), results.next(200)]
  const given = expect(reads[0]).rejects.toMatchObject({ code: 'TIMED_OUT', message: 'there was no result within 100 ms' })
  clock.advance(100)
  await given
  stream.results(0, 2, encodeItems([1, 2]), undefined, 0)
  expect(await Promise.all(reads.slice(1))).toEqual([
    { value: 1, done: false },
    { value: 2, done: false },
  ])
  expect(clock.pending).toBe(0)
  const last = results.next(50)
  stream.results(2, 1, encodeItems([3]), undefined, 0)
  expect(await last).toEqual({ value: 3, done: false })
  expect(clock.pending).toBe(0)
})

test('the end of the stream takes the timers of its reads away', async () => {
  const { clock, results } = open()
  const reads = [results.next(100), results.next(100)]
  await results.return()
  expect(await Promise.all(reads)).toEqual([
    { value: undefined, done: true },
    { value: undefined, done: true },
  ])
  expect(clock.pending).toBe(0)
})

test('a limit that is no time is refused', async () => {
  const { results } = open()
  for (const timeoutMs of [-1, 0.5, Number.NaN]) await expect(results.next(timeoutMs)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
})
