/** Of a client's control frame: two bytes of head, four of mask (RFC 6455 §5.2); its payload is never longer than 125 bytes. */
const CONTROL_HEAD_BYTES = 6

/**
 * Whether a connection is in the middle of a message: bytes have come that belong to none that is complete. It counts bytes instead of asking
 * the WebSocket library, which does not say.
 */
export class ReadProgress {
  /** Bytes that came. */
  #bytes = 0
  /** Of them, those that belong to complete messages and control frames. */
  #accounted = 0

  get bytes(): number {
    return this.#bytes
  }

  get isInMessage(): boolean {
    return this.#bytes > this.#accounted
  }

  /** Must be called before the messages in these bytes are told. */
  received(bytes: number): void {
    this.#bytes += bytes
  }

  /** A message is complete. What came behind it in the same chunk counts as part of it: a slow sender goes on to send. */
  message(): void {
    this.#accounted = this.#bytes
  }

  /** A ping or pong with so long a payload is complete. It may stand between the fragments of a message. */
  control(payloadBytes: number): void {
    this.#accounted = Math.min(this.#bytes, this.#accounted + CONTROL_HEAD_BYTES + payloadBytes)
  }
}
