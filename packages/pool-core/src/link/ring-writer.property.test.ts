import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ThreadMemory } from '../memory/thread-memory.ts'
import { ringMemoryBytes, ringOf } from './ring-layout.ts'
import type { RingSide } from './ring-layout.ts'
import { RingReader } from './ring-reader.ts'
import { RingWriter } from './ring-writer.ts'

const CAPACITY = 64

function make(side: RingSide): { readonly memory: ThreadMemory; readonly writer: RingWriter; readonly reader: RingReader } {
  const memory = new ThreadMemory(ringMemoryBytes(CAPACITY))
  return { memory, writer: new RingWriter(memory, side), reader: new RingReader(memory, side) }
}

const side = fc.constantFrom<RingSide>(0, 1)

describe('a ring', () => {
  test('gives frames out as they went in, also those larger than it, whenever either side has its turn', () => {
    const step = fc.oneof(fc.uint8Array({ maxLength: 3 * CAPACITY }), fc.constantFrom('flush' as const, 'read' as const, 'one' as const))
    fc.assert(
      fc.property(side, fc.array(step, { maxLength: 60 }), (writes, steps) => {
        const { writer, reader } = make(writes)
        const sent: number[][] = []
        const got: number[][] = []
        const read = (most: number): void => {
          const { end } = reader
          for (let i = 0; i < most; i++) {
            const frame = reader.take(end)
            if (frame === undefined) break
            got.push([...frame])
          }
        }
        for (const each of steps) {
          if (each === 'flush') writer.flush()
          else if (each === 'read') read(Infinity)
          else if (each === 'one') read(1)
          else {
            writer.write(each)
            sent.push([...each])
          }
          expect(got).toEqual(sent.slice(0, got.length))
        }
        for (let i = 0; writer.isBehind || reader.hasMore; i++) {
          expect(i, 'each round must move something').toBeLessThan(1000)
          writer.flush()
          read(Infinity)
        }
        expect(got).toEqual(sent)
        expect(writer.room).toBe(CAPACITY)
      }),
    )
  })

  test('says that it wrote exactly when the reader finds something new', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: CAPACITY }), { maxLength: 20 }), (frames) => {
        const { writer, reader } = make(0)
        for (const frame of frames) {
          const before = reader.end
          expect(writer.write(frame)).toBe(reader.end !== before)
        }
      }),
    )
  })

  test('goes on where its positions wrap at 2^32', () => {
    const { memory } = make(0)
    const { written, read } = ringOf(memory, 0)
    for (const word of [written, read]) Atomics.store(memory.words, word, -2 * CAPACITY)
    const writer = new RingWriter(memory, 0)
    const reader = new RingReader(memory, 0)
    for (let i = 0; i < 20; i++) {
      const frame = Uint8Array.from({ length: 20 }, (_, at) => i + at)
      writer.write(frame)
      expect(reader.take(reader.end)).toEqual(frame)
    }
    expect(reader.end).toBeGreaterThan(0)
  })

  test('is broken by nonsense in the memory, with BAD_MESSAGE and nothing else', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.uint8Array({ minLength: 2 * CAPACITY, maxLength: 2 * CAPACITY }), (end, at, bytes) => {
        const { memory, reader } = make(0)
        const { written, read, firstByte } = ringOf(memory, 0)
        memory.bytes.set(bytes.subarray(0, CAPACITY), firstByte)
        Atomics.store(memory.words, read, at)
        Atomics.store(memory.words, written, end)
        try {
          for (let i = 0; i < 100 && reader.take(reader.end) !== undefined; i++);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_MESSAGE' })
        }
      }),
    )
  })
})
