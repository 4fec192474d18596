import type { IncomingHttpHeaders, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { decodeClientMessage } from '@forkpool/pool-core/protocol'
import { WebSocketServer } from 'ws'
import type { PeerOptions } from './peer.ts'
import { Peer } from './peer.ts'

export interface WebSocketPeer extends AsyncDisposable {
  readonly peer: Peer
  readonly url: string
  /** Headers of every upgrade. */
  readonly upgrades: IncomingHttpHeaders[]
  /** Sockets of the connections, for tests that look at the bytes. */
  readonly sockets: Socket[]
  /** Bytes of every piece that came in, of all connections. */
  readonly pieces: Buffer[]
}

/** A `Peer` behind a real WebSocket server on a free port of the loopback address. */
export async function startWebSocketPeer(options: PeerOptions = {}): Promise<WebSocketPeer> {
  const peer = new Peer(options)
  const upgrades: IncomingHttpHeaders[] = []
  const sockets: Socket[] = []
  const pieces: Buffer[] = []
  const server = createServer()
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false, handleProtocols: (offered) => [...offered][0] ?? false })
  webSockets.on('connection', (webSocket, request) => {
    upgrades.push(request.headers)
    sockets.push(request.socket)
    request.socket.on('data', (piece: Buffer) => pieces.push(piece))
    const connection = peer.connect({ send: (frame) => webSocket.send(frame), close: () => webSocket.terminate() })
    webSocket.on('message', (data: Buffer) => connection.receive(decodeClientMessage(data, 'cbor')))
  })
  const url = await listen(server)
  return {
    peer,
    url,
    upgrades,
    sockets,
    pieces,
    async [Symbol.asyncDispose]() {
      for (const webSocket of webSockets.clients) webSocket.terminate()
      webSockets.close()
      await close(server)
    },
  }
}

/** Listens on a free port and returns the address for a WebSocket. */
export async function listen(server: Server | import('node:net').Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function close(server: Server | import('node:net').Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
