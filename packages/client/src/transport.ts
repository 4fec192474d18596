import type { Clock, ForkpoolError } from '@forkpool/pool-core/base'
import type { FrameParts } from '@forkpool/pool-core/protocol'

/** One WebSocket, as the client needs it. Implementations: `transports/node.ts`, `transports/browser.ts`. */
export interface Transport {
  /** Sends one frame: at once if it is alone, together with others of the same turn if not. After the end it does nothing. */
  send(frame: Uint8Array | string): void
  /** As `send`, of a frame in parts, which must not change until they are written. Absent where parts spare no copy. */
  sendParts?(parts: FrameParts): void
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

/** Whom to trust behind `wss:`; Node only. */
export interface TlsOptions {
  /** Certificates, PEM, that vouch for the coordinator's, instead of those that Node trusts by itself. A self-signed one stands for itself. */
  readonly ca?: string | Uint8Array | undefined
  /** Says whether the certificate, which is vouched for, is the right one: an `Error` if not. Default: its names are compared with the URL's host. */
  readonly checkServerIdentity?: ((host: string, certificate: { readonly fingerprint256: string }) => Error | undefined) | undefined
}

export interface TransportTarget {
  /** `ws:` or `wss:`. */
  readonly url: URL
  readonly subprotocol: string
  readonly token?: string | undefined
  readonly tls?: TlsOptions | undefined
  /** Largest frame that is accepted. */
  readonly frameBytesMax: number
  readonly clock: Clock
}

export interface TransportKind {
  /** Whether the token goes with the upgrade. Browsers cannot, so there it goes with `hello`. */
  readonly carriesToken: boolean
  /** Whether it takes `TlsOptions`. A browser trusts whom its user trusts. */
  readonly takesTls?: boolean | undefined
  /** Never throws: what is wrong comes by `closed`. */
  open(target: TransportTarget, listener: TransportListener): Transport
}

/** How long `close` waits for the other side, milliseconds. */
export const CLOSE_TIMEOUT_MS = 1000
