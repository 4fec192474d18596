import { assert } from '../base/assert.ts'
import type { ItemBlock, ItemCodec } from './item-block.ts'
import { packParts, sliceBlock } from './item-block.ts'
import { decodeItems } from './item-decoding.ts'
import { encodeItem, encodeItemsJson } from './values/encode-values.ts'

/**
 * One block with the items of all, in order; bytes are copied. Blocks of one codec are joined without decoding; of several, numbers
 * become `cbor`, and everything becomes `json` where one block is. No block, or only empty ones: an empty block.
 */
export function concatBlocks(blocks: readonly ItemBlock[]): ItemBlock {
  const filled = blocks.filter((block) => block.count > 0)
  const [first] = filled
  if (first === undefined) return { count: 0, codec: 'f64', bytes: new Uint8Array(0) }
  if (filled.length === 1) return first
  const codec = commonCodec(filled)
  const alike = filled.map((block) => (block.codec === codec ? block : transcode(block, codec)))
  const count = alike.reduce((sum, block) => sum + block.count, 0)
  const bytes = new Uint8Array(alike.reduce((sum, block) => sum + block.bytes.length, 0))
  const offsets = codec === 'f64' ? undefined : new Uint32Array(count + 1)
  let item = 0
  let at = 0
  for (const block of alike) {
    bytes.set(block.bytes, at)
    if (offsets !== undefined) copyOffsets(block, offsets, item, at)
    item += block.count
    at += block.bytes.length
  }
  return offsets === undefined ? { count, codec, bytes } : { count, codec, offsets, bytes }
}

/** Writes the block's offsets from `offsets[item]` on, moved so that its first byte is at `at`. */
function copyOffsets(block: ItemBlock, offsets: Uint32Array, item: number, at: number): void {
  const own = block.offsets
  if (own === undefined) return
  const shift = at - (own[0] as number)
  for (let i = 0; i <= block.count; i++) offsets[item + i] = (own[i] as number) + shift
}

function commonCodec(blocks: readonly ItemBlock[]): ItemCodec {
  if (blocks.some((block) => block.codec === 'json')) return 'json'
  return blocks.every((block) => block.codec === 'f64') ? 'f64' : 'cbor'
}

function transcode(block: ItemBlock, codec: ItemCodec): ItemBlock {
  if (codec === 'json') return transcodeToJson(block)
  return packParts(
    'cbor',
    decodeItems(block).map((value) => encodeItem(value, 'cbor', 'items')),
  )
}

/** The items at these positions, in this order; bytes are copied, nothing is decoded. */
export function selectItems(block: ItemBlock, indexes: readonly number[]): ItemBlock {
  const parts = indexes.map((index) => {
    assert(index >= 0 && index < block.count, `item ${index} of a block of ${block.count}`)
    return sliceBlock(block, index, 1).bytes
  })
  if (block.codec !== 'f64') return packParts(block.codec, parts)
  const bytes = new Uint8Array(parts.length * 8)
  parts.forEach((part, i) => bytes.set(part, i * 8))
  return { count: parts.length, codec: 'f64', bytes }
}

/** The same items in codec `json`; a block that is in it already is returned as it is. Throws `BAD_MESSAGE` where an item cannot be decoded. */
export function transcodeToJson(block: ItemBlock): ItemBlock {
  return block.codec === 'json' ? block : encodeItemsJson(decodeItems(block))
}
