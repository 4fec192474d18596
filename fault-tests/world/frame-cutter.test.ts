import { expect, test } from 'vitest'
import { SeededRandom } from '@forkpool/pool-core/testing'
import { FrameCutter } from './frame-cutter.ts'

const HEAD = Buffer.from('GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n')

/** A frame of a client, masked with zeros. */
function frame(opcode: number, length: number): Buffer {
  const head = length < 126 ? [0x80 | opcode, 0x80 | length] : length < 65_536 ? [0x80 | opcode, 0x80 | 126] : [0x80 | opcode, 0x80 | 127]
  const size = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8)
  if (size.length === 2) size.writeUInt16BE(length)
  else if (size.length === 8) size.writeBigUInt64BE(BigInt(length))
  return Buffer.concat([Buffer.from(head), size, Buffer.alloc(4), Buffer.alloc(length, length & 0xff)])
}

test('a connection comes out as the frames that went in, however it is cut', () => {
  const pieces = [HEAD, frame(2, 0), frame(9, 5), frame(2, 125), frame(2, 126), frame(1, 65_535), frame(2, 70_000), frame(8, 2)]
  const all = Buffer.concat(pieces)
  for (let seed = 0; seed < 50; seed++) {
    const random = new SeededRandom(seed)
    const cutter = new FrameCutter()
    const found: Buffer[] = []
    const messages: boolean[] = []
    for (let at = 0; at < all.length;) {
      const end = at + random.integer(1, seed % 2 === 0 ? 20_000 : 7)
      for (const { bytes, isMessage } of cutter.push(all.subarray(at, end))) {
        found.push(Buffer.from(bytes))
        messages.push(isMessage)
      }
      at = end
    }
    expect(found.map(({ length }) => length)).toEqual(pieces.map(({ length }) => length))
    expect(Buffer.concat(found).equals(all)).toBe(true)
    expect(messages).toEqual([false, true, false, true, true, true, true, false])
  }
})
