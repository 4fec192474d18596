import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Clock, Random } from '@forkpool/pool-core/base'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { Dialect, ServerMessage } from '@forkpool/pool-core/protocol'
import { decodeClientMessage, dialectOf, encodeServerMessage, FRAME_BYTES_MAX, SUBPROTOCOL_JSON } from '@forkpool/pool-core/protocol'
import type { SessionId } from '@forkpool/pool-core/scheduler'
import type { Access } from '../access/access.ts'
import type { Log } from '../log.ts'
import { ClientSession } from './client-session.ts'
import type { SessionOptions, SessionPorts } from './client-session.ts'
import { SocketWriter } from './socket-writer.ts'

export interface GatewayParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly access: Access
  readonly submit: SessionPorts['submit']
  readonly welcome: SessionOptions['welcome']
  readonly handshakeTimeoutMs: number
  readonly connectionsMax: number
  readonly rejected: (reason: string) => void
  readonly closed: (code: number) => void
}

/** Going away (RFC 6455): what clients see when the coordinator stops. */
const GOING_AWAY = 1001

interface Connection {
  readonly socket: WebSocket
  readonly session: ClientSession
  readonly writer: SocketWriter
}

/** Where clients connect: upgrades, subprotocols and sockets. What is said on a connection is `ClientSession`'s. */
export class Gateway {
  readonly #parts: GatewayParts
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
    // A client that names no subprotocol is a person with a terminal: JSON it is.
    handleProtocols: (offered) => [...offered].find((name) => dialectOf(name) !== undefined) ?? false,
  })
  readonly #connections = new Set<Connection>()
  #stopping = false

  constructor(parts: GatewayParts) {
    this.#parts = parts
  }

  /** Figures for metrics and the API. */
  get connections(): number {
    return this.#connections.size
  }

  get sendBufferBytes(): number {
    let bytes = 0
    for (const { socket } of this.#connections) bytes += socket.bufferedAmount
    return bytes
  }

  /** Takes the upgrades of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Tells every client that no new batch is taken. */
  goodbye(reason: string): void {
    for (const { writer } of this.#connections) writer.send({ kind: 'goodbye', reason })
  }

  /** Ends every connection; sessions cancel what is open. */
  stop(): void {
    this.#stopping = true
    for (const { socket } of this.#connections) socket.close(GOING_AWAY, 'the coordinator stops')
    this.#sockets.close()
  }

  /** Ends what a `stop` did not end in good order. */
  terminate(): void {
    for (const { socket } of this.#connections) socket.terminate()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const { access, rejected, connectionsMax } = this.#parts
    const refuse = (status: string, reason: string, message: string): void => {
      rejected(reason)
      socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${message}\n`)
    }
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path !== '/' && path !== '/v1') return refuse('404 Not Found', 'path', 'clients connect at / or /v1')
    if (this.#stopping || this.#connections.size >= connectionsMax)
      return refuse('503 Service Unavailable', 'full', 'no further connections')
    const refusal = access.checkSource(request.headers) ?? access.checkToken(request.headers, true)
    if (refusal !== undefined) return refuse(`${refusal.status} Refused`, refusal.reason, refusal.message)
    const offered = request.headers['sec-websocket-protocol']
    const known = offered === undefined || offered.split(',').some((name) => dialectOf(name.trim()) !== undefined)
    if (!known) return refuse('400 Bad Request', 'subprotocol', `offer forkpool.v1.cbor or ${SUBPROTOCOL_JSON}`)
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#connected(webSocket, request))
  }

  #connected(socket: WebSocket, request: IncomingMessage): void {
    const { clock, random, log, access, submit, welcome, handshakeTimeoutMs, closed } = this.#parts
    const dialect: Dialect = dialectOf(socket.protocol) ?? 'json'
    const id = random.token(6) as SessionId
    const writer = new SocketWriter(
      socket,
      (message: ServerMessage) => encodeServerMessage(message, dialect),
      (congested) => session.setCongested(congested),
    )
    const session: ClientSession = new ClientSession(
      {
        clock,
        send: (message) => writer.send(message),
        close: (code, reason) => socket.close(code, reason),
        submit,
        isToken: (token) => access.isToken(token),
      },
      {
        id,
        reply: dialect === 'json' ? 'json' : 'auto',
        authorised: !access.needsToken || request.headers.authorization !== undefined,
        handshakeTimeoutMs,
        welcome,
      },
    )
    const connection = { socket, session, writer }
    this.#connections.add(connection)
    log.debug({ session: id, dialect }, 'client connected')
    socket.on('message', (data: Buffer, isBinary) => {
      try {
        if (isBinary !== (dialect === 'cbor'))
          throw new ForkpoolError(
            'BAD_MESSAGE',
            `this connection speaks ${dialect}: expected ${dialect === 'cbor' ? 'binary' : 'text'} frames`,
          )
        session.receive(decodeClientMessage(data, dialect))
      } catch (error) {
        if (!(error instanceof ForkpoolError)) log.error({ session: id, err: error }, 'a message could not be handled')
        session.violated(error)
      }
    })
    // ws reports frames that break RFC 6455 here and closes with the right code itself.
    socket.on('error', (error) => log.debug({ session: id, error: error.message }, 'connection error'))
    socket.on('close', (code) => {
      this.#connections.delete(connection)
      closed(code)
      log.debug({ session: id, code }, 'client gone')
      session.closed()
    })
  }
}
