import type { WebSocket } from 'ws'
import type { FrameParts, ServerMessage } from '@forkpool/pool-core/protocol'
import { smallWebSocketFrame, writeWebSocketParts } from '@forkpool/pool-core/protocol'

/** So many bytes may wait in a socket before its batches are paused: above a result window, so that one batch never meets it. */
const CONGESTED_BYTES = 32 * 1024 * 1024
/** Writing goes on below this. */
const RELIEVED_BYTES = 8 * 1024 * 1024

/** The net socket under a WebSocket: ws writes header and payload apart, and `cork` joins what one turn of the loop writes. */
interface Stream {
  write(bytes: Uint8Array): unknown
  once(event: 'drain', listener: () => void): unknown
  cork(): void
  uncork(): void
}

/**
 * Writes messages to one client. The first of a turn of the event loop leaves at once, so a lone one is never delayed; those that follow it
 * in the same turn leave together. A connection that is behind says so.
 */
export class SocketWriter {
  readonly #socket: WebSocket
  readonly #encode: (message: ServerMessage) => Uint8Array | FrameParts | string
  readonly #onCongestion: (congested: boolean) => void
  #turn: 'idle' | 'sent' | 'gathering' = 'idle'
  #congested = false

  constructor(
    socket: WebSocket,
    encode: (message: ServerMessage) => Uint8Array | FrameParts | string,
    onCongestion: (congested: boolean) => void,
  ) {
    this.#socket = socket
    this.#encode = encode
    this.#onCongestion = onCongestion
  }

  send(message: ServerMessage): void {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    // ws keeps its net socket in `_socket`, as its documentation of `bufferedAmount` and its own examples do.
    const stream = (socket as unknown as { readonly _socket?: Stream })._socket
    const frame = this.#encode(message)
    if (stream !== undefined) this.#gather(stream)
    // Nothing is compressed and no message has several frames, so `ws` keeps nothing back that this could overtake.
    if (stream === undefined || typeof frame === 'string') socket.send(whole(frame), this.#written)
    else if (frame instanceof Uint8Array) this.#writeFrame(stream, frame)
    else writeWebSocketParts(stream, frame, false)
    if (!this.#congested && socket.bufferedAmount > CONGESTED_BYTES) {
      this.#congested = true
      stream?.once('drain', this.#written)
      this.#onCongestion(true)
    }
  }

  #writeFrame(stream: Stream, frame: Uint8Array): void {
    const small = smallWebSocketFrame(frame, false)
    if (small === undefined) this.#socket.send(frame, this.#written)
    else stream.write(small)
  }

  #gather(stream: Stream): void {
    if (this.#turn === 'idle') {
      this.#turn = 'sent'
      setImmediate(() => {
        if (this.#turn === 'gathering') stream.uncork()
        this.#turn = 'idle'
      })
    } else if (this.#turn === 'sent') {
      this.#turn = 'gathering'
      stream.cork()
    }
  }

  readonly #written = (): void => {
    if (!this.#congested || this.#socket.bufferedAmount > RELIEVED_BYTES) return
    this.#congested = false
    this.#onCongestion(false)
  }
}

function whole(frame: Uint8Array | FrameParts | string): Uint8Array | string {
  return typeof frame === 'string' || frame instanceof Uint8Array ? frame : Buffer.concat(frame)
}
