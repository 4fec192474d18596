import { CborReader } from '../cbor/cbor-reader.ts'
import type { ItemBlock } from '../item-block.ts'
import { sliceBlock } from '../item-block.ts'
import { located, Mismatch } from '../mismatch.ts'
import { readValue } from './cbor-value-reader.ts'
import { valueFromJson } from './json-value-reader.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The values of a block of codec `cbor`; as `decodeItemsInto`. */
export function decodeCbor({ attachments, count, bytes, offsets }: ItemBlock, target: unknown[], at: number): void {
  const reader = new CborReader(bytes)
  reader.attachments = attachments
  const base = offsets?.[0] ?? 0
  for (let i = 0; i < count; i++) {
    reader.at = (offsets?.[i] ?? 0) - base
    reader.end = (offsets?.[i + 1] ?? 0) - base
    reader.depth = 0
    try {
      target[at + i] = readValue(reader)
      if (reader.at !== reader.end) throw new Mismatch('one value', `more bytes behind it, from byte ${reader.at}`)
    } catch (error) {
      throw badItem(error, i)
    }
  }
}

/** The values of a block of codec `json`; as `decodeItemsInto`. */
export function decodeJson(block: ItemBlock, target: unknown[], at: number): void {
  const { count, offsets } = block
  const base = offsets?.[0] ?? 0
  const whole = decodeUtf8(block.bytes)
  // Where every character is one byte, the offsets are positions in the text too.
  const isAscii = whole?.length === block.bytes.length
  for (let i = 0; i < count; i++) {
    try {
      const text = isAscii
        ? whole.slice((offsets?.[i] ?? 0) - base, (offsets?.[i + 1] ?? 0) - base)
        : decodeUtf8(sliceBlock(block, i, 1).bytes)
      if (text === undefined) throw new Mismatch('UTF-8', 'other bytes')
      target[at + i] = valueFromJson(text)
    } catch (error) {
      throw badItem(error, i)
    }
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function badItem(error: unknown, index: number): unknown {
  const mismatch = located(error, index)
  return mismatch instanceof Mismatch ? mismatch.toBadMessage('items') : mismatch
}
