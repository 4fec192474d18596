import { ForkpoolError } from '../../base/errors.ts'
import type { Attachments } from '../attachments.ts'
import { encodeWtf8 } from './wtf8.ts'

/** Frames are carved one after the other from a slab of this size: one allocation for hundreds of small frames. */
const SLAB_BYTES = 64 * 1024

/** The first slab: what is written in a program's first moments. */
const FIRST_SLAB_BYTES = 4 * 1024

/** A text longer than this goes through `TextEncoder`; shorter ones are faster in a loop (measured: the call costs about 100 ns). */
const TEXT_LOOP_MAX = 40

/** Up to this length room for the longest encoding is made without looking; above, the exact length is worth a copy. */
const TEXT_GUESS_MAX = 4096

/** Byte strings of this length and more are lent to the frame, where it takes parts: below it a copy costs less than another part. */
export const LENT_BYTES_MIN: number = 16 * 1024

const NAN_BITS = 0x7ff8_0000_0000_0000n

const EMPTY = new Uint8Array(0)

const utf8 = new TextEncoder()

/**
 * Writes CBOR (RFC 8949): definite lengths, shortest heads. Bytes once given out by `finish` are never written again, so a frame may
 * wait in a socket's queue as long as it likes; it may share its `ArrayBuffer` with other frames, so it must not be transferred.
 *
 * Why not a library: the encoders at hand lose −0, holes and lone surrogates, write class instances as plain objects, and their
 * decoders compile record shapes that came off the wire with `new Function`.
 */
export class CborWriter {
  #bytes: Uint8Array
  #view: DataView
  /** Where the thing being written begins, and the position behind its last byte. */
  #start = 0
  #at = 0
  #bytesMax = 0
  #endMax = 0
  #busy = false
  /** Long byte strings that stand between what was written, each with the length at which it does; undefined where all are copied. */
  #lent: { readonly at: number; readonly bytes: Uint8Array }[] | undefined
  /** Takes the buffers that do not go into the bytes; undefined where all do. */
  attachments: Attachments | undefined

