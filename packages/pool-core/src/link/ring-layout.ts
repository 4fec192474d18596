import type { Memory } from '../memory/memory.ts'

/** What a ring link needs of a memory: nothing of its waiting, for the other link wakes a side that sleeps. */
export type RingMemory = Pick<Memory, 'words' | 'bytes' | 'close'>

/** Which end of a ring link: the one that made the memory, or the one that it was handed to. */
export type RingSide = 0 | 1

/** Where one ring is in its memory: two words, each written by one side, and the bytes. */
export interface RingPlace {
  /** Bytes written so far, modulo 2^32. */
  readonly written: number
  /** Bytes read so far, modulo 2^32. */
  readonly read: number
  readonly firstByte: number
  /** A power of two, so that positions may wrap at 2^32. */
  readonly capacity: number
}

/** Words that different sides write lie in cache lines of their own. */
const LINE_WORDS = 16

const HEADER_BYTES = 4 * 6 * LINE_WORDS

/** Bytes of each ring between a pool and one of its workers. Larger frames go in pieces; the system makes only those pages that are used. */
export const RING_CAPACITY: number = 1024 * 1024

/** What a memory takes for two rings of `capacity` bytes. All zero, it holds two empty rings, and both sides are awake. */
export function ringMemoryBytes(capacity: number): number {
  return HEADER_BYTES + 2 * capacity
}

/** The ring that side `writer` writes into. */
export function ringOf(memory: RingMemory, writer: RingSide): RingPlace {
  const capacity = (memory.bytes.length - HEADER_BYTES) / 2
  return {
    written: 2 * writer * LINE_WORDS,
    read: (2 * writer + 1) * LINE_WORDS,
    firstByte: HEADER_BYTES + writer * capacity,
    capacity,
  }
}

/** The word by which a side says how it sleeps: one of `SLEEP`. */
export function sleepWord(side: RingSide): number {
  return (4 + side) * LINE_WORDS
}

/** What a side wants to be woken for. It sleeps for room only where frames wait to be written, and then for data too. */
export const SLEEP: { readonly AWAKE: 0; readonly FOR_DATA: 1; readonly FOR_ROOM_TOO: 2 } = { AWAKE: 0, FOR_DATA: 1, FOR_ROOM_TOO: 2 }

/** Before each frame stands a word: its length. Frames begin at multiples of this, so that no header is ever cut. */
export const FRAME_ALIGNMENT = 4

/** Bytes that a frame of `length` bytes takes behind its header. */
export function padded(length: number): number {
  return (length + FRAME_ALIGNMENT - 1) & -FRAME_ALIGNMENT
}
