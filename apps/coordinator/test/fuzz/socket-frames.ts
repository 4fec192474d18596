import type { SeededRandom } from '@forkpool/pool-core/testing'
import { frame, OPCODE } from '../support/raw-socket.ts'

/** A fault below the messages. `cut`: the other side may rightly wait for more. */
export interface SocketFault {
  readonly bytes: Buffer
  readonly cut: boolean
}

/** Frames that RFC 6455 forbids, or that no client would send. */
export function socketFault(random: SeededRandom, opcode: number): SocketFault {
  const whole = (bytes: Buffer): SocketFault => ({ bytes, cut: false })
  switch (random.integer(0, 14)) {
    case 0:
      return whole(frame(random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), 'x'))
    case 1:
      return whole(frame(opcode, '{}', { reserved: random.pick([0x10, 0x20, 0x40, 0x70]) }))
    case 2:
      return whole(frame(opcode, '{}', { masked: false }))
    case 3:
      return whole(frame(OPCODE.ping, Buffer.alloc(126)))
    case 4:
      return whole(frame(OPCODE.ping, 'x', { fin: false }))
    case 5:
      return whole(frame(OPCODE.continuation, 'x'))
    case 6:
      return whole(Buffer.concat([frame(opcode, '{', { fin: false }), frame(opcode, '}')]))
    case 7:
      return whole(frame(OPCODE.close, Buffer.from([random.integer(0, 255), random.integer(0, 255), 0xff])))
    case 8:
      return whole(frame(OPCODE.close, Buffer.from([3])))
    case 9:
      return whole(frame(OPCODE.text, Buffer.from([0xc0, 0x80, 0xed, 0xa0, 0x80])))
    case 10:
      return whole(frame(opcode === OPCODE.text ? OPCODE.binary : OPCODE.text, '{}'))
    case 11:
      return { bytes: frame(opcode, 'x', { length: random.pick([2 ** 23 + 1, 2 ** 40, 2 ** 53]) }), cut: false }
    case 12:
      return { bytes: frame(opcode, '{"kind":', { length: random.integer(100, 2 ** 22) }), cut: true }
    case 13:
      return whole(
        Buffer.concat([
          frame(opcode, '', { fin: false }),
          ...Array.from({ length: 9_000 }, () => frame(OPCODE.continuation, '', { fin: false })),
        ]),
      )
    default:
      return { bytes: Buffer.from(Array.from({ length: random.integer(1, 100) }, () => random.integer(0, 255))), cut: true }
  }
}

/** Control frames at any time, and messages in pieces, are right. */
export function inPieces(random: SeededRandom, opcode: number, payload: Buffer): Buffer {
  if (random.chance(0.8)) return frame(opcode, payload)
  const at = random.integer(0, payload.length)
  return Buffer.concat([
    frame(opcode, payload.subarray(0, at), { fin: false }),
    frame(OPCODE.ping, 'x'.repeat(random.integer(0, 125))),
    frame(OPCODE.continuation, '', { fin: false }),
    frame(OPCODE.pong, ''),
    frame(OPCODE.continuation, payload.subarray(at)),
  ])
}
