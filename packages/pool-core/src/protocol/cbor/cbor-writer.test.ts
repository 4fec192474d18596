import { describe, expect, it } from 'vitest'
import { hex } from '../schema/schema-text.ts'
import { beginWriter, CborWriter } from './cbor-writer.ts'
import { CborReader } from './cbor-reader.ts'

const MIB = 1024 * 1024

function written(write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter()
  writer.begin(16, MIB)
  write(writer)
  return writer.finish()
}

describe('CborWriter', () => {
  it.each([
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [255, '18ff'],
    [256, '190100'],
    [65_535, '19ffff'],
    [65_536, '1a00010000'],
    [4_294_967_295, '1affffffff'],
    [4_294_967_296, '1b0000000100000000'],
    [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
  ])('writes the head of %d in the shortest form', (argument, expected) => {
    expect(hex(written((writer) => writer.head(0, argument)))).toBe(expected)
  })

  it.each([
    '',
    'a',
    'x'.repeat(23),
    'x'.repeat(24),
    'x'.repeat(40),
    'x'.repeat(41),
    'é'.repeat(8),
    'é'.repeat(300),
    '🙂'.repeat(5000),
    'x'.repeat(100_000),
  ])('writes text as UTF-8 behind the shortest head', (text) => {
    const bytes = written((writer) => writer.text(text))
    const utf8 = new TextEncoder().encode(text)
    expect(hex(bytes)).toBe(hex(written((writer) => writer.head(3, utf8.length))) + hex(utf8))
    expect(new CborReader(bytes).text('text')).toBe(text)
  })

  it('never writes again to bytes that it gave out', () => {
    const writer = new CborWriter()
    const frames: { readonly frame: Uint8Array; readonly copy: Uint8Array }[] = []
    for (let i = 0; i < 5000; i++) {
      // Small ones from the slab, larger ones than hinted, and some that need a buffer of their own.
      writer.begin(i % 7 === 0 ? 100_000 : 8, MIB)
      for (let k = 0; k < (i % 13) * 10; k++) writer.head(0, i * 100_003 + k)
      writer.text(`frame ${i}`)
      const frame = writer.finish()
      frames.push({ frame, copy: frame.slice() })
    }
    for (const { frame, copy } of frames) expect(frame).toEqual(copy)
  })

  it('keeps what was written when it grows', () => {
    const bytes = written((writer) => {
      for (let i = 0; i < 100_000; i++) writer.head(0, 100_000 + i)
    })
    const reader = new CborReader(bytes)
    const wrong: number[] = []
    for (let i = 0; i < 100_000; i++) {
      reader.head()
      if (reader.argument !== 100_000 + i) wrong.push(i)
    }
    expect(wrong).toEqual([])
    expect(reader.at).toBe(reader.end)
  })

  it('makes one buffer of the hinted size for a large frame, without growing', () => {
    const block = new Uint8Array(512 * 1024)
    const bytes = written((writer) => {
      writer.abandon()
      writer.begin(block.length + 64, MIB)
      writer.byteString(block)
    })
    expect(bytes.buffer.byteLength).toBe(block.length + 64)
  })

  it('refuses to grow beyond what it may', () => {
    const writer = new CborWriter()
    writer.begin(16, 100_000)
    expect(() => writer.raw(new Uint8Array(200_000))).toThrow('larger than 100000 bytes')
    writer.abandon()
    writer.begin(16, MIB)
    writer.head(0, 1)
    expect(hex(writer.finish())).toBe('01')
  })

  it('gives a second writer to whoever writes in the middle of another writing', () => {
    const outer = beginWriter(16, MIB)
    outer.head(0, 1)
    const inner = beginWriter(16, MIB)
    expect(inner).not.toBe(outer)
    inner.head(0, 7)
    expect(hex(inner.finish())).toBe('07')
    outer.head(0, 2)
    expect(hex(outer.finish())).toBe('0102')
    const again = beginWriter(16, MIB)
    expect(again).toBe(outer)
    again.abandon()
  })
})
