import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyBlock, anyValue, BOUNDED, PATIENT } from '../../test/protocol-arbitraries.ts'
import { blockBytes, sliceBlock } from './item-block.ts'
import { ItemBlockBuilder } from './item-block-builder.ts'
import { decodeItems } from './item-decoding.ts'
import { encodeItems } from './item-encoding.ts'
import { encodeItemsJson } from './values/encode-values.ts'
import { concatBlocks, selectItems, transcodeToJson } from './item-regrouping.ts'

function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected)
}

const values = fc.array(anyValue, { maxLength: 20 })
const numbers = fc.array(fc.double(), { maxLength: 200 })

it('every value comes back as it was, in both codecs', PATIENT, () => {
  fc.assert(
    fc.property(values, (some) => {
      same(decodeItems(encodeItems(some)), some)
      same(decodeItems(encodeItemsJson(some)), some)
      same(decodeItems(transcodeToJson(encodeItems(some))), some)
    }),
    { numRuns: 150, ...BOUNDED },
  )
  fc.assert(
    fc.property(numbers, (some) => {
      expect(encodeItems(some).codec).toBe('f64')
      same(decodeItems(encodeItems(some)), some)
    }),
    BOUNDED,
  )
})

it('equal values have equal bytes', PATIENT, () => {
  fc.assert(
    fc.property(values, (some) => same(encodeItems(decodeItems(encodeItems(some))), encodeItems(some))),
    BOUNDED,
  )
})

it('a slice is the slice of the array, and has its share of the bytes', PATIENT, () => {
  fc.assert(
    fc.property(anyBlock, fc.nat(), fc.nat(), fc.nat(), (block, a, b, c) => {
      const all = decodeItems(block)
      const from = a % (block.count + 1)
      const count = b % (block.count - from + 1)
      const slice = sliceBlock(block, from, count)
      same(decodeItems(slice), all.slice(from, from + count))
      const inner = c % (count + 1)
      same(decodeItems(sliceBlock(slice, inner, count - inner)), all.slice(from + inner, from + count))
      expect(blockBytes(sliceBlock(slice, 0, inner)) + blockBytes(sliceBlock(slice, inner, count - inner))).toBe(blockBytes(slice))
    }),
    BOUNDED,
  )
})

it('concatBlocks and selectItems agree with arrays', PATIENT, () => {
  fc.assert(
    fc.property(fc.array(anyBlock, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 10 }), (blocks, picks) => {
      const joined = concatBlocks(blocks)
      const all = blocks.flatMap((block) => decodeItems(block))
      same(decodeItems(joined), all)
      const places = all.length === 0 ? [] : picks.map((pick) => pick % all.length)
      same(
        decodeItems(selectItems(joined, places)),
        places.map((place) => all[place]),
      )
    }),
    BOUNDED,
  )
})

it('a block built item by item is the block of all, without what cannot travel', PATIENT, () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.double(),
          anyValue,
          fc.constant(() => 1),
        ),
        { maxLength: 12 },
      ),
      fc.constantFrom('auto', 'json'),
      (some, reply) => {
        const builder = new ItemBlockBuilder(reply)
        const kept: unknown[] = []
        for (const value of some) {
          if (typeof value === 'function') {
            expect(() => builder.add(value)).toThrow('result is a function')
          } else {
            builder.add(value)
            kept.push(value)
          }
          expect(builder.count).toBe(kept.length)
        }
        const bytes = builder.bytes
        const block = builder.finish()
        same(decodeItems(block), kept)
        expect(blockBytes(block)).toBe(bytes)
        expect(builder.count).toBe(0)
        expect(builder.finish().count).toBe(0)
      },
    ),
    BOUNDED,
  )
})
