import { randomFillSync } from 'node:crypto'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** A TCP connection to a coordinator, for what no library would send. */
export class RawSocket {
  readonly socket: Socket
  /** Resolves when the connection has ended, however. */
  readonly ended: Promise<void>
  #received = Buffer.alloc(0)
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake?.()
    })
    socket.on('error', () => undefined)
    this.ended = new Promise((resolve) =>
      socket.once('close', () => {
        resolve()
        this.#wake?.()
      }),
    )
  }

  /** Resolves when it is connected; rejects when it cannot be. */
  static open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const raw = new RawSocket(socket)
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => resolve(raw))
    })
  }

  /** Connects, and speaks the upgrade to a WebSocket. */
  static async upgraded(url: string, subprotocol = 'forkpool.v1.json'): Promise<RawSocket> {
    const raw = await RawSocket.open(url)
    const { host } = new URL(url)
    raw.write(
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
    )
    const head = await raw.until('\r\n\r\n')
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(`no upgrade: ${head}`)
    return raw
  }

  write(data: string | Uint8Array): void {
    if (this.socket.writable) this.socket.write(data)
  }

  /** What came and was not taken, as Latin-1. */
  get text(): string {
    return this.#received.toString('latin1')
  }

  /** What `look` finds in all that came and was not taken, as soon as it finds something; undefined: the connection ended before. */
  async seen<Found>(look: (received: Buffer) => Found | undefined): Promise<Found | undefined> {
    for (;;) {
      const isOver = this.socket.destroyed
      const found = look(this.#received)
      if (found !== undefined || isOver) return found
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Waits for this text in what came, and takes it and all before it away. Rejects when the connection ends before. */
  async until(text: string): Promise<string> {
    const end = await this.seen((received) => {
      const at = received.indexOf(text, 0, 'latin1')
      return at < 0 ? undefined : at + text.length
    })
    if (end === undefined) throw new Error(`ended before ${JSON.stringify(text)}: ${this.text.slice(0, 200)}`)
    const taken = this.#received.subarray(0, end).toString('latin1')
    this.#received = this.#received.subarray(end)
    return taken
  }

  /** The code of the close frame with which the other side ends the connection; undefined: it ended without. */
  async closeCode(): Promise<number | undefined> {
    return await this.seen((received) => closeCodeOf(received))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await this.ended
  }
}

/** A frame of a server. */
export interface ServerFrame {
  readonly opcode: number
  readonly payload: Buffer
}

/** The frames that are complete; those of a server are not masked. */
export function* serverFrames(bytes: Buffer): Generator<ServerFrame> {
  let at = 0
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] as number) & 0x0f
    const short = (bytes[at + 1] as number) & 0x7f
    const headEnd = at + (short === 126 ? 4 : short === 127 ? 10 : 2)
    if (headEnd > bytes.length) return
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short
    if (headEnd + length > bytes.length) return
    yield { opcode, payload: bytes.subarray(headEnd, headEnd + length) }
    at = headEnd + length
  }
}

/** The code of the first close frame: 1005 where it has none (RFC 6455 §7.1.5), undefined where no close frame has come. */
function closeCodeOf(bytes: Buffer): number | undefined {
  for (const { opcode, payload } of serverFrames(bytes))
    if (opcode === OPCODE.close) return payload.length >= 2 ? payload.readUInt16BE(0) : 1005
  return undefined
}

export interface FrameOptions {
  readonly fin?: boolean | undefined
  readonly masked?: boolean | undefined
  /** Bits of the first byte beside FIN and opcode (RSV1 to RSV3). */
  readonly reserved?: number | undefined
  /** What the head says, if not the payload's length. */
  readonly length?: number | undefined
}

/** Opcodes (RFC 6455 §5.2). */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A frame as a client sends it. */
export function frame(opcode: number, payload: Uint8Array | string, options: FrameOptions = {}): Buffer {
  const { fin = true, masked = true, reserved = 0 } = options
  const data = Buffer.from(payload as string)
  const length = options.length ?? data.length
  const head = Buffer.alloc(14)
  head[0] = (fin ? 0x80 : 0) | reserved | opcode
  let at = 2
  if (length < 126) head[1] = length
  else if (length < 65_536) {
    head[1] = 126
    at = head.writeUInt16BE(length, 2)
  } else {
    head[1] = 127
    at = head.writeBigUInt64BE(BigInt(length), 2)
  }
  if (!masked) return Buffer.concat([head.subarray(0, at), data])
  head[1] = (head[1] as number) | 0x80
  const mask = randomFillSync(head.subarray(at, at + 4))
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ (mask[i & 3] as number)
  return Buffer.concat([head.subarray(0, at + 4), data])
}
