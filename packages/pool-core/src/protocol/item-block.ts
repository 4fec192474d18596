/**
 * How the bytes of a block are read. A typed codec (`f64` …) is a little-endian typed array, one element an item, and has no
 * offsets; `cbor` (RFC 8949, typed arrays by RFC 8746, big integers by tags 2 and 3) and `json` have one encoded value an item.
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
  /** `count + 1` ascending positions in `bytes`, the first of them 0 in a block of its own; absent for a typed codec. */
  readonly offsets?: Uint32Array | undefined
  readonly bytes: Uint8Array
}
