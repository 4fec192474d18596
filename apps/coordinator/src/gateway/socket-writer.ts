import type { WebSocket } from 'ws'
import type { ServerMessage } from '@forkpool/pool-core/protocol'

/** So many bytes may wait in a socket before its batches are paused: above a result window, so that one batch never meets it. */
const CONGESTED_BYTES = 32 * 1024 * 1024
/** Writing goes on below this. */
const RELIEVED_BYTES = 8 * 1024 * 1024

/** The net socket under a WebSocket: ws writes header and payload apart, and `cork` joins what one turn of the loop writes. */
interface Corkable {
  cork(): void
  uncork(): void
}

/** Writes messages to one client. Those of one turn of the loop leave in one system call; a connection that is behind says so. */
export class SocketWriter {
  readonly #socket: WebSocket
  readonly #encode: (message: ServerMessage) => Uint8Array | string
  readonly #onCongestion: (congested: boolean) => void
  #corked = false
  #congested = false

  constructor(socket: WebSocket, encode: (message: ServerMessage) => Uint8Array | string, onCongestion: (congested: boolean) => void) {
    this.#socket = socket
    this.#encode = encode
    this.#onCongestion = onCongestion
  }

  send(message: ServerMessage): void {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    this.#cork()
    socket.send(this.#encode(message), this.#written)
    if (!this.#congested && socket.bufferedAmount > CONGESTED_BYTES) {
      this.#congested = true
      this.#onCongestion(true)
    }
  }

  #cork(): void {
    if (this.#corked) return
    // ws keeps its net socket in `_socket`, as its documentation of `bufferedAmount` and its own examples do.
    const stream = (this.#socket as unknown as { readonly _socket?: Corkable })._socket
    if (stream === undefined) return
    this.#corked = true
    stream.cork()
    process.nextTick(() => {
      this.#corked = false
      stream.uncork()
    })
  }

  readonly #written = (): void => {
    if (!this.#congested || this.#socket.bufferedAmount > RELIEVED_BYTES) return
    this.#congested = false
    this.#onCongestion(false)
  }
}
