import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { KeyRange } from './keys.ts'
import {
  attemptKey,
  batchKey,
  batchRange,
  blockKey,
  checkId,
  endedKey,
  endKey,
  failuresKey,
  inputEndKey,
  KIND,
  kindRange,
  kindRangeBelow,
  openKey,
  readEndedKey,
  readHeader,
  readOpenKey,
} from './keys.ts'

const id = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((text) => !text.includes('\0'))
  .map((text) => text as BatchId)
const index = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const header = fc.record({
  from: index,
  count: uint32,
  items: uint32,
  codec: fc.constantFrom('f64' as const, 'cbor' as const, 'json' as const),
  length: uint32,
  crc: uint32,
})

function isIn(key: Uint8Array, range: KeyRange): boolean {
  return Buffer.compare(key, range.start) >= 0 && Buffer.compare(key, range.end) < 0
}

test('what a key says is read back from it', () => {
  fc.assert(
    fc.property(id, header, index, (batch, block, at) => {
      expect(readHeader(blockKey(batch, KIND.results, block))).toEqual(block)
      expect(readOpenKey(openKey(batch))).toBe(batch)
      expect(readEndedKey(endedKey(at, batch))).toEqual({ at, id: batch })
    }),
  )
})

test('keys of a batch lie in its range, those of any other batch outside, also where one id begins the other', () => {
  fc.assert(
    fc.property(id, fc.oneof(id, fc.constant('x' as BatchId)), header, index, (one, suffix, block, at) => {
      const others = [suffix, (one + suffix) as BatchId].filter((other) => other !== one)
      const keysOf = (batch: BatchId): Uint8Array[] => [
        attemptKey(batch, at, 1),
        batchKey(batch),
        inputEndKey(batch),
        endKey(batch),
        failuresKey(batch, at),
        blockKey(batch, KIND.items, block),
        blockKey(batch, KIND.results, block),
      ]
      for (const key of keysOf(one)) expect(isIn(key, batchRange(one))).toBe(true)
      for (const other of others) for (const key of keysOf(other)) expect(isIn(key, batchRange(one))).toBe(false)
      expect(isIn(openKey(one), batchRange(one)) || isIn(endedKey(at, one), batchRange(one))).toBe(false)
    }),
  )
})

test('blocks sort by their first task, and a range begins and ends at one', () => {
  fc.assert(
    fc.property(id, header, header, index, (batch, a, b, at) => {
      const [first, second] = [a, b].map((block) => blockKey(batch, KIND.items, block)) as [Uint8Array, Uint8Array]
      if (a.from !== b.from) expect(Math.sign(Buffer.compare(first, second))).toBe(Math.sign(a.from - b.from))
      expect(isIn(first, kindRange(batch, KIND.items, at))).toBe(a.from >= at)
      expect(isIn(first, kindRangeBelow(batch, KIND.items, at))).toBe(a.from < at)
      expect(isIn(first, kindRange(batch, KIND.results))).toBe(false)
    }),
  )
})

test('an id that cannot stand in a key is refused', () => {
  for (const bad of ['', 'a\0b', 'x'.repeat(129)]) expect(() => checkId(bad as BatchId)).toThrow(/batch id: expected 1 to 128 bytes/)
})
