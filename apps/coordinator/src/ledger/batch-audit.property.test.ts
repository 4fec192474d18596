import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeItems } from '@forkpool/pool-core/protocol'
import { batchRecord, failedTask, succeeded, summaryOf } from '../engine/engine-conformance.ts'
import type { RecordedRange, StoredBatch, StoredItems } from '../engine/engine.ts'
import { BatchAudit } from './batch-audit.ts'

interface Kept {
  readonly items: readonly StoredItems[]
  readonly ranges: readonly RecordedRange[]
  readonly stored: StoredBatch
}

/** A batch at rest: blocks of some lengths, ranges of some, a few failures, the rest cancelled. */
const kept: fc.Arbitrary<Kept> = fc
  .record({
    blocks: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
    ranges: fc.array(
      fc.record({ length: fc.integer({ min: 1, max: 5 }), what: fc.constantFrom('values', 'texts', 'failure', 'cancelled') }),
      {
        maxLength: 40,
      },
    ),
  })
  .map(({ blocks, ranges: given }) => {
    const items: StoredItems[] = []
    let total = 0
    for (const length of blocks) {
      items.push({ from: total, items: encodeItems(Array.from({ length }, (_, i) => i)) })
      total += length
    }
    const ranges: RecordedRange[] = []
    let at = 0
    for (const { length, what } of given) {
      const count = Math.min(what === 'failure' ? 1 : length, total - at)
      if (count > 0 && what === 'failure') ranges.push(failedTask(at))
      else if (count > 0 && what !== 'cancelled')
        ranges.push(succeeded(at, ...Array.from({ length: count }, (_, i) => (what === 'texts' ? `t${i}` : i))))
      at += count
    }
    const recorded = ranges.reduce((sum, { count }) => sum + count, 0)
    const failed = ranges.filter(({ failures }) => failures.length > 0).length
    const cancelled = total - recorded
    const summary = summaryOf(recorded - failed, failed, cancelled)
    const ledger = { submitted: total, recorded, failed, quarantined: 0, cancelled, duplicates: 0 }
    return { items, ranges, stored: { batch: batchRecord('a'), ledger, inputEnded: true, end: { summary, at: 0 }, itemsKept: true } }
  })

function audit({ items, ranges, stored }: Kept): readonly string[] {
  const auditor = new BatchAudit()
  for (const each of items) auditor.items(each)
  for (const each of ranges) auditor.results(each)
  return auditor.verdict(stored, true, true)
}

test('a batch that is as it should be has no problem', () => {
  fc.assert(
    fc.property(kept, (batch) => {
      expect(audit(batch)).toEqual([])
    }),
  )
})

test('a lost, doubled or shifted range of results shows, and so do items that are there twice, or lost though a task of them failed', () => {
  fc.assert(
    fc.property(kept, fc.nat(), (batch, place) => {
      const { items, ranges } = batch
      const block = place % items.length
      const lost = items[block] as StoredItems
      expect(audit({ ...batch, items: items.toSpliced(block, 0, lost) })).not.toEqual([])
      const isNeeded = ranges.some(({ from, failures }) => failures.length > 0 && from >= lost.from && from < lost.from + lost.items.count)
      expect(audit({ ...batch, items: items.toSpliced(block, 1) }).length > 0).toBe(isNeeded)
      if (ranges.length === 0) return
      const at = place % ranges.length
      const range = ranges[at] as RecordedRange
      expect(audit({ ...batch, ranges: ranges.toSpliced(at, 1) })).not.toEqual([])
      expect(audit({ ...batch, ranges: ranges.toSpliced(at, 0, range) })).not.toEqual([])
      const beyond = { ...range, from: batch.stored.ledger.submitted }
      expect(audit({ ...batch, ranges: [...ranges.toSpliced(at, 1), beyond] })).not.toEqual([])
    }),
  )
})

test('a block that is not whole shows', () => {
  fc.assert(
    fc.property(kept, fc.nat(), (batch, place) => {
      if (batch.ranges.length === 0) return
      const at = place % batch.ranges.length
      const range = batch.ranges[at] as RecordedRange
      const broken: RecordedRange[] = [
        { ...range, count: range.count + 1 },
        { ...range, values: { ...range.values, bytes: Buffer.concat([range.values.bytes, Buffer.of(0)]) } },
        { ...range, failures: [...range.failures, { at: 0, error: { name: 'E', message: '' }, attempts: 1 }] },
      ]
      for (const each of broken) expect(audit({ ...batch, ranges: batch.ranges.with(at, each) })).not.toEqual([])
    }),
  )
})
