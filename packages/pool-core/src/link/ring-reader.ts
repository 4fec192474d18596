import { ForkpoolError } from '../base/index.ts'
import { FRAME_BYTES_MAX } from '../protocol/index.ts'
import { copyBytes } from './copy-bytes.ts'
import { FRAME_ALIGNMENT, padded, ringOf } from './ring-layout.ts'
import type { RingMemory, RingPlace, RingSide } from './ring-layout.ts'

/**
 * The reading end of one ring. A frame is copied out before anybody sees it: its place is the writer's again, and nothing that the other side
 * does to the memory changes what was checked.
 */
export class RingReader {
  readonly #memory: RingMemory
  readonly #ring: RingPlace
  /** Bytes read so far, modulo 2^32; what the shared word says, after each frame. */
  #read: number
  /** The frame that comes in pieces, as far as it is there. */
  #partial: Uint8Array | undefined
  #filled = 0

  /** @param writer the side that writes into the ring. */
  constructor(memory: RingMemory, writer: RingSide) {
    this.#memory = memory
    this.#ring = ringOf(memory, writer)
    this.#read = Atomics.load(memory.words, this.#ring.read)
  }

  /** Whether there is something to read. */
  get hasMore(): boolean {
    return this.end !== this.#read
  }

  /** How far the ring is written, for `take`. */
  get end(): number {
    return Atomics.load(this.#memory.words, this.#ring.written)
  }

  /**
   * The next frame that is whole before `end`; undefined when there is none, and then everything before `end` has been read.
   * @throws ForkpoolError BAD_MESSAGE for what no writer writes.
   */
  take(end: number): Uint8Array | undefined {
    while (end !== this.#read) {
      const available = (end - this.#read) >>> 0
      if (available > this.#ring.capacity || available % FRAME_ALIGNMENT !== 0) {
        throw broken(`${available} bytes are said to be in a ring of ${this.#ring.capacity}`)
      }
      const frame = this.#takePiece(available)
      // The place is the writer's again.
      Atomics.store(this.#memory.words, this.#ring.read, this.#read)
      if (frame !== undefined) return frame
    }
    return undefined
  }

  /** Copies the next frame, or the next piece of it; returns it once it is whole. */
  #takePiece(available: number): Uint8Array | undefined {
    let left = available
    if (this.#partial === undefined) {
      const length = this.#memory.words[(this.#ring.firstByte + this.#position()) >> 2] as number
      if (length < 0 || length > FRAME_BYTES_MAX) throw broken(`a frame of ${length} bytes, and ${FRAME_BYTES_MAX} are allowed`)
      this.#partial = new Uint8Array(length)
      this.#filled = 0
      this.#advance(FRAME_ALIGNMENT)
      left -= FRAME_ALIGNMENT
    }
    const partial = this.#partial
    const count = Math.min(padded(partial.length - this.#filled), left)
    this.#copy(partial, this.#filled, Math.min(this.#filled + count, partial.length))
    this.#advance(count)
    this.#filled += count
    if (this.#filled < partial.length) return undefined
    this.#partial = undefined
    return partial
  }

  #copy(target: Uint8Array, from: number, to: number): void {
    const { bytes } = this.#memory
    const position = this.#position()
    const start = this.#ring.firstByte + position
    const atEnd = Math.min(to - from, this.#ring.capacity - position)
    copyBytes(bytes, start, target, from, atEnd)
    copyBytes(bytes, this.#ring.firstByte, target, from + atEnd, to - from - atEnd)
  }

  #position(): number {
    return this.#read & (this.#ring.capacity - 1)
  }

  #advance(count: number): void {
    this.#read = (this.#read + count) | 0
  }
}

function broken(what: string): ForkpoolError {
  return new ForkpoolError('BAD_MESSAGE', `the ring of a worker is broken: ${what}`)
}
