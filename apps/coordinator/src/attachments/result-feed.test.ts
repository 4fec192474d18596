import { describe, expect, test } from 'vitest'
import { FakeClock } from '@forkpool/pool-core/testing'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { encodeItems } from '@forkpool/pool-core/protocol'
import { batchRecord, failedTask, succeeded, summaryOf } from '../engine/engine-conformance.ts'
import { MemoryEngine } from '../engine/memory/memory-engine.ts'
import type { RecordedRange } from '../engine/engine.ts'
import type { ResultsQuery } from '../results-source.ts'
import { ResultFeed } from './result-feed.ts'

const A = batchRecord('a', { owner: 'me' })

/** An engine with one open batch of ten items, and who looks at it. */
class House {
  readonly engine = new MemoryEngine({ clock: new FakeClock() })
  readonly feed: ResultFeed
  readonly abort = new AbortController()
  isOpen = true

  constructor() {
    this.feed = new ResultFeed({ engine: this.engine, isOpen: () => this.isOpen })
  }

  async begin(): Promise<this> {
    await this.engine.open(A, encodeItems(Array.from({ length: 10 }, (_, i) => i)), true)
    return this
  }

  async record(range: RecordedRange, isLast = false, cancelled = 0): Promise<void> {
    await this.engine.record(A.id, [range], isLast ? summaryOf(10 - cancelled, 0, cancelled) : undefined)
    if (isLast) this.isOpen = false
    this.feed.recorded(A.id)
    await settled()
  }

  async read(more: Partial<ResultsQuery> = {}): Promise<Reading> {
    const query = { id: 'a', owner: 'me', from: 0, limit: Number.MAX_SAFE_INTEGER, follow: false, signal: this.abort.signal, ...more }
    const reading = new Reading(await this.feed.read(query))
    await settled()
    return reading
  }
}

/** Reads as fast as it can, and notes what it got: `0+2`, and `-` where it was told that nothing more is there for now. */
class Reading {
  readonly got: string[] = []
  isOver = false
  error: unknown

  constructor(ranges: AsyncIterable<RecordedRange | undefined>) {
    this.#read(ranges).then(
      () => (this.isOver = true),
      (error: unknown) => (this.error = error),
    )
  }

  async #read(ranges: AsyncIterable<RecordedRange | undefined>): Promise<void> {
    for await (const range of ranges) this.got.push(range === undefined ? '-' : `${range.from}+${range.count}`)
  }
}

function settled(): Promise<void> {
  return new Promise(setImmediate)
}

describe('what is recorded now', () => {
  test('is given by index, with its gaps, from where one likes and as much', async () => {
    const house = await new House().begin()
    await house.record(succeeded(6, 6, 7))
    await house.record(failedTask(0))
    await house.record(succeeded(1, 1, 2, 3))
    expect(await house.read()).toMatchObject({ got: ['0+1', '1+3', '6+2'], isOver: true })
    expect((await house.read({ from: 2 })).got).toEqual(['2+2', '6+2'])
    expect((await house.read({ from: 2, limit: 3 })).got).toEqual(['2+2', '6+1'])
    expect((await house.read({ from: 8 })).got).toEqual([])
    expect(house.feed.followed).toBe(0)
  })
})

describe('a batch that is followed', () => {
  test('gives its results in order as they come, and ends with it', async () => {
    const house = await new House().begin()
    await house.record(succeeded(2, 2, 3))
    const reading = await house.read({ follow: true })
    expect(reading.got).toEqual(['-'])
    await house.record(succeeded(0, 0, 1))
    expect(reading.got).toEqual(['-', '0+2', '2+2', '-'])
    await house.record(succeeded(4, 4, 5, 6, 7, 8, 9), true)
    expect(reading).toMatchObject({ got: ['-', '0+2', '2+2', '-', '4+6'], isOver: true })
    expect(house.feed.followed).toBe(0)
  })

  test('leaves out what was cancelled once it has ended', async () => {
    const house = await new House().begin()
    const reading = await house.read({ follow: true, from: 1, limit: 3 })
    await house.record(succeeded(3, 3, 4, 5), true, 7)
    expect(reading).toMatchObject({ got: ['-', '3+3'], isOver: true })
  })

  test('is done with when as much was read as was asked for', async () => {
    const house = await new House().begin()
    const reading = await house.read({ follow: true, from: 1, limit: 2 })
    await house.record(succeeded(0, 0, 1, 2, 3))
    expect(reading).toMatchObject({ got: ['-', '1+2'], isOver: true })
  })

  test('is left when nobody reads any more', async () => {
    const house = await new House().begin()
    const reading = await house.read({ follow: true })
    expect(house.feed.followed).toBe(1)
    house.abort.abort()
    await settled()
    expect(reading.isOver).toBe(true)
    expect(house.feed.followed).toBe(0)
  })

  test('misses nothing that is recorded while it reads', async () => {
    const house = await new House().begin()
    const ranges = (await house.feed.read({ id: 'a', owner: undefined, from: 0, limit: 100, follow: true, signal: house.abort.signal }))[
      Symbol.asyncIterator
    ]()
    await house.record(succeeded(0, 0))
    expect((await ranges.next()).value).toMatchObject({ from: 0, count: 1 })
    await house.record(succeeded(1, 1))
    await house.record(succeeded(2, 2, 3, 4, 5, 6, 7, 8, 9), true)
    const rest: (string | undefined)[] = []
    for (let next = await ranges.next(); next.done !== true; next = await ranges.next())
      rest.push(next.value === undefined ? undefined : `${next.value.from}+${next.value.count}`)
    expect(rest.filter((each) => each !== undefined)).toEqual(['1+1', '2+8'])
  })
})

describe('what cannot be read', () => {
  test("an unknown batch and somebody else's are the same", async () => {
    const house = await new House().begin()
    await expect(house.read({ id: 'b' })).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' })
    await expect(house.read({ owner: 'you' })).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' })
    expect((await house.read({ owner: undefined })).isOver).toBe(true)
  })

  test('results that were not kept are told before the first', async () => {
    const engine = new MemoryEngine({ clock: new FakeClock(), retention: { ageMs: 1e9, bytes: 8, batches: 10 } })
    await engine.open(A, encodeItems([1, 2]), true)
    await engine.record(A.id, [succeeded(0, 1, 2)], undefined)
    const feed = new ResultFeed({ engine, isOpen: () => false })
    const query = { id: 'a' as BatchId, owner: 'me', from: 0, limit: 1, follow: false, signal: new AbortController().signal }
    await expect(feed.read(query)).rejects.toMatchObject({ code: 'RESULTS_GONE' })
  })
})
