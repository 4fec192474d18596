import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import type { BatchSummary } from '@forkpool/pool-core/protocol'
import { encodeItems } from '@forkpool/pool-core/protocol'
import { HeardSink } from '../../test/support/heard-sink.ts'
import type { RecordedRange } from '../engine/engine.ts'
import { AttachedReader } from './attached-reader.ts'

function summaryOf(completed: number, cancelled = 0): BatchSummary {
  const outcome = cancelled > 0 ? 'cancelled' : 'completed'
  return { outcome, completed, failed: 0, cancelled, wallMs: 1, runMs: 1, workers: 1 }
}

function rangeOf(from: number, count: number): RecordedRange {
  const values = encodeItems(Array.from({ length: count }, (_, i) => from + i))
  return { from, count, values, failures: [] }
}

/** What is recorded, as an engine has it: whoever reads sees what was there when the call was made, and perhaps what came later. */
class Record {
  readonly ranges: RecordedRange[] = []
  readonly #turn: () => Promise<unknown>
  readonly #seesLater: boolean
  reads = 0

  constructor(turn: () => Promise<unknown>, seesLater: boolean) {
    this.#turn = turn
    this.#seesLater = seesLater
  }

  async *read(from: number): AsyncGenerator<RecordedRange> {
    this.reads++
    const seen = [...this.ranges]
    let at = from
    for (;;) {
      await this.#turn()
      const visible = this.#seesLater ? this.ranges : seen
      const next = visible.filter((range) => range.from + range.count > at).toSorted((a, b) => a.from - b.from)[0]
      if (next === undefined) return
      yield next
      at = next.from + next.count
    }
  }
}

/** A batch that was cut into ranges which are recorded in some order; how much of that is before the reader comes. */
const BATCH = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }),
  order: fc.infiniteStream(fc.nat()),
  before: fc.nat(12),
  /** Recorded, and the reader will hear of it after it has come. */
  underWay: fc.nat(3),
  have: fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 5 })), { maxLength: 5 }),
  seesLater: fc.boolean(),
  endAlone: fc.boolean(),
  cancelled: fc.nat(2),
  pauses: fc.array(fc.nat(40), { maxLength: 6 }),
})

function rangesInOrder(counts: readonly number[], order: Iterable<number>): readonly RecordedRange[] {
  const left: RecordedRange[] = []
  let from = 0
  for (const count of counts) {
    left.push(rangeOf(from, count))
    from += count
  }
  const inOrder: RecordedRange[] = []
  for (const choice of order) {
    if (left.length === 0) break
    inOrder.push(...left.splice(choice % left.length, 1))
  }
  return inOrder
}

test('each result is told once and the end last, whatever the interleaving of record, live results, pauses and the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), BATCH, async (scheduler, batch) => {
      const ranges = rangesInOrder(batch.counts, batch.order)
      const total = batch.counts.reduce((sum, count) => sum + count, 0)
      const summary = summaryOf(total, batch.cancelled)
      const record = new Record(() => scheduler.schedule(Promise.resolve(), 'read'), batch.seesLater)
      const sink = new HeardSink()
      const have = new IntervalSet()
      for (const [from, count] of batch.have) if (from + count <= total) have.addIfAbsent(from, from + count)
      const had = new Set(have.intervals().flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)))
      const reader = new AttachedReader(sink, (from) => record.read(from), have)

      const before = Math.min(batch.before, ranges.length)
      record.ranges.push(...ranges.slice(0, before))
      const wasOver = before === ranges.length && batch.underWay === 0
      // Of the last of those recorded the reader hears though they are in the record that it reads.
      const told = Math.max(0, before - batch.underWay)
      const started = reader.start(wasOver ? { summary } : undefined)
      const live = async (): Promise<void> => {
        for (const [i, range] of ranges.entries()) {
          if (i < told || wasOver) continue
          await scheduler.schedule(Promise.resolve(), `record ${range.from}`)
          if (i >= before) record.ranges.push(range)
          await scheduler.schedule(Promise.resolve(), `tell ${range.from}`)
          const isLast = i === ranges.length - 1
          reader.results(range, isLast && !batch.endAlone ? summary : undefined)
        }
        if (wasOver || (told < ranges.length && !batch.endAlone)) return
        await scheduler.schedule(Promise.resolve(), 'end')
        reader.done(summary)
      }
      const pausing = async (): Promise<void> => {
        for (const length of batch.pauses) {
          await scheduler.schedule(Promise.resolve(), 'pause')
          reader.pause(true)
          for (let i = 0; i < length; i++) await scheduler.schedule(Promise.resolve(), 'paused')
          reader.pause(false)
        }
      }
      const all = Promise.all([started, live(), pausing()])
      await scheduler.waitFor(all)

      expect(sink.summary).toEqual(summary)
      const expected = Array.from({ length: total }, (_, index) => index).filter((index) => !had.has(index))
      expect([...sink.outcomes.keys()].toSorted((a, b) => a - b)).toEqual(expected)
      for (const [index, value] of sink.outcomes) expect(value).toBe(index)
      expect(record.reads).toBeLessThanOrEqual(ranges.length + 2)
    }),
    { numRuns: 500 },
  )
})

