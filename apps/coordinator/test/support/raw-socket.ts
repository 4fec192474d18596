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

  /** What came, as Latin-1. */
  get text(): string {
    return this.#received.toString('latin1')
  }

  /** Waits for this text in what came, and takes it and all before it away. Rejects when the connection ends before. */
  async until(text: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(text, 0, 'latin1')
      if (at >= 0) {
        const taken = this.#received.subarray(0, at + text.length).toString('latin1')
        this.#received = this.#received.subarray(at + text.length)
        return taken
      }
      if (this.socket.destroyed) throw new Error(`ended before ${JSON.stringify(text)}: ${this.text.slice(0, 200)}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** The code of the close frame with which the other side ended the connection; undefined: it ended without. */
  async closeCode(): Promise<number | undefined> {
    await this.ended
    return closeCodeOf(this.#received)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await this.ended
  }
}

/** Walks over the frames of a server, which are not masked, to the first close frame. */
export function closeCodeOf(bytes: Buffer): number | undefined {
  let at = 0
  while (at + 2 <= bytes.length) {
    const opcode = (bytes[at] as number) & 0x0f
    let length = (bytes[at + 1] as number) & 0x7f
    at += 2
    if (length === 126) {
      length = bytes.readUInt16BE(at)
      at += 2
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(at))
      at += 8
    }
    if (opcode === 8) return length >= 2 ? bytes.readUInt16BE(at) : undefined
    at += length
  }
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
