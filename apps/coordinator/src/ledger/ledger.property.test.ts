import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LedgerEntry } from '../engine/engine.ts'
import { imbalances, succeeded, unaccounted } from './ledger.ts'

const counts = fc.record({
  good: fc.nat(100),
  failed: fc.nat(9),
  quarantined: fc.nat(9),
  cancelled: fc.nat(9),
  live: fc.nat(9),
  duplicates: fc.nat(9),
})
type Counts = typeof counts extends fc.Arbitrary<infer Value> ? Value : never

function entryOf({ good, failed, quarantined, cancelled, live, duplicates }: Counts): LedgerEntry {
  const recorded = good + failed + quarantined
  return { submitted: recorded + cancelled + live, recorded, failed, quarantined, cancelled, duplicates }
}

function summaryOf({ good, failed, quarantined, cancelled }: Counts): Parameters<typeof imbalances>[1] {
  return { outcome: 'completed', completed: good, failed: failed + quarantined, cancelled, wallMs: 0, runMs: 0, workers: 1 }
}

test('an account that adds up has no imbalance; live tasks are no fault before the end', () => {
  fc.assert(
    fc.property(counts, (given) => {
      const entry = entryOf(given)
      expect(unaccounted(entry)).toBe(given.live)
      expect(succeeded(entry)).toBe(given.good)
      expect(imbalances(entry, undefined)).toEqual([])
      expect(imbalances(entry, summaryOf(given))).toHaveLength(given.live === 0 ? 0 : 1)
    }),
  )
})

test('any count that is off by any number shows at the end; duplicates are free', () => {
  const field = fc.constantFrom('submitted', 'recorded', 'failed', 'quarantined', 'cancelled')
  const by = fc.integer({ min: -5, max: 5 }).filter((n) => n !== 0)
  fc.assert(
    fc.property(counts, field, by, (given, name, off) => {
      const settled = { ...given, live: 0 }
      const entry = entryOf(settled)
      expect(imbalances({ ...entry, [name]: entry[name as keyof LedgerEntry] + off }, summaryOf(settled))).not.toEqual([])
    }),
  )
})
