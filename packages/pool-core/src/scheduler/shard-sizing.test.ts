import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shardLength, shardsAtLeast } from './shard-sizing.ts'
import type { ShardWork } from './shard-sizing.ts'

const RULE = { shardTargetMs: 50, shardMinimumMs: 2, shardBytesMax: 1024 * 1024 }

function work(given: Partial<ShardWork> & { readonly available: number }): ShardWork {
  const { available } = given
  const base = { remaining: available, total: available, shardsCut: 0, workers: 4, itemMs: 0, itemBytes: 8, chunkSize: undefined }
  return { ...base, ...given }
}

/** Cuts a whole batch of these blocks, as the scheduler does, and returns the lengths block by block. */
function cutAll(blocks: readonly number[], given: Partial<ShardWork>): number[][] {
  const total = blocks.reduce((sum, count) => sum + count, 0)
  let remaining = total
  let shardsCut = 0
  return blocks.map((count) => {
    const lengths: number[] = []
    for (let available = count; available > 0;) {
      const length = shardLength(work({ ...given, available, remaining, total, shardsCut }), RULE)
      lengths.push(length)
      available -= length
      remaining -= length
      shardsCut++
    }
    return lengths
  })
}

test("while nothing is known, Python's rule: four shards a worker", () => {
  expect(shardLength(work({ available: 1_000, workers: 4 }), RULE)).toBe(63)
  expect(shardLength(work({ available: 10, workers: 8 }), RULE)).toBe(1)
  expect(shardLength(work({ available: 100, total: 10_000, remaining: 10_000, workers: 2 }), RULE)).toBe(100)
})

test('a known cost: about 50 ms a shard', () => {
  const far = { available: 100_000, remaining: 100_000 }
  expect(shardLength(work({ ...far, itemMs: 1 }), RULE)).toBe(50)
  expect(shardLength(work({ ...far, itemMs: 0.01 }), RULE)).toBe(5_000)
  expect(shardLength(work({ ...far, itemMs: 700 }), RULE)).toBe(1)
})

test('towards the end shards get shorter, down to two milliseconds', () => {
  const [lengths = []] = cutAll([1_000], { itemMs: 0.5, workers: 4 })
  expect(lengths[0]).toBe(100)
  for (let i = 1; i < lengths.length; i++) expect(lengths[i]).toBeLessThanOrEqual(lengths[i - 1]!)
  expect(lengths.at(-1)).toBeLessThanOrEqual(4)
  expect(lengths.slice(-4).reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(16)
})

test('cheap items are not cut finer than pays: one shard for each worker', () => {
  const [lengths = []] = cutAll([100], { itemMs: 0.0001, workers: 8 })
  expect(lengths).toHaveLength(8)
})

test('chunkSize overrides, within the block and the limit of bytes', () => {
  expect(shardLength(work({ available: 1_000, chunkSize: 7, itemMs: 40 }), RULE)).toBe(7)
  expect(shardLength(work({ available: 5, chunkSize: 7 }), RULE)).toBe(5)
  expect(shardLength(work({ available: 5_000, chunkSize: 5_000, itemBytes: 1024 }), RULE)).toBe(1_024)
  expect(cutAll([10], { chunkSize: 4 })).toEqual([[4, 4, 2]])
})

test('bytes bound a shard, but one item always goes', () => {
  expect(shardLength(work({ available: 1_000, itemMs: 0.001, workers: 1, itemBytes: 300 * 1024 }), RULE)).toBe(3)
  expect(shardLength(work({ available: 1_000, itemBytes: 5 * 1024 * 1024 }), RULE)).toBe(1)
})

test('a block is split evenly rather than leaving a sliver', () => {
  const lengths = cutAll([65_536], { itemMs: 0.05 / 60, workers: 1, total: 10_000_000 })
  expect(shardLength(work({ available: 65_536, remaining: 10_000_000, total: 10_000_000, itemMs: 50 / 60_000, workers: 1 }), RULE)).toBe(
    32_768,
  )
  expect(lengths.flat().reduce((sum, length) => sum + length, 0)).toBe(65_536)
})

const anyWork = fc.record({
  blocks: fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 4 }),
  workers: fc.integer({ min: 1, max: 64 }),
  itemMs: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1_000, noNaN: true })),
  itemBytes: fc.oneof(fc.constant(8), fc.integer({ min: 0, max: 3_000_000 })),
})

test('property: every item is cut once, no shard crosses its block or is empty, and bytes are bounded', () => {
  fc.assert(
    fc.property(anyWork, fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }), ({ blocks, ...rest }, chunkSize) => {
      const cut = cutAll(blocks, { ...rest, chunkSize })
      expect(cut.map((lengths) => lengths.reduce((sum, length) => sum + length, 0))).toEqual(blocks)
      const wrong = cut.flat().filter((length) => {
        const fits = length === 1 || length * rest.itemBytes <= RULE.shardBytesMax
        return !Number.isInteger(length) || length < 1 || length > (chunkSize ?? length) || !fits
      })
      expect(wrong).toEqual([])
    }),
  )
})

test('property: n items and s workers give at least min(n, s) shards', () => {
  fc.assert(
    fc.property(anyWork, ({ blocks, ...rest }) => {
      const items = blocks.reduce((sum, count) => sum + count, 0)
      expect(cutAll(blocks, rest).flat().length).toBeGreaterThanOrEqual(Math.min(items, rest.workers))
    }),
  )
})

test('property: shardsAtLeast never says more than there will be, and at least one for each worker', () => {
  fc.assert(
    fc.property(anyWork, fc.nat({ max: 80 }), ({ blocks, ...rest }, skip) => {
      const [available = 1] = blocks
      const cut = cutAll([available], rest).flat()
      const before = cut.slice(0, Math.min(skip, cut.length - 1))
      const left = available - before.reduce((sum, length) => sum + length, 0)
      const given = { ...rest, available: left, remaining: left, total: available, shardsCut: before.length }
      const said = shardsAtLeast(work(given), RULE)
      expect(said).toBeGreaterThanOrEqual(1)
      expect(said).toBeLessThanOrEqual(cut.length - before.length)
      if (before.length === 0) expect(said).toBeGreaterThanOrEqual(Math.min(available, rest.workers))
    }),
    { numRuns: 300 },
  )
})

test('property: no shard is expected to take longer than the target, nor a worker to wait long for the last one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 16 }),
      fc.double({ min: 1e-4, max: 200, noNaN: true }),
      (items, workers, itemMs) => {
        const [lengths = []] = cutAll([items], { workers, itemMs })
        expect(lengths.filter((length) => length > 1 && length * itemMs > RULE.shardTargetMs + 1e-9)).toEqual([])
        // The last shard is one item, or about as short as pays, or a share of what never was more.
        const last = lengths.at(-1)!
        expect(last === 1 || last * itemMs <= RULE.shardMinimumMs + itemMs).toBe(true)
      },
    ),
  )
})

test('property: the number of shards of a batch is bounded by its work', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 1, max: 16 }),
      fc.double({ min: 1e-5, max: 1, noNaN: true }),
      (items, workers, itemMs) => {
        const [lengths = []] = cutAll([items], { workers, itemMs })
        const byTime = (2 * items * itemMs) / RULE.shardTargetMs
        const byBytes = (2 * items * 8) / RULE.shardBytesMax
        const tail = 2 * workers * (Math.log2(items + 1) + 2) + workers
        expect(lengths.length).toBeLessThanOrEqual(byTime + byBytes + tail)
      },
    ),
    { numRuns: 50 },
  )
})