  constructor() {
    this.#bytes = new Uint8Array(FIRST_SLAB_BYTES)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Whether something is being written: then another writer is needed. */
  get busy(): boolean {
    return this.#busy
  }

  /** Bytes written since `begin`, without those that were lent. */
  get length(): number {
    return this.#at - this.#start
  }

  /** Whether no more was written than is allowed. */
  get fits(): boolean {
    return this.length <= this.#endMax
  }

  /**
   * Starts a new thing of about `bytesHint` bytes; more than `bytesMax` is an error. A right hint spares every copy.
   * @param lends long byte strings become parts of their own, for `finishParts`; then the hint does not count them.
   */
  begin(bytesHint: number, bytesMax: number, lends = false): void {
    this.#busy = true
    this.#lent = lends ? [] : undefined
    const wanted = Math.min(bytesHint, bytesMax)
    if (this.#bytes.length - this.#at < wanted) this.#adopt(new Uint8Array(Math.max(SLAB_BYTES, wanted)))
    this.#start = this.#at
    this.allow(bytesMax)
  }

  /** Ends what `begin` began: its bytes, for ever the caller's. */
  finish(): Uint8Array {
    const whole = this.#bytes.subarray(this.#start, this.#at)
    this.#busy = false
    this.#lent = undefined
    this.attachments = undefined
    // A buffer made for one large thing goes with it: small frames in its tail would keep all of it alive.
    if (this.#bytes.length > SLAB_BYTES) this.#adopt(EMPTY)
    this.#start = this.#at
    return whole
  }

  /** Ends what `begin` began as its parts, in order: what was written, and between it the byte strings that were lent, which must not change any more. */
  finishParts(): readonly Uint8Array[] {
    const lent = this.#lent ?? []
    const written = this.finish()
    const parts: Uint8Array[] = []
    let at = 0
    for (const one of lent) {
      parts.push(written.subarray(at, one.at), one.bytes)
      at = one.at
    }
    if (at < written.length) parts.push(written.subarray(at))
    return parts
  }

  /** Forgets what was written since `begin`. */
  abandon(): void {
    this.#busy = false
    this.#lent = undefined
    this.attachments = undefined
    this.#at = this.#start
    if (this.#bytes.length > SLAB_BYTES) this.#adopt(EMPTY)
  }

  /** From here on, at most so many bytes more. */
  allow(bytesMax: number): void {
    this.#bytesMax = bytesMax
    this.#endMax = this.length + bytesMax
  }

  /** Major type (0 to 7) and its argument, a safe integer, in the shortest form. */
  head(major: number, argument: number): void {
    this.#room(9)
    const first = major << 5
    const bytes = this.#bytes
    if (argument < 24) {
      bytes[this.#at++] = first | argument
    } else if (argument < 0x100) {
      bytes[this.#at++] = first | 24
      bytes[this.#at++] = argument
    } else if (argument < 0x1_0000) {
      bytes[this.#at++] = first | 25
      bytes[this.#at++] = argument >>> 8
      bytes[this.#at++] = argument & 0xff
    } else if (argument < 0x1_0000_0000) {
      bytes[this.#at] = first | 26
      this.#view.setUint32(this.#at + 1, argument)
      this.#at += 5
    } else {
      bytes[this.#at] = first | 27
      this.#view.setUint32(this.#at + 1, Math.floor(argument / 0x1_0000_0000))
      this.#view.setUint32(this.#at + 5, argument % 0x1_0000_0000)
      this.#at += 9
    }
  }

  /** A byte as it is: a simple value, or a head that needs no argument. */
  byte(byte: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = byte
  }

  /** Puts another byte in the place of one that was written when `length` was so: a map's head, once its size is known. */
  patch(length: number, byte: number): void {
    this.#bytes[this.#start + length] = byte
  }

  /** Bytes as they are, without a head. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    if (bytes.length < 32) {
      // A loop beats the call of `set` for a key or a single number.
      for (let i = 0; i < bytes.length; i++) this.#bytes[this.#at + i] = bytes[i] as number
    } else {
      this.#bytes.set(bytes, this.#at)
    }
    this.#at += bytes.length
  }

  /** A byte string (major type 2). */
  byteString(bytes: Uint8Array): void {
    this.head(2, bytes.length)
    if (this.#lent === undefined || bytes.length < LENT_BYTES_MIN) {
      this.raw(bytes)
      return
    }
    if (this.length + bytes.length > this.#endMax) throw this.#tooLarge()
    this.#endMax -= bytes.length
    this.#lent.push({ at: this.length, bytes })
  }

  /** A text string (major type 3), or for a text with lone surrogates tag 273 on its bytes in WTF-8. */
  text(text: string): void {
    const { length } = text
    if (length <= TEXT_LOOP_MAX) {
      this.#room(2 + TEXT_LOOP_MAX)
      const bytes = this.#bytes
      let at = this.#at + (length < 24 ? 1 : 2)
      let i = 0
      for (; i < length; i++) {
        const unit = text.charCodeAt(i)
        if (unit >= 0x80) break
        bytes[at++] = unit
      }
      if (i === length) {
        if (length < 24) {
          bytes[this.#at] = 0x60 | length
        } else {
          bytes[this.#at] = 0x78
          bytes[this.#at + 1] = length
        }
        this.#at = at
        return
      }
    }
    this.#longText(text)
  }

  /** The number as a float of 64 bits (major type 7). */
  float64(value: number): void {
    this.#room(9)
    this.#bytes[this.#at] = 0xfb
    // One of the many bit patterns of NaN, always the same: equal values have equal bytes.
    if (Number.isNaN(value)) this.#view.setBigUint64(this.#at + 1, NAN_BITS)
    else this.#view.setFloat64(this.#at + 1, value)
    this.#at += 9
  }

  /** A little-endian double without a head, as blocks of codec `f64` have it. */
  rawFloat64(value: number): void {
    this.#room(8)
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  #longText(text: string): void {
    // UTF-8 has a byte at least for each code unit: what cannot fit is not encoded first.
    if (this.length + text.length > this.#endMax) throw this.#tooLarge()
    if (!text.isWellFormed()) {
      const bytes = encodeWtf8(text)
      this.head(6, 273)
      this.byteString(bytes)
      return
    }
    if (text.length > TEXT_GUESS_MAX) {
      const bytes = utf8.encode(text)
      this.head(3, bytes.length)
      this.raw(bytes)
      return
    }
    // The length in bytes is not known yet: write behind the longest head that it can need, then close the gap.
    const headBytes = headLength(text.length * 3)
    this.#room(headBytes + text.length * 3)
    const from = this.#at
    const { written } = utf8.encodeInto(text, this.#bytes.subarray(from + headBytes))
    this.head(3, written)
    if (this.#at !== from + headBytes) this.#bytes.copyWithin(this.#at, from + headBytes, from + headBytes + written)
    this.#at += written
  }

  #room(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) this.#grow(bytes)
  }

  #grow(bytes: number): void {
    const written = this.#at - this.#start
    if (written + bytes > this.#endMax + TEXT_GUESS_MAX * 4) throw this.#tooLarge()
    const grown = new Uint8Array(Math.max(SLAB_BYTES, (written + bytes) * 2))
    grown.set(this.#bytes.subarray(this.#start, this.#at))
    this.#adopt(grown)
    this.#at = written
  }

  #tooLarge(): ForkpoolError {
    return new ForkpoolError('LIMIT_EXCEEDED', `larger than ${this.#bytesMax} bytes`)
  }

  #adopt(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
    this.#start = 0
    this.#at = 0
  }
}

/** Bytes of a head with this argument. */
function headLength(argument: number): number {
  if (argument < 24) return 1
  if (argument < 0x100) return 2
  if (argument < 0x1_0000) return 3
  return argument < 0x1_0000_0000 ? 5 : 9
}

const shared = new CborWriter()

/**
 * A writer that nobody uses now, begun. The common one, except while a value's own getter encodes something in the middle of
 * another encoding.
 */
export function beginWriter(bytesHint: number, bytesMax: number, lends = false): CborWriter {
  const writer = shared.busy ? new CborWriter() : shared
  writer.begin(bytesHint, bytesMax, lends)
  return writer
}
