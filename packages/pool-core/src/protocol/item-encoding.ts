import { assert } from '../base/assert.ts'
import type { Attachments } from './attachments.ts'
import { beginWriter } from './cbor/cbor-writer.ts'
import type { ItemBlock } from './item-block.ts'
import { ITEM_BYTES_MAX } from './limits.ts'
import { toLittleEndian } from './number-bytes.ts'
import { encodeCbor } from './values/encode-values.ts'

/** Below this a few bytes in a shared slab are cheaper than a typed array of their own. */
const SLAB_NUMBERS_MAX = 16

/**
 * Encodes `values[start]` to `values[end - 1]`: codec `f64` when all of them are numbers (every bit kept, also −0), else `cbor`.
 * Throws `NOT_SERIALISABLE` naming the first value that cannot travel: `items[3].callback is a function, …`.
 */
export function encodeItems(values: readonly unknown[], start = 0, end: number = values.length, attachments?: Attachments): ItemBlock {
  assert(start >= 0 && start <= end && end <= values.length, `items ${start} to ${end} of ${values.length}`)
  return encodeNumbers(values, start, end - start) ?? encodeCbor(values, start, end - start, attachments)
}

function encodeNumbers(values: readonly unknown[], start: number, count: number): ItemBlock | undefined {
  if (count <= SLAB_NUMBERS_MAX) return encodeFewNumbers(values, start, count)
  if (typeof values[start] !== 'number') return undefined
  const numbers = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const value = values[start + i]
    if (typeof value !== 'number') return undefined
    numbers[i] = value
  }
  return { count, codec: 'f64', bytes: toLittleEndian(numbers, 8) }
}

function encodeFewNumbers(values: readonly unknown[], start: number, count: number): ItemBlock | undefined {
  for (let i = 0; i < count; i++) if (typeof values[start + i] !== 'number') return undefined
  const writer = beginWriter(count * 8, ITEM_BYTES_MAX)
  for (let i = 0; i < count; i++) writer.rawFloat64(values[start + i] as number)
  return { count, codec: 'f64', bytes: writer.finish() }
}
