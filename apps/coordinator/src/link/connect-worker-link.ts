import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { FRAME_BYTES_MAX, SUBPROTOCOL_CBOR } from '@forkpool/pool-core/protocol'
import type { WorkerLink } from '@forkpool/pool-core/link'
import { WebSocketLink } from './web-socket-link.ts'

/** The coordinator answers on a Unix socket beside it: a handshake that takes longer never ends. */
const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * Connects a worker to its coordinator's Unix socket and proves itself with the token. Compression is off and the mask is zero (`ws` then
 * skips masking): both cost time and protect nothing between two processes of one machine. Rejects when nobody listens, when the token
 * is refused, or when the handshake does not end.
 */
export function connectWorkerLink(socketPath: string, token: string): Promise<WorkerLink> {
  // Made here, and not by a `ws+unix:` URL: there a path with a space or a colon in it leads nowhere.
  const stream = connect(socketPath)
  const socket = new WebSocket('ws://coordinator/worker', SUBPROTOCOL_CBOR, {
    createConnection: () => stream,
    headers: { Authorization: `Bearer ${token}` },
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: 4 * FRAME_BYTES_MAX,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    generateMask: (mask) => {
      mask.fill(0)
    },
  })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('open', () => {
      socket.off('error', reject)
      resolve(new WebSocketLink(socket, stream, 'client'))
    })
  })
}
