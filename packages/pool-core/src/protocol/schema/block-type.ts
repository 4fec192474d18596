import type { CborReader } from '../cbor/cbor-reader.ts'
import type { CborWriter } from '../cbor/cbor-writer.ts'
import type { ItemBlock } from '../item-block.ts'
import { blockFromJson, blockToJson } from '../item-json.ts'
import { BLOCK_ITEMS_MAX } from '../limits.ts'
import { Mismatch, preview } from '../mismatch.ts'
import { fromLittleEndian32, toLittleEndian } from '../number-bytes.ts'
import { choice, integer } from './field-type.ts'
import type { FieldType } from './field-type.ts'
import { optional, required, Struct } from './struct.ts'

/** A byte string; what is read is a view of the frame. */
const bytes: FieldType<Uint8Array> = {
  expected: 'bytes',
  read(reader) {
    const major = reader.head()
    if (major !== 2) throw new Mismatch('bytes', reader.describe(major))
    return reader.view(reader.argument)
  },
  write: (writer, value) => writer.byteString(value),
  parse: onlyCbor,
  stringify: onlyCbor,
}

/** Positions as a typed array of RFC 8746. They are copied on reading: in a frame they stand at any byte. */
const offsets: FieldType<Uint32Array> = {
  expected: 'a typed array of unsigned 32-bit integers (tag 70)',
  read(reader) {
    const major = reader.head()
    if (major !== 6 || reader.argument !== 70) throw new Mismatch(offsets.expected, reader.describe(major))
    const content = reader.head()
    if (content !== 2) throw new Mismatch('a byte string in tag 70', reader.describe(content))
    return readUint32s(reader)
  },
  write(writer, value) {
    writer.head(6, 70)
    writer.byteString(toLittleEndian(value as Uint32Array<ArrayBuffer>, 4))
  },
  parse: onlyCbor,
  stringify: onlyCbor,
}

/** Up to so many offsets a loop is cheaper than another view. */
const LOOP_OFFSETS_MAX = 32

function readUint32s(reader: CborReader): Uint32Array {
  const { argument: length, at } = reader
  if (length % 4 !== 0) throw new Mismatch('four bytes for each offset', `${length} bytes`)
  const little = reader.view(length)
  if (length > LOOP_OFFSETS_MAX * 4) return fromLittleEndian32(little)
  const values = new Uint32Array(length / 4)
  const { bytes } = reader
  for (let i = 0, from = at; i < values.length; i++, from += 4) {
    values[i] =
      (bytes[from] as number) |
      ((bytes[from + 1] as number) << 8) |
      ((bytes[from + 2] as number) << 16) |
      ((bytes[from + 3] as number) << 24)
  }
  return values
}

function onlyCbor(): never {
  throw new Mismatch('a block as an array of its items', 'a block')
}

/** An item block as the CBOR dialect has it. */
const BLOCK: Struct<Omit<ItemBlock, 'attachments'>> = new Struct<Omit<ItemBlock, 'attachments'>>(
  'an item block',
  {
    count: required(integer(0, BLOCK_ITEMS_MAX), 'Items in the block.'),
    codec: required(choice('f64', 'cbor', 'json'), 'How an item is encoded.'),
    offsets: optional(offsets, 'Where the items are in `bytes`: `count + 1` ascending positions. Absent for `f64`.'),
    bytes: required(bytes, 'The encoded items, one after the other, nothing between.'),
  },
  [
    {
      text: 'offsets exactly where codec is "cbor" or "json"',
      holds: (block) => (block.offsets === undefined) === (block.codec === 'f64'),
    },
    {
      text: 'bytes.length = 8 × count where codec is "f64"',
      holds: ({ codec, bytes: { length }, count }) => codec !== 'f64' || length === count * 8,
    },
    { text: 'offsets.length = count + 1', holds: (block) => block.offsets === undefined || block.offsets.length === block.count + 1 },
    { text: 'offsets ascending, each item at least one byte', holds: ({ offsets: own }) => own === undefined || isAscending(own) },
    {
      text: 'offsets[count] - offsets[0] = bytes.length',
      holds: ({ offsets: own, count, bytes: { length } }) => own === undefined || (own[count] as number) - (own[0] as number) === length,
    },
  ],
)

function isAscending(positions: Uint32Array): boolean {
  for (let i = 1; i < positions.length; i++) if ((positions[i] as number) <= (positions[i - 1] as number)) return false
  return true
}

/** A block of at least so many items. In the JSON dialect it is the array of its items. */
export function itemBlock(countMin: 0 | 1): FieldType<ItemBlock> {
  const expected =
    countMin === 0 ? 'an item block (JSON: an array of values)' : 'an item block of at least one item (JSON: an array of values)'
  const checked = (block: ItemBlock): ItemBlock => {
    if (block.count < countMin) throw new Mismatch('at least one item', 'none')
    return block
  }
  return {
    expected,
    parts: () => [BLOCK as FieldType<unknown>],
    read: (reader: CborReader) => checked(BLOCK.read(reader)),
    write: (writer: CborWriter, block: ItemBlock) => BLOCK.write(writer, checked(block)),
    parse(json, source, name) {
      if (!Array.isArray(json)) throw new Mismatch('an array of values', preview(json))
      if (json.length > BLOCK_ITEMS_MAX) throw new Mismatch(`at most ${BLOCK_ITEMS_MAX} items`, `${json.length}`)
      return checked(blockFromJson(source.bytes, name, json.length))
    },
    stringify: (block) => blockToJson(checked(block)),
  }
}
