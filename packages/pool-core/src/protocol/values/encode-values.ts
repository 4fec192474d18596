import { assert } from '../../base/assert.ts'
import { ForkpoolError } from '../../base/errors.ts'
import type { Attachments } from '../attachments.ts'
import { beginWriter } from '../cbor/cbor-writer.ts'
import type { ItemBlock } from '../item-block.ts'
import { ITEM_BYTES_MAX } from '../limits.ts'
import { writeValue } from './cbor-value-writer.ts'
import { valueToJson } from './json-value-writer.ts'
import { ValueTrail } from './value-trail.ts'

/** A first guess of the bytes of an item; a wrong one costs a copy. */
const ITEM_BYTES_GUESS = 32

const utf8 = new TextEncoder()

/** Encodes the same as `encodeItems` in codec `json`: one JSON text an item, with `$type` for what JSON lacks. */
export function encodeItemsJson(values: readonly unknown[], start = 0, end: number = values.length): ItemBlock {
  assert(start >= 0 && start <= end && end <= values.length, `items ${start} to ${end} of ${values.length}`)
  const trail = new ValueTrail('items')
  const texts: string[] = []
  try {
    for (let i = start; i < end; i++) {
      trail.reset()
      trail.at(i)
      texts.push(checkedJson(values[i], trail))
    }
  } catch (error) {
    throw trail.explain(error)
  }
  return packTexts(texts)
}

/** The value's JSON text; too long a one is the error `LIMIT_EXCEEDED`. */
function checkedJson(value: unknown, trail: ValueTrail): string {
  const text = valueToJson(value, trail)
  if (text.length > ITEM_BYTES_MAX) throw tooLarge()
  return text
}

function tooLarge(): ForkpoolError {
  return new ForkpoolError('LIMIT_EXCEEDED', `larger than ${ITEM_BYTES_MAX} bytes`)
}

/** A block of codec `json` from the texts of its items. */
function packTexts(texts: readonly string[]): ItemBlock {
  const joined = texts.join('')
  const bytes = utf8.encode(joined)
  const isAscii = bytes.length === joined.length
  const offsets = new Uint32Array(texts.length + 1)
  let at = 0
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string
    at += isAscii ? text.length : utf8Length(text)
    offsets[i + 1] = at
  }
  return { count: texts.length, codec: 'json', offsets, bytes }
}

/** Bytes of the text in UTF-8. `JSON.stringify` escapes lone surrogates, so every surrogate here is half of a pair: two bytes of four. */
function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) length += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return length
}

/** A block of codec `cbor`; as `encodeItems`. */
export function encodeCbor(values: readonly unknown[], start: number, count: number, attachments: Attachments | undefined): ItemBlock {
  const trail = new ValueTrail('items')
  const offsets = new Uint32Array(count + 1)
  const writer = beginWriter(Math.min(count * ITEM_BYTES_GUESS, ITEM_BYTES_MAX), ITEM_BYTES_MAX)
  writer.attachments = attachments
  try {
    for (let i = 0; i < count; i++) {
      trail.reset()
      trail.at(start + i)
      const from = writer.length
      writer.allow(ITEM_BYTES_MAX)
      writeValue(writer, values[start + i], trail)
      if (writer.length - from > ITEM_BYTES_MAX) throw tooLarge()
      if (writer.length > 0xffff_ffff) throw new ForkpoolError('LIMIT_EXCEEDED', 'behind 4 GiB of others: encode fewer items at once')
      offsets[i + 1] = writer.length
    }
    const block: ItemBlock = { count, codec: 'cbor', offsets, bytes: writer.finish() }
    return attachments?.list === undefined ? block : { ...block, attachments: attachments.list }
  } catch (error) {
    writer.abandon()
    throw trail.explain(error)
  }
}

/** Encodes one value in the given codec, as a block of its own. `name` is what errors call it. */
export function encodeItem(value: unknown, codec: 'cbor' | 'json', name: string, attachments?: Attachments): Uint8Array {
  const trail = new ValueTrail(name)
  if (codec === 'json') {
    try {
      return utf8.encode(checkedJson(value, trail))
    } catch (error) {
      throw trail.explain(error)
    }
  }
  const writer = beginWriter(ITEM_BYTES_GUESS, ITEM_BYTES_MAX)
  writer.attachments = attachments
  try {
    writeValue(writer, value, trail)
    if (writer.length > ITEM_BYTES_MAX) throw tooLarge()
    return writer.finish()
  } catch (error) {
    writer.abandon()
    throw trail.explain(error)
  }
}
