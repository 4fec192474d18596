import type { ForkpoolError } from '../base/index.ts'
import type { ItemBlock } from '../protocol/index.ts'
import { blockBytes, decodeItems, encodeItems } from '../protocol/index.ts'
import { FakeClock } from '../testing/index.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ItemPacker, itemsWithin } from './item-packer.ts'

function packer(itemBytesMax = 1000): { packer: ItemPacker; refused: [number, string][] } {
  const refused: [number, string][] = []
  const unsendable = (index: number, error: ForkpoolError): void => void refused.push([index, error.code])
  return { packer: new ItemPacker({ itemBytesMax, unsendable, ready: () => undefined, clock: new FakeClock() }), refused }
}

const values = (block: ItemBlock | undefined): unknown[] | undefined => (block === undefined ? undefined : decodeItems(block))

test('gives back what was added, in the pieces that were asked for', () => {
  const { packer: items } = packer()
  for (let i = 0; i < 10; i++) items.add(`item ${i}`, i)
  expect(values(items.take(3, 1000))).toEqual(['item 0', 'item 1', 'item 2'])
  expect(items.count).toBe(7)
  expect(items.isFull).toBe(true)
  expect(values(items.take(100, 11 * 2 + 10))).toEqual(['item 3', 'item 4'])
  expect(items.take(100, 5)).toBeUndefined()
  expect(values(items.take(100, 1000))).toHaveLength(5)
  expect([items.count, items.isFull]).toEqual([0, false])
})

test('leaves out what cannot be sent, whatever throws', () => {
  const { packer: items, refused } = packer()
  const thrower = {
    get trap(): never {
      throw new Error('trap')
    },
  }
  for (const [index, value] of [1, () => 1, thrower, 4].entries()) items.add(value, index)
  expect(values(items.take(10, 1000))).toEqual([1, 4])
  expect(refused).toEqual([
    [1, 'NOT_SERIALISABLE'],
    [2, 'NOT_SERIALISABLE'],
  ])
})

test('leaves out what is too large, at every place', () => {
  const large = 'x'.repeat(200)
  for (const place of [0, 1, 2]) {
    const { packer: items, refused } = packer(100)
    const list = ['a', 'b']
    list.splice(place, 0, large)
    const taken: unknown[] = []
    for (const [index, value] of list.entries()) {
      items.add(value, index)
      if (items.isFull) taken.push(...(values(items.take(10, 1000)) ?? []))
    }
    if (items.count > 0) taken.push(...(values(items.take(10, 1000)) ?? []))
    expect(taken).toEqual(['a', 'b'])
    expect(refused).toEqual([[place, 'LIMIT_EXCEEDED']])
  }
})

test('property: every item goes out once, in order, in blocks that fit', () => {
  const items = fc.array(fc.oneof(fc.double(), fc.string({ maxLength: 40 }), fc.constant(undefined)), { maxLength: 60 })
  const asks = fc.array(fc.record({ items: fc.integer({ min: 1, max: 9 }), bytes: fc.integer({ min: 50, max: 200 }) }), { minLength: 1 })
  fc.assert(
    fc.property(items, asks, (list, sizes) => {
      const { packer: packing, refused } = packer()
      const taken: unknown[] = []
      const take = (turn: number): void => {
        const ask = sizes[turn % sizes.length] as { items: number; bytes: number }
        const block = packing.take(ask.items, ask.bytes)
        if (block === undefined) return
        expect(block.count).toBeLessThanOrEqual(ask.items)
        expect(blockBytes(block)).toBeLessThanOrEqual(ask.bytes)
        taken.push(...decodeItems(block))
      }
      list.forEach((value, index) => {
        packing.add(value, index)
        if (index % 3 === 0) take(index)
      })
      for (let turn = 0; packing.count > 0 && turn < 1000; turn++) {
        take(turn)
        // Some ask may be too small for the item at the front.
        if (turn % sizes.length === sizes.length - 1)
          taken.push(...decodeItems(packing.count > 0 ? (packing.take(1, 1000) as ItemBlock) : encodeItems([])))
      }
      expect(taken).toEqual(list)
      expect(refused).toEqual([])
    }),
  )
})

test('itemsWithin finds the largest count that fits', () => {
  const numbers = encodeItems([1, 2, 3, 4])
  expect([itemsWithin(numbers, 9, 32), itemsWithin(numbers, 9, 31), itemsWithin(numbers, 2, 99), itemsWithin(numbers, 9, 7)]).toEqual([
    4, 3, 2, 0,
  ])
  const texts = encodeItems(['a', 'bb', 'ccc'])
  expect([21, 20, 13, 12, 6, 5].map((bytes) => itemsWithin(texts, 9, bytes))).toEqual([3, 2, 2, 1, 1, 0])
})
