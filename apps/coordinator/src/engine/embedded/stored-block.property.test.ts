import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import { decodeItems, encodeItems, encodeItemsJson, sliceBlock } from '@forkpool/pool-core/protocol'
import { loadBlock, loadRecord, storeBlock, storeRecord } from './stored-block.ts'

/** Keys that could change a prototype are refused before a block is made. */
const key = fc.string().filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text))
const values = fc.array(fc.oneof(fc.double({ noNaN: true }), fc.string(), fc.dictionary(key, fc.integer())), {
  minLength: 1,
  maxLength: 30,
})
const block = fc
  .tuple(fc.oneof(values, fc.array(fc.double({ noNaN: true }), { minLength: 1 })), fc.boolean(), fc.nat(), fc.nat())
  .map(([items, json, start, length]): ItemBlock => {
    const whole = json ? encodeItemsJson(items) : encodeItems(items)
    const offset = start % whole.count
    return sliceBlock(whole, offset, 1 + (length % (whole.count - offset)))
  })

test('a block, or a slice of one, comes back as it was', () => {
  fc.assert(
    fc.property(block, fc.nat(1e9), (items, from) => {
      const { header, value } = storeBlock(from, items.count, items)
      const loaded = loadBlock(header, new Uint8Array(value))
      expect(loaded).toMatchObject({ count: items.count, codec: items.codec })
      expect(Buffer.compare(loaded.bytes, items.bytes)).toBe(0)
      expect(decodeItems(loaded)).toEqual(decodeItems(items))
    }),
  )
})

test('numbers are stored as they came, without a copy', () => {
  const items = encodeItems(Array.from({ length: 1000 }, (_, i) => i))
  expect(storeBlock(0, 1000, items).value).toBe(items.bytes)
})

test('one flipped bit, or a lost byte, is found', () => {
  fc.assert(
    fc.property(block, fc.nat(), fc.nat(7), (items, at, bit) => {
      const { header, value } = storeBlock(0, items.count, items)
      const bad = new Uint8Array(value)
      const place = at % bad.length
      bad[place] = (bad[place] as number) ^ (1 << bit)
      expect(() => loadBlock(header, bad)).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }))
      expect(() => loadBlock(header, value.subarray(1))).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }))
    }),
  )
})

test('a record comes back without its undefined fields; a flipped bit in it is found', () => {
  const stored = storeRecord({ a: 1, b: undefined, c: { d: [2n ** 70n, 'ö'] } })
  expect(loadRecord(stored, 'it')).toEqual({ a: 1, c: { d: [2n ** 70n, 'ö'] } })
  for (let i = 0; i < stored.length; i++) {
    const bad = new Uint8Array(stored)
    bad[i] = (bad[i] as number) ^ 1
    expect(() => loadRecord(bad, 'it')).toThrow('it: its checksum is wrong')
  }
})
