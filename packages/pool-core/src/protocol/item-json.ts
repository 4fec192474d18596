import type { ItemBlock } from './item-block.ts'
import { decodeItems } from './item-decoding.ts'
import { encodeItemsJson } from './values/encode-values.ts'
import { Mismatch } from './mismatch.ts'
import { valueToJson } from './values/json-value-writer.ts'
import { fromLittleEndian64 } from './number-bytes.ts'
import { ValueTrail } from './values/value-trail.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Below this a loop of stores beats the call of `set`. */
const LOOP_COPY_MAX = 48

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The items as a JSON array. A block of codec `json` is joined as it is, without looking into an item. */
export function blockToJson(block: ItemBlock): string {
  if (block.codec === 'f64') return numbersToJson(block.bytes)
  const { count, offsets, bytes } = block.codec === 'json' ? block : encodeItemsJson(decodeItems(block))
  if (offsets === undefined) return '[]'
  const base = offsets[0] as number
  // One bracket or comma before each item (for none at all: the opening bracket), and the closing bracket.
  const out = new Uint8Array(bytes.length + Math.max(count, 1) + 1)
  let to = 0
  for (let i = 0; i < count; i++) {
    out[to++] = i === 0 ? OPEN_BRACKET : COMMA
    to = copy(bytes, (offsets[i] as number) - base, (offsets[i + 1] as number) - base, out, to)
  }
  if (count === 0) out[to++] = OPEN_BRACKET
  out[to++] = CLOSE_BRACKET
  try {
    return utf8.decode(out.subarray(0, to))
  } catch {
    throw new Mismatch('items in UTF-8', 'other bytes')
  }
}

function numbersToJson(bytes: Uint8Array): string {
  const trail = new ValueTrail('items')
  const numbers = fromLittleEndian64(bytes)
  let json = '['
  for (let i = 0; i < numbers.length; i++) json += i === 0 ? valueToJson(numbers[i], trail) : `,${valueToJson(numbers[i], trail)}`
  return `${json}]`
}

/** Copies `from[start]` to `from[end - 1]` to `to[at]` and following; returns the position behind. */
function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  if (end - start > LOOP_COPY_MAX) to.set(from.subarray(start, end), at)
  else for (let i = start, k = at; i < end; i++, k++) to[k] = from[i] as number
  return at + end - start
}

/**
 * Cuts the elements of the array `field` of the outermost object out of a JSON text that `JSON.parse` has accepted, and packs them as a
 * block of `count` items: the very text that the sender wrote, so that no digit is lost. A repeated field counts as in `JSON.parse`:
 * the last one.
 */
export function blockFromJson(json: Uint8Array, field: string, count: number): ItemBlock {
  const start = findField(json, field)
  const offsets = new Uint32Array(count + 1)
  const bytes = new Uint8Array(json.length - start)
  let at = skipSpace(json, start + 1)
  let to = 0
  for (let i = 0; i < count; i++) {
    const end = skipValue(json, at)
    to = copy(json, at, end, bytes, to)
    offsets[i + 1] = to
    at = skipSpace(json, end)
    if (json[at] === COMMA) at = skipSpace(json, at + 1)
  }
  return { count, codec: 'json', offsets, bytes: bytes.subarray(0, to) }
}

/**
 * Whether brackets stand deeper than `depthMax` in a JSON text. Looked at before parsing: a frame of nothing but brackets costs `JSON.parse` a
 * second and a half, and this a hundredth of it. In a text that is not JSON the answer means nothing.
 */
export function isNestedDeeper(json: string, depthMax: number): boolean {
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at)
    if (unit === QUOTE) {
      for (at++; at < json.length; at++) {
        const inner = json.charCodeAt(at)
        if (inner === QUOTE) break
        if (inner === BACKSLASH) at++
      }
    } else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      if (++depth > depthMax) return true
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) depth--
  }
  return false
}

/** Position of the first byte of the field's value. */
function findField(json: Uint8Array, field: string): number {
  let found = -1
  let at = skipSpace(json, skipSpace(json, 0) + 1)
  while (json[at] === QUOTE) {
    const keyEnd = skipString(json, at)
    const isField = keyEquals(json, at, keyEnd, field)
    at = skipSpace(json, skipSpace(json, keyEnd) + 1)
    if (isField) found = at
    at = skipSpace(json, skipValue(json, at))
    if (json[at] === COMMA) at = skipSpace(json, at + 1)
  }
  if (found === -1 || json[found] !== OPEN_BRACKET) throw new Mismatch('an array', 'none')
  return found
}

/** Whether the string between `at` and `end`, quotes included, is this name; names here are ASCII letters. */
function keyEquals(json: Uint8Array, at: number, end: number, name: string): boolean {
  const content = json.subarray(at + 1, end - 1)
  if (content.includes(BACKSLASH)) return JSON.parse(utf8.decode(json.subarray(at, end))) === name
  if (content.length !== name.length) return false
  for (let i = 0; i < content.length; i++) if (content[i] !== name.charCodeAt(i)) return false
  return true
}

function skipSpace(json: Uint8Array, at: number): number {
  let next = at
  for (;;) {
    const byte = json[next]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return next
    next++
  }
}

/** From an opening quote to the position behind the closing one. */
function skipString(json: Uint8Array, at: number): number {
  let next = at + 1
  for (;;) {
    const byte = json[next++]
    if (byte === QUOTE || byte === undefined) return next
    if (byte === BACKSLASH) next++
  }
}

/** From the first byte of a value to the position behind its last. Counts brackets only: the text is known to be valid. */
function skipValue(json: Uint8Array, at: number): number {
  const first = json[at]
  if (first === QUOTE) return skipString(json, at)
  if (first !== OPEN_BRACKET && first !== OPEN_BRACE) return skipScalar(json, at)
  let next = at + 1
  for (let depth = 1; depth > 0 && next < json.length;) {
    const byte = json[next++]
    if (byte === QUOTE) next = skipString(json, next - 1)
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth++
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--
  }
  return next
}

/** Past a number or a word. */
function skipScalar(json: Uint8Array, at: number): number {
  let next = at
  while (next < json.length) {
    const byte = json[next] as number
    if (byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE || byte <= 0x20) break
    next++
  }
  return next
}
