import type { Clock, ForkpoolError } from '@forkpool/pool-core/base'

/** One WebSocket, as the client needs it. Implementations: `transports/node.ts`, `transports/browser.ts`. */
export interface Transport {
  /** Sends one frame: at once if it is alone, together with others of the same turn if not. After the end it does nothing. */
  send(frame: Uint8Array | string): void
  /** Says goodbye to the other side (RFC 6455 §7.4) and closes; `closed` follows, within a second also when nobody answers. */
  close(code: number, reason: string): void
}

/** What a transport tells, never from within a call to it. */
export interface TransportListener {
  opened(): void
  received(frame: Uint8Array | string): void
  /** Once, and last: the socket is gone, or could not be opened. */
  closed(error: ForkpoolError): void
}

export interface TransportTarget {
  /** `ws:` or `wss:`. */
  readonly url: URL
  readonly subprotocol: string
  readonly token?: string | undefined
  /** Largest frame that is accepted. */
  readonly frameBytesMax: number
  readonly clock: Clock
}

export interface TransportKind {
  /** Whether the token goes with the upgrade. Browsers cannot, so there it goes with `hello`. */
  readonly carriesToken: boolean
  /** Never throws: what is wrong comes by `closed`. */
  open(target: TransportTarget, listener: TransportListener): Transport
}

/** How long `close` waits for the other side, milliseconds. */
export const CLOSE_TIMEOUT_MS = 1000
