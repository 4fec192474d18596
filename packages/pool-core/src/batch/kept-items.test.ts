import { expect, test } from 'vitest'
import type { ItemBlock } from '../protocol/index.ts'
import { decodeItems, encodeItems } from '../protocol/index.ts'
import { KeptItems } from './kept-items.ts'

const none: ItemBlock = { count: 0, codec: 'f64', bytes: new Uint8Array(0) }

test('items are found by their index over all blocks, of whatever codecs', () => {
  const kept = new KeptItems()
  kept.add(encodeItems([10, 11, 12]))
  kept.add(none)
  kept.add(encodeItems(['a', { b: 1 }]))
  expect(decodeItems(kept.select([1, 2, 4]))).toEqual([11, 12, { b: 1 }])
  expect(decodeItems(kept.select([3]))).toEqual(['a'])
})

test('a block is let go when all of its tasks have settled, in whatever pieces, and no sooner', () => {
  const kept = new KeptItems()
  kept.add(encodeItems([10, 11, 12]))
  kept.add(encodeItems([13, 14]))
  kept.settled(1, 3)
  expect(decodeItems(kept.select([0, 4]))).toEqual([10, 14])
  kept.settled(0, 1)
  expect(kept.select([0]).count).toBe(0)
  expect(decodeItems(kept.select([4]))).toEqual([14])
  kept.settled(4, 1)
  expect(kept.select([4]).count).toBe(0)
})
