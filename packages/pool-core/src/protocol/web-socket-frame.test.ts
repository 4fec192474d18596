import fc from 'fast-check'
import { expect, it } from 'vitest'
import { smallWebSocketFrame, webSocketHead } from './web-socket-frame.ts'

/** Reads a frame as RFC 6455 §5.2 has it. */
function read(frame: Uint8Array): { readonly first: number; readonly masked: boolean; readonly payload: Uint8Array } {
  const second = frame[1] as number
  const masked = second >= 0x80
  let at = 2
  let length = second & 0x7f
  if (length === 126) {
    length = ((frame[2] as number) << 8) | (frame[3] as number)
    at = 4
  } else if (length === 127) {
    length = Number(new DataView(frame.buffer, frame.byteOffset + 2).getBigUint64(0))
    at = 10
  }
  const mask = masked ? frame.subarray(at, at + 4) : new Uint8Array(4)
  if (masked) at += 4
  expect(frame.length).toBe(at + length)
  return { first: frame[0] as number, masked, payload: frame.subarray(at).map((byte, i) => byte ^ (mask[i % 4] as number)) }
}

it('is one final binary frame with the payload as it was, in one stretch of bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4096, size: 'max' }), fc.boolean(), (payload, masked) => {
      const frame = smallWebSocketFrame(payload, masked)
      expect(frame).toBeDefined()
      const { first, ...rest } = read(frame as Uint8Array)
      expect(first).toBe(0x82)
      expect(rest).toStrictEqual({ masked, payload: Uint8Array.from(payload) })
    }),
  )
})

it('does not write again what it gave out', () => {
  const frames = Array.from({ length: 500 }, (_, i) => smallWebSocketFrame(new Uint8Array(1 + (i % 300)).fill(i), i % 2 === 0))
  for (const [i, frame] of frames.entries()) expect(new Set(read(frame as Uint8Array).payload)).toStrictEqual(new Set([i & 0xff]))
})

it('leaves long payloads to the library', () => {
  expect(smallWebSocketFrame(new Uint8Array(4096), false)).toBeDefined()
  expect(smallWebSocketFrame(new Uint8Array(4097), false)).toBeUndefined()
})

it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('a head for %i bytes goes before them', (length) => {
  for (const masked of [false, true]) {
    const payload = new Uint8Array(length).fill(7)
    const frame = Buffer.concat([webSocketHead(length, masked), payload])
    const { first, ...rest } = read(frame)
    expect(first).toBe(0x82)
    expect(rest.masked).toBe(masked)
    expect(Buffer.from(rest.payload).equals(payload)).toBe(true)
  }
})
