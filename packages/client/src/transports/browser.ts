import { after, ForkpoolError } from '@forkpool/pool-core/base'
import type { Transport, TransportKind, TransportListener, TransportTarget } from '../transport.ts'
import { CLOSE_TIMEOUT_MS } from '../transport.ts'

/** The transport of browsers: the platform's `WebSocket`, which says little about why it failed and takes no headers. */
export const browserTransport: TransportKind = {
  carriesToken: false,
  open: (target, listener) => new BrowserTransport(target, listener),
}

class BrowserTransport implements Transport {
  readonly #target: TransportTarget
  readonly #listener: TransportListener
  readonly #webSocket: WebSocket
  #stopCloseTimer: (() => void) | undefined
  #wasOpen = false
  #isClosed = false

  constructor(target: TransportTarget, listener: TransportListener) {
    this.#target = target
    this.#listener = listener
    const webSocket = new WebSocket(target.url, [target.subprotocol])
    webSocket.binaryType = 'arraybuffer'
    this.#webSocket = webSocket
    webSocket.addEventListener('open', () => {
      this.#wasOpen = true
      listener.opened()
    })
    webSocket.addEventListener('message', ({ data }: { data: unknown }) => {
      if (this.#isClosed) return
      listener.received(data instanceof ArrayBuffer ? new Uint8Array(data) : String(data))
    })
    webSocket.addEventListener('close', ({ code, reason }) =>
      this.#closed(reason === '' ? `close code ${code}` : `${reason}, close code ${code}`),
    )
  }

  /** The platform gathers the frames of a turn by itself. */
  send(frame: Uint8Array | string): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.send(frame as Uint8Array<ArrayBuffer> | string)
  }

  close(code: number, reason: string): void {
    if (this.#stopCloseTimer !== undefined || this.#isClosed) return
    const { clock } = this.#target
    this.#stopCloseTimer = clock.schedule(after(clock.now(), CLOSE_TIMEOUT_MS), () => this.#closed('nobody answers'))
    // The platform allows 1000 and the private range only; 4000 and up are for such uses (RFC 6455 §7.4.2).
    this.#webSocket.close(code === 1000 ? 1000 : code + 3000, reason)
  }

  #closed(why: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopCloseTimer?.()
    const { host, origin, pathname } = this.#target.url
    const error = this.#wasOpen
      ? new ForkpoolError('CONNECTION_LOST', `the connection to ${host} is gone: ${why}`)
      : new ForkpoolError('COORDINATOR_UNREACHABLE', `no coordinator answers at ${origin}${pathname}: ${why}`)
    this.#listener.closed(error)
  }
}
