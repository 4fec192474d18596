import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Instant } from '@forkpool/pool-core/base'
import { IntervalSet } from '@forkpool/pool-core/base'
import { blockBytes, decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import { BatchAccount } from '../batch-account.ts'
import { batchRecord, failedTask, succeeded, summaryOf } from '../engine-conformance.ts'
import type { RecordedRange } from '../engine.ts'
import type { Closing } from './batch-commit.ts'
import { ItemsCommit, RecordCommit } from './batch-commit.ts'
import { rangeChanges } from './changes.ts'
import type { LateChanges } from './group-commit.ts'
import { GroupCommit } from './group-commit.ts'
import { ItemsBehind } from './items-behind.ts'
import { endKey, inputEndKey, KIND, kindRange, readHeader } from './keys.ts'
import { OpenEntry } from './open-entry.ts'
import type { Change } from './store.ts'
import { loadBlock } from './stored-block.ts'

const BATCH = batchRecord('a')
const TO_ITEMS = Buffer.from(kindRange(BATCH.id, KIND.items).start).subarray(0, 4)
const TO_RESULTS = Buffer.from(kindRange(BATCH.id, KIND.results).start).subarray(0, 4)

/** What happens to a batch, one after the other. `fails`: the disk takes nothing of the commits until the next `settled`. */
type Happening =
  | { readonly kind: 'items'; readonly count: number }
  | { readonly kind: 'results'; readonly place: number; readonly count: number; readonly fails: boolean }
  | { readonly kind: 'flush' | 'end-of-input' | 'settled' | 'disk-full' }
  | { readonly kind: 'attempt'; readonly place: number }

const happenings = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('items' as const), count: fc.integer({ min: 1, max: 6 }) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('results' as const),
        place: fc.nat({ max: 40 }),
        count: fc.integer({ min: 1, max: 5 }),
        fails: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('attempt' as const), place: fc.nat({ max: 40 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'end-of-input' as const, 'settled' as const, 'disk-full' as const) }),
    },
  ),
  { maxLength: 60 },
)

/** A batch that is written behind, on a disk that is a map and takes nothing when it is told so. */
class House {
  readonly entry = new OpenEntry(BATCH, new BatchAccount(), new ItemsBehind())
  readonly stored = new Map<string, Change>()
  isFull = false
  readonly #writes = new GroupCommit(async (changes) => {
    if (this.isFull) throw new Error('full')
    for (const change of changes) {
      const key = Buffer.from(change.key).toString('latin1')
      if (change.value === undefined) this.stored.delete(key)
      else this.stored.set(key, change)
    }
    this.check()
    await Promise.resolve()
  })

  readonly grow = (entry: OpenEntry, bytes: number): void => void (entry.bytes += bytes)

  submit(count: number): void {
    const { account, behind } = this.entry
    const from = account.submitted
    const items = encodeItems(Array.from({ length: count }, (_, i) => from + i))
    behind?.add(from, items, 0 as Instant)
    this.entry.bytes += blockBytes(items)
    account.submitted += count
  }

  record(ranges: readonly RecordedRange[], closing?: Closing): Promise<unknown> {
    const { account } = this.entry
    const fresh = account.admit(ranges)
    const changes = fresh.flatMap((range) => rangeChanges(BATCH.id, range))
    return this.write(changes, new RecordCommit(this.entry, fresh, closing, this.grow)).catch(() => account.revoke(fresh))
  }

  flush(): Promise<void> {
    return this.write([], new ItemsCommit(this.entry, this.entry.behind as ItemsBehind, this.grow))
  }

  attempt(index: number): Promise<void> {
    return this.write([], new ItemsCommit(this.entry, this.entry.behind as ItemsBehind, this.grow, index + 1))
  }

  write(changes: readonly Change[], late: LateChanges): Promise<void> {
    return this.#writes.write(changes, late)
  }

  async settled(): Promise<void> {
    await this.#writes.idle()
    this.isFull = false
  }

  has(key: Uint8Array): boolean {
    return this.stored.has(Buffer.from(key).toString('latin1'))
  }

  /** Items by index, and tasks with a result. */
  read(): { readonly items: ReadonlyMap<number, unknown>; readonly results: IntervalSet; readonly failed: ReadonlySet<number> } {
    const items = new Map<number, unknown>()
    const results = new IntervalSet()
    const failed = new Set<number>()
    for (const { key, value } of this.stored.values()) {
      const start = Buffer.from(key).subarray(0, 4)
      if (start.equals(TO_ITEMS)) {
        const header = readHeader(key)
        const block = loadBlock(header, value as Uint8Array)
        for (const [i, item] of decodeItems(block).entries()) {
          expect(items.has(header.from + i)).toBe(false)
          items.set(header.from + i, item)
        }
      } else if (start.equals(TO_RESULTS)) {
        const { from, count, items: succeededCount } = readHeader(key)
        expect(results.addIfAbsent(from, from + count)).toBe(true)
        if (succeededCount === 0) failed.add(from)
      }
    }
    return { items, results, failed }
  }

  /** What is on the disk is a beginning of the batch, and whoever failed has its item. */
  check(): void {
    const { items, results, failed } = this.read()
    for (const index of failed) expect(items.has(index)).toBe(true)
    if (this.has(endKey(BATCH.id))) return
    const kept = new Set(items.keys())
    for (const { from, to } of results.intervals()) for (let index = from; index < to; index++) kept.add(index)
    expect([...kept].toSorted((a, b) => a - b)).toEqual(Array.from({ length: kept.size }, (_, i) => i))
    for (const [index, item] of items) expect(item).toBe(index)
    if (this.has(inputEndKey(BATCH.id))) expect(kept.size).toBe(this.entry.account.submitted)
  }
}

