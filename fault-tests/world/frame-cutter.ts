/** A piece of a WebSocket connection that was read whole: the head of HTTP, or a frame with its mask. */
export interface Piece {
  readonly bytes: Buffer
  /** A frame that carries a message, and not the head, a ping, or the end. */
  readonly isMessage: boolean
}

const END_OF_HEAD = '\r\n\r\n'

/** Cuts one direction of a WebSocket connection into the frames that it is made of (RFC 6455 §5.2), without looking into them. */
export class FrameCutter {
  #rest: Buffer = Buffer.alloc(0)
  #headRead = false

  /** What is complete with these bytes. */
  push(bytes: Buffer): readonly Piece[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const pieces: Piece[] = []
    for (let length = this.#next(); length !== undefined; length = this.#next()) {
      const piece = this.#rest.subarray(0, length)
      pieces.push({ bytes: piece, isMessage: this.#headRead && ((piece[0] as number) & 0x0f) <= 2 })
      this.#headRead = true
      this.#rest = this.#rest.subarray(length)
    }
    return pieces
  }

  /** Length of the next piece; undefined while it is not complete. */
  #next(): number | undefined {
    const rest = this.#rest
    if (!this.#headRead) {
      const at = rest.indexOf(END_OF_HEAD)
      return at < 0 ? undefined : at + END_OF_HEAD.length
    }
    if (rest.length < 2) return undefined
    const short = (rest[1] as number) & 0x7f
    const headBytes = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0)
    if (rest.length < headBytes) return undefined
    const payload = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short
    const length = headBytes + (((rest[1] as number) & 0x80) === 0 ? 0 : 4) + payload
    return rest.length < length ? undefined : length
  }
}
