import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ClientMessage } from '@forkpool/pool-core/protocol'
import { decodeClientMessage } from '@forkpool/pool-core/protocol'
import type { Transport, TransportKind, TransportListener } from '../src/transport.ts'
import type { Peer, PeerConnection } from './peer.ts'

export interface MemoryNetwork extends TransportKind {
  /** How often a connection was tried for. */
  opened: number
  /** Whether a connection can be had now. */
  isUp: boolean
  /** With `isUp`: whether the other side answers at all. */
  isSilent: boolean
  /** Bytes that the client has sent, and frames. */
  readonly sent: { frames: number; bytes: number }
}

/** Connects clients with `peer` inside this process, by encoded frames, each delivered in a microtask of its own. No I/O, no timers. */
export function memoryNetwork(peer: Peer, carriesToken = false): MemoryNetwork {
  const network: MemoryNetwork = {
    carriesToken,
    opened: 0,
    isUp: true,
    isSilent: false,
    sent: { frames: 0, bytes: 0 },
    open(_target, listener) {
      network.opened++
      return new MemoryTransport(peer, network, listener)
    },
  }
  return network
}

class MemoryTransport implements Transport {
  readonly #network: MemoryNetwork
  readonly #listener: TransportListener
  #other: PeerConnection | undefined
  #isClosed = false

  constructor(peer: Peer, network: MemoryNetwork, listener: TransportListener) {
    this.#network = network
    this.#listener = listener
    queueMicrotask(() => {
      if (this.#isClosed) return
      if (!network.isUp) return this.#end('COORDINATOR_UNREACHABLE')
      if (network.isSilent) return undefined
      this.#other = peer.connect({
        send: (frame) => this.#deliver(frame),
        close: () => queueMicrotask(() => this.#end('CONNECTION_LOST')),
      })
      return listener.opened()
    })
  }

  send(frame: Uint8Array | string): void {
    if (this.#isClosed) return
    this.#network.sent.frames++
    this.#network.sent.bytes += frame.length
    const message: ClientMessage = decodeClientMessage(frame, 'cbor')
    queueMicrotask(() => {
      if (!this.#isClosed) this.#other?.receive(message)
    })
  }

  close(): void {
    queueMicrotask(() => this.#end('CONNECTION_LOST'))
  }

  #deliver(frame: Uint8Array): void {
    queueMicrotask(() => {
      if (!this.#isClosed) this.#listener.received(frame)
    })
  }

  #end(code: 'CONNECTION_LOST' | 'COORDINATOR_UNREACHABLE'): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#listener.closed(new ForkpoolError(code))
  }
}
