import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, HEADER_BYTES, LAST_FRAME } from './frame-reader.ts'

function framed(frames: readonly Uint8Array[], reason: string): Uint8Array {
  const last = new TextEncoder().encode(reason)
  const parts = [...frames.map((bytes) => [bytes.length, bytes] as const), [LAST_FRAME + last.length, last] as const]
  return Buffer.concat(
    parts.map(([header, bytes]) => {
      const part = Buffer.alloc(HEADER_BYTES + bytes.length)
      part.writeUInt32LE(header)
      part.set(bytes, HEADER_BYTES)
      return part
    }),
  )
}

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 }),
      fc.string(),
      fc.array(fc.nat(60)),
      (frames, reason, cuts) => {
        const bytes = framed(frames, reason)
        const seen: Uint8Array[] = []
        let end: string | undefined
        const reader = new FrameReader({ frame: (frame) => seen.push(frame.slice()), last: (text) => (end = text) })
        let at = 0
        for (const cut of cuts) {
          reader.read(bytes.slice(at, at + cut))
          at += cut
        }
        reader.read(bytes.slice(at))
        expect(seen.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]))
        expect(end).toBe(new TextDecoder().decode(new TextEncoder().encode(reason)))
      },
    ),
  )
})
