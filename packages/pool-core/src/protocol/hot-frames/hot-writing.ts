import type { CborWriter } from '../cbor/cbor-writer.ts'
import { beginWriter } from '../cbor/cbor-writer.ts'
import type { ItemBlock } from '../item-block.ts'
import { FRAME_BYTES_MAX, NAME_LENGTH_MAX } from '../limits.ts'
import { KEY, MAP, ONE_OFFSET } from './keys.ts'

/** Larger blocks gain nothing here: their bytes are what costs. */
const BLOCK_BYTES_MAX = 2048

/** Room for a small block and all that stands around it. */
const FRAME_BYTES_GUESS = BLOCK_BYTES_MAX + 1024

/** A writer for one hot frame. */
export function beginHotFrame(): CborWriter {
  return beginWriter(FRAME_BYTES_GUESS, FRAME_BYTES_MAX)
}

/** Whether the block is one that `Cursor.block` reads. */
export function isHot({ codec, offsets, count, bytes }: ItemBlock): boolean {
  if (bytes.length > BLOCK_BYTES_MAX || count < 1) return false
  if (codec === 'f64') return bytes.length === count * 8
  return codec === 'cbor' && count === 1 && offsets !== undefined && offsets.length === 2 && offsets[0] === 0 && offsets[1] === bytes.length
}

/** A whole number that the tables would write as well. */
export function isWhole(value: number, min: number): boolean {
  return value >= min && Number.isSafeInteger(value)
}

export function isDuration(value: number): boolean {
  return value >= 0 && value < Infinity
}

/** Whether the tables would write it as a name: any text of such a length. */
export function isName(text: string): boolean {
  return text.length >= 1 && text.length <= NAME_LENGTH_MAX
}

export function writeDuration(writer: CborWriter, value: number): void {
  if (Number.isSafeInteger(value)) writer.head(0, value)
  else writer.float64(value)
}

export function writeBlock(writer: CborWriter, { count, codec, bytes }: ItemBlock): void {
  if (codec === 'f64') {
    writer.byte(MAP | 3)
    writer.raw(KEY.count)
    writer.head(0, count)
    writer.raw(KEY.codecF64)
  } else {
    writer.byte(MAP | 4)
    writer.raw(KEY.count)
    writer.head(0, count)
    writer.raw(KEY.codecCbor)
    writer.raw(ONE_OFFSET)
    const { length } = bytes
    writer.byte(length & 0xff)
    writer.byte(length >>> 8)
    writer.byte(0)
    writer.byte(0)
    writer.raw(KEY.bytes)
  }
  writer.byteString(bytes)
}
