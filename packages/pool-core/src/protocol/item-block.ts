import { assert } from '../base/assert.ts'
import { FAILURE_WINDOW_BYTES } from './limits.ts'

/**
 * How the bytes of a block are read. `f64` is little-endian IEEE 754 doubles, one an item, without offsets; `cbor` (RFC 8949, typed
 * arrays by RFC 8746, big integers by tags 2 and 3) and `json` (RFC 8259, in UTF-8) have one encoded value an item and nothing between.
 */
export type ItemCodec = 'f64' | 'cbor' | 'json'

/**
 * An ordered list of items as they travel: client → gateway → worker for arguments, and back for results. Only the two ends decode
 * an item; everything between slices by offset, without a copy.
 */
export interface ItemBlock {
  /** Items in the block, 1 or more (0 only in a result block in which every task failed). */
  readonly count: number
  readonly codec: ItemCodec
  /**
   * `count + 1` ascending positions; absent for `f64`. Only their differences count: item `i` is the bytes from
   * `offsets[i] - offsets[0]` up to `offsets[i + 1] - offsets[0]`, and `offsets[count] - offsets[0]` is the length of `bytes`.
   * So a slice of a block keeps a view of its offsets as they are, and travels as it is.
   */
  readonly offsets?: Uint32Array | undefined
  readonly bytes: Uint8Array
  /** Buffers beside the bytes, between threads of one process alone. The items have their numbers; every slice has all of them. */
  readonly attachments?: readonly unknown[] | undefined
}

/** Bytes that the block takes in a flow control window: 8 an item for `f64`, else its encoded length and 4 for its offset. Slices add up to the whole. */
export function blockBytes(block: ItemBlock): number {
  return block.offsets === undefined ? block.bytes.byteLength : block.bytes.byteLength + 4 * block.count
}

/** Bytes that a result message takes in the result window: those of its values, and `FAILURE_WINDOW_BYTES` for each failure. */
export function resultBytes(message: { readonly values: ItemBlock; readonly failures?: readonly unknown[] | undefined }): number {
  return blockBytes(message.values) + FAILURE_WINDOW_BYTES * (message.failures?.length ?? 0)
}

/** The items from `offset` on, `count` of them, sharing the block's bytes. */
export function sliceBlock(block: ItemBlock, offset: number, count: number): ItemBlock {
  assert(offset >= 0 && count >= 0 && offset + count <= block.count, `slice ${offset}+${count} of a block of ${block.count} items`)
  const { attachments, codec, bytes, offsets } = block
  if (offsets === undefined) return { count, codec, bytes: bytes.subarray(offset * 8, (offset + count) * 8) }
  const base = offsets[0] as number
  const from = (offsets[offset] as number) - base
  const to = (offsets[offset + count] as number) - base
  const slice = { count, codec, offsets: offsets.subarray(offset, offset + count + 1), bytes: bytes.subarray(from, to) }
  return attachments === undefined ? slice : { ...slice, attachments }
}

/** A block from the encoded bytes of its items. One item's bytes are taken as they are, several are copied. */
export function packParts(codec: 'cbor' | 'json', parts: readonly Uint8Array[]): ItemBlock {
  const offsets = new Uint32Array(parts.length + 1)
  let length = 0
  for (let i = 0; i < parts.length; i++) {
    length += (parts[i] as Uint8Array).length
    offsets[i + 1] = length
  }
  const only = parts.length === 1 ? parts[0] : undefined
  if (only !== undefined) return { count: 1, codec, offsets, bytes: only }
  const bytes = new Uint8Array(length)
  for (let i = 0; i < parts.length; i++) bytes.set(parts[i] as Uint8Array, offsets[i])
  return { count: parts.length, codec, offsets, bytes }
}
