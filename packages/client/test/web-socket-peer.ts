import type { IncomingHttpHeaders, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net'
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
export async function listen(server: Server | TcpServer): Promise<string> {
  const sockets = new Set<Socket>()
  OPEN_SOCKETS.set(server, sockets)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Closes a server that `listen` opened, with all that is connected to it. */
export function close(server: Server | TcpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of OPEN_SOCKETS.get(server) ?? []) socket.destroy()
  })
}

const OPEN_SOCKETS = new WeakMap<object, Set<Socket>>()
