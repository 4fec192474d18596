import { endianness } from 'node:os'
import { crc32 } from 'node:zlib'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { BlockHeader } from './keys.ts'

/** A block on its way to the disk. */
export interface StoredBlock {
  readonly header: BlockHeader
  readonly value: Uint8Array
}

const BIG_ENDIAN = endianness() === 'BE'

/**
 * A block as it is stored: numbers are the protocol's bytes as they are, without a copy; the other codecs have their offsets in front,
 * from 0 and little-endian. Nothing is encoded again.
 * @param count tasks that the block stands for: more than its items where some failed.
 */
export function storeBlock(from: number, count: number, block: ItemBlock): StoredBlock {
  const value = block.offsets === undefined ? block.bytes : withOffsets(block.offsets, block.bytes)
  return { header: { from, count, items: block.count, codec: block.codec, length: value.length, crc: crc32(value) }, value }
}

/** The block that `storeBlock` stored. @throws ForkpoolError DATA_CORRUPT if a bit of it is not what was written. */
export function loadBlock(header: BlockHeader, value: Uint8Array): ItemBlock {
  const { items, codec, length, crc } = header
  const found = value.length === length ? crc32(value) : undefined
  if (found !== crc)
    throw new ForkpoolError(
      'DATA_CORRUPT',
      `block of tasks ${header.from} to ${header.from + header.count - 1}: ${value.length} bytes with checksum ${found}, expected ${length} with ${crc}`,
    )
  if (codec === 'f64') return { count: items, codec, bytes: value }
  const offsetBytes = 4 * (items + 1)
  const offsets = new Uint32Array(items + 1)
  const view = Buffer.from(offsets.buffer)
  view.set(value.subarray(0, offsetBytes))
  if (BIG_ENDIAN) view.swap32()
  return { count: items, codec, offsets, bytes: value.subarray(offsetBytes) }
}

function withOffsets(offsets: Uint32Array, bytes: Uint8Array): Uint8Array {
  const value = Buffer.allocUnsafe(4 * offsets.length + bytes.length)
  const base = offsets[0] as number
  for (let i = 0; i < offsets.length; i++) value.writeUInt32LE((offsets[i] as number) - base, 4 * i)
  value.set(bytes, 4 * offsets.length)
  return value
}

/** A record of ours: CBOR, and in front of it its checksum. Fields that are undefined are left out. */
export function storeRecord(record: object): Uint8Array {
  const { bytes } = encodeItems([Array.isArray(record) ? record : withoutUndefined(record)])
  const value = Buffer.allocUnsafe(4 + bytes.length)
  value.writeUInt32LE(crc32(bytes))
  value.set(bytes, 4)
  return value
}

/** What `storeRecord` stored. @throws ForkpoolError DATA_CORRUPT, naming `what`. */
export function loadRecord(value: Uint8Array, what: string): unknown {
  const view = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const bytes = view.subarray(4)
  if (view.length < 5 || crc32(bytes) !== view.readUInt32LE()) throw new ForkpoolError('DATA_CORRUPT', `${what}: its checksum is wrong`)
  return decodeItems({ count: 1, codec: 'cbor', offsets: Uint32Array.of(0, bytes.length), bytes })[0]
}

function withoutUndefined(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}
