import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TaskFailure } from '@forkpool/pool-core/protocol'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { RecordedRange } from '../engine/engine.ts'
import { partOfRange } from './part-of-range.ts'

/** Outcomes of tasks from index `from` on: a number, a text, or `null` for one that failed. */
function rangeOf(from: number, outcomes: readonly (number | string | null)[]): RecordedRange {
  const good = outcomes.filter((outcome) => outcome !== null)
  const failures = outcomes.flatMap((outcome, at): TaskFailure[] =>
    outcome === null ? [{ at, error: { name: 'Error', message: `failed ${from + at}` }, attempts: 1 }] : [],
  )
  const values = good.length === 0 ? { count: 0, codec: 'f64' as const, bytes: new Uint8Array(0) } : encodeItems(good)
  return { from, count: outcomes.length, values, failures }
}

function outcomesOf({ from, count, values, failures }: RecordedRange): readonly (readonly [number, unknown])[] {
  const messages = new Map(failures.map(({ at, error }) => [at, error.message]))
  const decoded = decodeItems(values)
  return Array.from({ length: count }, (_, at) => [from + at, messages.has(at) ? messages.get(at) : decoded.shift()] as const)
}

const OUTCOMES = fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), { minLength: 1, maxLength: 20 })

test('a part has the outcomes of its tasks and no other', () => {
  fc.assert(
    fc.property(OUTCOMES, fc.nat(1000), fc.nat(19), fc.nat(19), (outcomes, from, a, b) => {
      const first = Math.min(a, b) % outcomes.length
      const last = Math.max(first + 1, Math.max(a, b) % (outcomes.length + 1))
      const whole = rangeOf(from, outcomes)
      const part = partOfRange(whole, from + first, from + last)
      expect(outcomesOf(part)).toEqual(outcomesOf(whole).slice(first, last))
      expect(part.values.count + part.failures.length).toBe(part.count)
    }),
  )
})

test('the whole is the range itself, without a copy', () => {
  const whole = rangeOf(7, [1, null, 3])
  expect(partOfRange(whole, 7, 10)).toBe(whole)
})
