import type { ItemBlock } from '../item-block.ts'
import { BLOCK_ITEMS_MAX } from '../limits.ts'
import { FALSE, FLOAT64, KEY, MAP, ONE_OFFSET, TRUE } from './keys.ts'

const scratch = new DataView(new ArrayBuffer(8))

/** Reads on as long as the bytes are what they are expected to be; once they are not, `ok` is false for good. */
export class Cursor {
  readonly bytes: Uint8Array
  readonly end: number
  at = 0
  ok = true

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.end = bytes.length
  }

  /** Whether these bytes come next; then moves past them. */
  has(wanted: Uint8Array): boolean {
    const { bytes, at } = this
    const { length } = wanted
    if (at + length > this.end) return false
    for (let i = 0; i < length; i++) if (bytes[at + i] !== wanted[i]) return false
    this.at = at + length
    return true
  }

  skip(wanted: Uint8Array): void {
    if (!this.has(wanted)) this.ok = false
  }

  byte(): number {
    if (this.at >= this.end) {
      this.ok = false
      return 0
    }
    return this.bytes[this.at++] as number
  }

  /** A whole number from `min` to `max`, in its shortest form of up to four bytes. */
  whole(min: number, max: number): number {
    const first = this.byte()
    let value = first
    if (first >= 24) {
      if (first === 24) value = this.byte()
      else if (first === 25) value = this.byte() * 0x100 + this.byte()
      else if (first === 26) value = ((this.byte() * 0x100 + this.byte()) * 0x100 + this.byte()) * 0x100 + this.byte()
      else this.ok = false
    }
    if (value < min || value > max) this.ok = false
    return value
  }

  /** A number of zero or more. */
  duration(): number {
    if (this.at < this.end && this.bytes[this.at] !== FLOAT64) return this.whole(0, 0xffff_ffff)
    this.at++
    if (this.at + 8 > this.end) {
      this.ok = false
      return 0
    }
    for (let i = 0; i < 8; i++) scratch.setUint8(i, this.bytes[this.at + i] as number)
    this.at += 8
    const value = scratch.getFloat64(0)
    if (!(value > 0 && value < Infinity)) this.ok = false
    return value
  }

  flag(): boolean {
    const byte = this.byte()
    if (byte !== TRUE && byte !== FALSE) this.ok = false
    return byte === TRUE
  }

  /** An ASCII text of 1 to 23 characters, the same string as the last time where it is the same text. */
  name(last: string): string {
    const length = this.byte() - 0x60
    const { bytes, at } = this
    if (length < 1 || length > 23 || at + length > this.end) {
      this.ok = false
      return ''
    }
    this.at = at + length
    let same = last.length === length
    for (let i = 0; i < length; i++) {
      const byte = bytes[at + i] as number
      if (byte >= 0x80) this.ok = false
      if (same && last.charCodeAt(i) !== byte) same = false
    }
    return same ? last : String.fromCharCode(...bytes.subarray(at, at + length))
  }

  /** A block of numbers, or of one item in CBOR. */
  block(): ItemBlock | undefined {
    const head = this.byte()
    this.skip(KEY.count)
    const count = this.whole(1, BLOCK_ITEMS_MAX)
    if (head === (MAP | 3) && this.has(KEY.codecF64)) {
      const bytes = this.view(count * 8)
      return bytes === undefined ? undefined : { count, codec: 'f64', bytes }
    }
    if (head !== (MAP | 4) || count !== 1 || !this.has(KEY.codecCbor) || !this.has(ONE_OFFSET)) return undefined
    const length = this.byte() + this.byte() * 0x100 + this.byte() * 0x1_0000
    if (this.byte() !== 0 || length === 0) return undefined
    this.skip(KEY.bytes)
    const bytes = this.view(length)
    return bytes === undefined ? undefined : { count, codec: 'cbor', offsets: Uint32Array.of(0, length), bytes }
  }

  /** A byte string of exactly this length. */
  view(length: number): Uint8Array | undefined {
    const first = this.byte()
    let told = first - 0x40
    if (told === 24) told = this.byte()
    else if (told === 25) told = this.byte() * 0x100 + this.byte()
    else if (told > 25 || told < 0) return undefined
    if (!this.ok || told !== length || this.at + length > this.end) return undefined
    const view = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.at, length)
    this.at += length
    return view
  }
}
