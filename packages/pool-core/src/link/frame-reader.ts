import { FRAME_BYTES_MAX } from '../protocol/index.ts'
import { ForkpoolError } from '../base/index.ts'

/** Before each frame stands its length, little-endian; the bit says that it is the last one, and the reason of the close. */
export const HEADER_BYTES = 4
export const LAST_FRAME: number = 2 ** 31

export interface FrameReaderEvents {
  readonly frame: (bytes: Uint8Array) => void
  readonly last: (reason: string) => void
}

/** Cuts a stream of bytes into frames. A frame that arrives in one piece is a view of it, without a copy. */
export class FrameReader {
  readonly #events: FrameReaderEvents
  /** The header that arrives in pieces. */
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerLength = 0
  /** The frame that arrives in pieces, as far as it is there. */
  #partial: Uint8Array | undefined
  #filled = 0
  #isLast = false

  constructor(events: FrameReaderEvents) {
    this.#events = events
  }

  /** Takes the next bytes, which are the reader's from now on. @throws ForkpoolError BAD_MESSAGE for a length that no frame has. */
  read(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      at += this.#partial === undefined ? this.#readHeader(chunk, at) : this.#readRest(this.#partial, chunk, at)
    }
  }

  /** Reads a header, or part of one, and the frame behind it if all of that is here. Returns how many bytes that was. */
  #readHeader(chunk: Uint8Array, at: number): number {
    const taken = Math.min(HEADER_BYTES - this.#headerLength, chunk.length - at)
    for (let i = 0; i < taken; i++) this.#header[this.#headerLength++] = chunk[at + i] as number
    if (this.#headerLength < HEADER_BYTES) return taken
    this.#headerLength = 0
    const length = this.#begin()
    const from = at + taken
    if (chunk.length - from >= length) {
      this.#deliver(chunk.subarray(from, from + length))
      return taken + length
    }
    this.#partial = new Uint8Array(length)
    this.#filled = 0
    return taken
  }

  #begin(): number {
    const [a, b, c, d] = this.#header as unknown as readonly [number, number, number, number]
    this.#isLast = d >= 0x80
    const length = a + b * 0x100 + c * 0x1_0000 + (d & 0x7f) * 0x100_0000
    if (length > FRAME_BYTES_MAX) throw new ForkpoolError('BAD_MESSAGE', `a frame of ${length} bytes, and ${FRAME_BYTES_MAX} are allowed`)
    return length
  }

  #readRest(partial: Uint8Array, chunk: Uint8Array, at: number): number {
    const taken = Math.min(partial.length - this.#filled, chunk.length - at)
    partial.set(chunk.subarray(at, at + taken), this.#filled)
    this.#filled += taken
    if (this.#filled === partial.length) {
      this.#partial = undefined
      this.#deliver(partial)
    }
    return taken
  }

  #deliver(bytes: Uint8Array): void {
    if (this.#isLast) this.#events.last(new TextDecoder().decode(bytes))
    else this.#events.frame(bytes)
  }
}
