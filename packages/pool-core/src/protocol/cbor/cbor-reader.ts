import { VALUE_DEPTH_MAX } from '../limits.ts'
import { Mismatch } from '../mismatch.ts'
import { decodeWtf8 } from './wtf8.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Eight bytes for one float at a time: no `DataView` has to be made for a frame. */
const scratch = new DataView(new ArrayBuffer(8))

/** A text shorter than this is read in a loop (measured: `TextDecoder` costs about 300 ns a call). */
const TEXT_LOOP_MAX = 32

/** Keys seen last, by a hash of length, first and last byte. */
const KEY_SLOTS = 512
const keyCache: (string | undefined)[] = new Array<string | undefined>(KEY_SLOTS)

/**
 * Reads CBOR (RFC 8949) of definite lengths. Whatever the bytes are, it reads nothing outside them, allocates no more than they
 * can fill, and throws nothing but `Mismatch`.
 */
export class CborReader {
  readonly bytes: Uint8Array
  /** The next byte, and the position behind the last one that may be read. */
  at: number
  end: number
  /** The argument of the last head. Exact up to 2^53; `high` and `low` are its halves when it took eight bytes. */
  argument = 0
  high = 0
  low = 0
  /** How many arrays and maps enclose the next byte. */
  depth = 0
  #info = 0
  /** Buffers beside the bytes, by number. */
  attachments: readonly unknown[] | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.at = 0
    this.end = bytes.length
  }

  /** Reads a head: returns the initial byte's major type, leaves the argument in `argument`. Floats leave their bits in `high`, `low`. */
  head(): number {
    const initial = this.byte()
    const info = initial & 0x1f
    this.#info = info
    if (info < 24) {
      this.argument = info
    } else if (info === 24) {
      this.argument = this.byte()
    } else if (info === 25) {
      this.#need(2)
      this.argument = ((this.bytes[this.at] as number) << 8) | (this.bytes[this.at + 1] as number)
      this.at += 2
    } else if (info === 26) {
      this.argument = this.#uint32()
    } else if (info === 27) {
      this.high = this.#uint32()
      this.low = this.#uint32()
      this.argument = this.high * 0x1_0000_0000 + this.low
    } else if (info === 31) {
      throw new Mismatch('definite lengths only', `an indefinite length at byte ${this.at - 1}`)
    } else {
      throw new Mismatch('CBOR (RFC 8949)', `the reserved head 0x${initial.toString(16)} at byte ${this.at - 1}`)
    }
    return initial >> 5
  }

  /** The major type of the next head, without moving. */
  peekMajor(): number {
    this.#need(1)
    return (this.bytes[this.at] as number) >> 5
  }

  /** Whether the next byte is this one; then moves past it. */
  skipByte(byte: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== byte) return false
    this.at++
    return true
  }

  /** Whether the next bytes are these; then moves past them. */
  skipBytes(wanted: Uint8Array): boolean {
    const { bytes, at } = this
    const { length } = wanted
    if (length > this.end - at || bytes[at] !== wanted[0]) return false
    for (let i = 1; i < length; i++) if (bytes[at + i] !== wanted[i]) return false
    this.at = at + length
    return true
  }

  byte(): number {
    this.#need(1)
    return this.bytes[this.at++] as number
  }

  /** Reads the head of an array or map: its length, no more than the rest of the bytes could hold. */
  length(major: 4 | 5, expected: string): number {
    const found = this.head()
    if (found !== major) throw new Mismatch(expected, this.describe(found))
    this.checkLength(major)
    return this.argument
  }

  /** Checks that `argument` entries (pairs, for a map) can still come: each takes a byte at least. */
  checkLength(major: 4 | 5): void {
    const entryBytes = major === 5 ? 2 : 1
    if (this.argument * entryBytes > this.end - this.at) throw this.cut()
  }

  /** A view of the next `length` bytes, always a plain `Uint8Array`. */
  view(length: number): Uint8Array {
    this.#need(length)
    const view = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.at, length)
    this.at += length
    return view
  }

  /** Reads a text string: major type 3, or tag 273 with WTF-8 bytes. */
  text(expected: string): string {
    const major = this.head()
    if (major === 3) return this.textOf(this.argument)
    if (major === 6 && this.argument === 273) return this.wtf8()
    throw new Mismatch(expected, this.describe(major))
  }

  /** Reads a text string that is likely to come again: the same key of many objects is one string in memory. */
  key(expected: string): string {
    const initial = this.at < this.end ? (this.bytes[this.at] as number) : 0
    const length = initial - 0x60
    if (length <= 0 || length >= 24 || length >= this.end - this.at) return this.text(expected)
    const { bytes } = this
    const from = this.at + 1
    const slot = (length * 31 + (bytes[from] as number) * 7 + (bytes[from + length - 1] as number)) & (KEY_SLOTS - 1)
    const known = keyCache[slot]
    if (known !== undefined && known.length === length) {
      let i = 0
      while (i < length && known.charCodeAt(i) === bytes[from + i]) i++
      if (i === length) {
        this.at = from + length
        return known
      }
    }
    this.at = from
    const text = this.textOf(length)
    // Only ASCII has as many code units as bytes; anything else is not found again by the comparison above.
    if (text.length === length) keyCache[slot] = text
    return text
  }

  /** The text in the next `length` bytes. */
  textOf(length: number): string {
    this.#need(length)
    const { bytes } = this
    const from = this.at
    const to = from + length
    this.at = to
    if (length < TEXT_LOOP_MAX) {
      let text = ''
      let i = from
      for (; i < to; i++) {
        const byte = bytes[i] as number
        if (byte >= 0x80) break
        text += String.fromCharCode(byte)
      }
      if (i === to) return text
    }
    try {
      return utf8.decode(bytes.subarray(from, to))
    } catch {
      throw new Mismatch('UTF-8', `invalid UTF-8 in the text at byte ${from}`)
    }
  }

  /** The content of tag 273: a byte string in WTF-8. */
  wtf8(): string {
    const major = this.head()
    if (major !== 2) throw new Mismatch('a byte string in tag 273', this.describe(major))
    const from = this.at
    const text = decodeWtf8(this.view(this.argument))
    if (text === undefined) throw new Mismatch('WTF-8 in tag 273', `other bytes at byte ${from}`)
    return text
  }

  /** The float whose head was just read. */
  float(): number {
    if (this.#info === 27) {
      scratch.setUint32(0, this.high)
      scratch.setUint32(4, this.low)
      return scratch.getFloat64(0)
    }
    if (this.#info === 26) {
      scratch.setUint32(0, this.argument)
      return scratch.getFloat32(0)
    }
    return float16(this.argument)
  }

  /** Moves past one value of any kind without building it. */
  skip(): void {
    // A counter instead of recursion: `left` values of the innermost container, outer counts on a stack of bounded height.
    const outer: number[] = []
    let left = 1
    for (;;) {
      while (left === 0) {
        const above = outer.pop()
        if (above === undefined) return
        left = above
      }
      left--
      const major = this.head()
      if (major === 2 || major === 3) {
        this.#need(this.argument)
        this.at += this.argument
      } else if (major === 7) {
        this.checkSimple()
      } else if (major === 6) {
        left++
      } else if (major >= 4) {
        this.checkLength(major as 4 | 5)
        if (outer.length >= VALUE_DEPTH_MAX) throw tooDeep()
        outer.push(left)
        left = major === 5 ? this.argument * 2 : this.argument
      }
    }
  }

  /** How the last head gave its argument: below 24 in itself, 24 to 27 in 1, 2, 4 or 8 bytes more. */
  get info(): number {
    return this.#info
  }

  /** Checks a head of major type 7: false, true, null, undefined or a float. */
  checkSimple(): void {
    if (this.#info >= 25 || (this.#info >= 20 && this.#info <= 23)) return
    throw new Mismatch('false, true, null, undefined or a float', `simple value ${this.argument} at byte ${this.at - 1}`)
  }

  /** Goes one level down; every call needs a `leave`, unless reading ends with an error. */
  enter(): void {
    if (this.depth >= VALUE_DEPTH_MAX) throw tooDeep()
    this.depth++
  }

  leave(): void {
    this.depth--
  }

  /** The last head in words, for an error. */
  describe(major: number): string {
    switch (major) {
      case 0:
        return `${this.#exact()}`
      case 1:
        return `${-1n - this.#exact()}`
      case 2:
        return 'bytes'
      case 3:
        return 'text'
      case 4:
        return 'an array'
      case 5:
        return 'a map'
      case 6:
        return `tag ${this.argument}`
      default:
        if (this.#info >= 25) return `${this.float()}`
        return ['false', 'true', 'null', 'undefined'][this.argument - 20] ?? `simple value ${this.argument}`
    }
  }

  /** The error for bytes that end too early. */
  cut(): Mismatch {
    return new Mismatch('more bytes', `the end at byte ${this.end}`)
  }

  #exact(): bigint {
    return this.#info === 27 ? (BigInt(this.high) << 32n) | BigInt(this.low) : BigInt(this.argument)
  }

  #uint32(): number {
    this.#need(4)
    const { bytes, at } = this
    this.at = at + 4
    return (
      (bytes[at] as number) * 0x100_0000 +
      (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
    )
  }

  #need(length: number): void {
    if (length > this.end - this.at) throw this.cut()
  }
}

function tooDeep(): Mismatch {
  return new Mismatch(`at most ${VALUE_DEPTH_MAX} levels of nesting`, 'more')
}

/** IEEE 754 half precision. Source: RFC 8949, appendix D. */
function float16(half: number): number {
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  const sign = half & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (fraction + 1024) * 2 ** (exponent - 25)
}
