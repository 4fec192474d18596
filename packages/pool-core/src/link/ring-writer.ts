import { RingBuffer } from '../base/index.ts'
import { copyBytes } from './copy-bytes.ts'
import { FRAME_ALIGNMENT, padded, ringOf } from './ring-layout.ts'
import type { RingMemory, RingPlace, RingSide } from './ring-layout.ts'

/** The writing end of one ring. What the ring has no room for waits here, and never blocks the caller. */
export class RingWriter {
  readonly #memory: RingMemory
  readonly #ring: RingPlace
  /** Bytes written so far, modulo 2^32; what the shared word says, after each frame. */
  #written: number
  /** Frames that are not, or not wholly, in the ring. */
  readonly #waiting = new RingBuffer<Uint8Array>()
  /** Bytes of the first of them that are; undefined while its header is not. */
  #begun: number | undefined

  constructor(memory: RingMemory, side: RingSide) {
    this.#memory = memory
    this.#ring = ringOf(memory, side)
    this.#written = Atomics.load(memory.words, this.#ring.written)
  }

  /** Whether frames wait for room. */
  get isBehind(): boolean {
    return this.#waiting.length > 0
  }

  /** Bytes that can be written now. */
  get room(): number {
    return this.#ring.capacity - ((this.#written - Atomics.load(this.#memory.words, this.#ring.read)) >>> 0)
  }

  /** Writes the frame behind those that wait, as far as there is room. True: the reader has something new to read. */
  write(frame: Uint8Array): boolean {
    this.#waiting.push(frame)
    return this.#waiting.length === 1 && this.flush()
  }

  /** Writes what waits, as far as there is room. True: the reader has something new to read. */
  flush(): boolean {
    const before = this.#written
    let room = this.isBehind ? this.room : 0
    while (room > 0) {
      const frame = this.#waiting.peek()
      if (frame === undefined) break
      room -= this.#writeFront(frame, room)
    }
    if (this.#written === before) return false
    // What was written stands before the word that says so: the reader sees it whole.
    Atomics.store(this.#memory.words, this.#ring.written, this.#written)
    return true
  }

  /** Writes what fits of the first frame, at least something. Returns how much room that took. */
  #writeFront(frame: Uint8Array, room: number): number {
    const { words } = this.#memory
    let taken = 0
    if (this.#begun === undefined) {
      words[(this.#ring.firstByte + this.#position()) >> 2] = frame.length
      this.#advance(FRAME_ALIGNMENT)
      this.#begun = 0
      taken = FRAME_ALIGNMENT
    }
    const count = Math.min(padded(frame.length - this.#begun), room - taken)
    this.#copy(frame, this.#begun, Math.min(this.#begun + count, frame.length))
    this.#advance(count)
    this.#begun += count
    if (this.#begun >= frame.length) {
      this.#waiting.shift()
      this.#begun = undefined
    }
    return taken + count
  }

  #copy(frame: Uint8Array, from: number, to: number): void {
    const { bytes } = this.#memory
    const position = this.#position()
    const atEnd = Math.min(to - from, this.#ring.capacity - position)
    copyBytes(frame, from, bytes, this.#ring.firstByte + position, atEnd)
    copyBytes(frame, from + atEnd, bytes, this.#ring.firstByte, to - from - atEnd)
  }

  #position(): number {
    return this.#written & (this.#ring.capacity - 1)
  }

  #advance(count: number): void {
    this.#written = (this.#written + count) | 0
  }
}
