import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TaskFailure } from '../protocol/index.ts'
import { decodeItems, encodeItems } from '../protocol/index.ts'
import { splitRanges } from './split-ranges.ts'

type Task = 'succeeded' | 'failed' | 'again'

const tasks = fc.array(fc.constantFrom<Task>('succeeded', 'succeeded', 'failed', 'again'), { minLength: 1, maxLength: 40 })

test('every task that is settled is in one range, with its own value or failure, and none that runs again', () => {
  fc.assert(
    fc.property(tasks, fc.nat(1000), (kinds, from) => {
      const values = kinds.flatMap((kind, i) => (kind === 'succeeded' ? [from + i] : []))
      const failedAt = kinds.flatMap((kind, i) => (kind === 'succeeded' ? [] : [i]))
      const final = new Map<number, TaskFailure>()
      for (const [at, kind] of kinds.entries())
        if (kind === 'failed') final.set(at, { at, attempts: 1, error: { name: 'E', message: String(from + at) } })
      const block = values.length === 0 ? { count: 0, codec: 'f64' as const, bytes: new Uint8Array(0) } : encodeItems(values)
      const settled = new Map<number, string>()
      for (const range of splitRanges(from, kinds.length, block, failedAt, final)) {
        expect(range.values.count + range.failures.length).toBe(range.count)
        const failed = new Map(range.failures.map((failure) => [failure.at, failure.error.message]))
        const good = decodeItems(range.values)
        let next = 0
        for (let at = 0; at < range.count; at++) {
          expect(settled.has(range.from + at)).toBe(false)
          settled.set(range.from + at, failed.has(at) ? `failed ${failed.get(at)}` : `value ${String(good[next++])}`)
        }
      }
      const expected = new Map<number, string>()
      for (const [at, kind] of kinds.entries()) {
        if (kind === 'succeeded') expected.set(from + at, `value ${from + at}`)
        if (kind === 'failed') expected.set(from + at, `failed ${from + at}`)
      }
      expect(new Map([...settled].toSorted(([a], [b]) => a - b))).toEqual(expected)
    }),
  )
})