/** Does it all; the house, at rest. */
async function run(all: readonly Happening[]): Promise<House> {
  const house = new House()
  const { account } = house.entry
  for (const happening of all) {
    if (happening.kind === 'items' && !account.inputEnded) house.submit(happening.count)
    else if (happening.kind === 'end-of-input') account.inputEnded = true
    else if (happening.kind === 'disk-full') house.isFull = true
    else if (happening.kind === 'settled') await house.settled()
    else if (happening.kind === 'flush') house.flush().catch(() => undefined)
    else if (happening.kind === 'attempt' && happening.place < account.submitted) house.attempt(happening.place).catch(() => undefined)
    else if (happening.kind === 'results' && happening.place < account.submitted) {
      const { place, fails } = happening
      const count = Math.min(happening.count, account.submitted - place)
      void house.record([fails ? failedTask(place) : succeeded(place, ...Array.from({ length: count }, () => 'done'))])
    }
  }
  await house.settled()
  return house
}

test('whatever commits fail: after each that is made, what is on the disk is a beginning of the batch', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (all) => {
      const house = await run(all)
      house.check()
      await house.flush()
      const { items, results } = house.read()
      const { submitted, inputEnded } = house.entry.account
      for (let index = 0; index < submitted; index++) expect(items.has(index) || results.has(index)).toBe(true)
      expect(house.entry.behind?.bytes).toBe(0)
      expect(house.entry.bytes).toBe(house.entry.itemBytes)
      expect(house.entry.behind?.waitingSince).toBeUndefined()
      expect(house.entry.isEndBehind).toBe(false)
      expect(house.has(inputEndKey(BATCH.id))).toBe(inputEnded)
    }),
  )
})

test('with the end of a batch no item comes to the disk any more, but those of tasks that failed', async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (all) => {
      const house = await run(all)
      const { account } = house.entry
      const failed = account.failed + account.quarantined
      const keys = [...house.stored.values()].map(({ key }) => key)
      const gone = (itemsKept: boolean): readonly Uint8Array[] =>
        itemsKept ? [] : keys.filter((key) => Buffer.from(key).subarray(0, 4).equals(TO_ITEMS))
      const { size } = account.recorded
      const summary = summaryOf(size - failed, failed, account.submitted - size)
      account.close(summary)
      await Promise.all([house.record([], { summary, givenUp: undefined, at: 0, gone }), house.flush()])
      const { items, failed: failedTasks } = house.read()
      expect(house.has(endKey(BATCH.id))).toBe(true)
      if (failed === 0) expect(items.size).toBe(0)
      for (const index of failedTasks) expect(items.has(index)).toBe(true)
    }),
  )
})