const TURN = (): Promise<void> => Promise.resolve()

test('nothing is told to a reader that is behind', async () => {
  const record = new Record(TURN, false)
  record.ranges.push(rangeOf(0, 2), rangeOf(2, 2))
  const sink = new HeardSink()
  const reader = new AttachedReader(sink, (from) => record.read(from), new IntervalSet())
  reader.pause(true)
  const started = reader.start({ summary: summaryOf(4) })
  await new Promise(setImmediate)
  expect(sink.said).toEqual([])
  reader.pause(false)
  await started
  expect(sink.said).toEqual(['results 0+2', 'results 2+2', 'done'])
})

test('a record that cannot be read is told once, and nothing behind it', async () => {
  const sink = new HeardSink()
  const gone = async function* (): AsyncGenerator<RecordedRange> {
    await TURN()
    yield rangeOf(0, 1)
    throw new ForkpoolError('RESULTS_GONE')
  }
  const reader = new AttachedReader(sink, gone, new IntervalSet())
  expect(await reader.start(undefined)).toBe(false)
  reader.results(rangeOf(1, 1), summaryOf(2))
  reader.done(summaryOf(2))
  reader.failed(new ForkpoolError('SUPERSEDED'))
  reader.credit(8)
  expect(sink.said).toEqual(['results 0+1', 'RESULTS_GONE'])
  expect(sink.credits).toBe(0)
})

test('a reader that is superseded while it is behind hears so, and its reading of the record ends', async () => {
  const record = new Record(TURN, false)
  record.ranges.push(rangeOf(0, 1), rangeOf(1, 1))
  const sink = new HeardSink()
  const reader = new AttachedReader(sink, (from) => record.read(from), new IntervalSet())
  reader.pause(true)
  const started = reader.start(undefined)
  await new Promise(setImmediate)
  reader.failed(new ForkpoolError('SUPERSEDED'))
  await started
  expect(sink.said).toEqual(['SUPERSEDED'])
})

test('a reader that stopped is told nothing, also while the record is read', async () => {
  const record = new Record(TURN, false)
  record.ranges.push(rangeOf(0, 1), rangeOf(1, 1))
  const sink = new HeardSink()
  const reader = new AttachedReader(sink, (from) => record.read(from), new IntervalSet())
  const started = reader.start(undefined)
  reader.stop()
  await started
  reader.results(rangeOf(2, 1), undefined)
  reader.done(summaryOf(3))
  expect(sink.said).toEqual([])
})

test('an ended batch whose reader wants no more ends for it, with the summary of the whole', async () => {
  const record = new Record(TURN, false)
  record.ranges.push(rangeOf(0, 1), rangeOf(1, 1))
  const sink = new HeardSink()
  const reader = new AttachedReader(sink, (from) => record.read(from), new IntervalSet())
  const started = reader.start({ summary: summaryOf(2) })
  reader.finish(summaryOf(2))
  await started
  reader.finish(summaryOf(2))
  expect(sink.said).toEqual(['done'])
})
