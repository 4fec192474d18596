import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Cancel } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'
import { dialectOf, SUBPROTOCOL_JSON } from '@forkpool/pool-core/protocol'
import type { CoordinatorConfig } from '../config/read-config.ts'
import type { RefusalReason } from '../refusal-reason.ts'
import { ClientConnection } from './client-connection.ts'
import type { ConnectionParts, OpenedSocket } from './client-connection.ts'
import { LOOK_EVERY_MS } from './connection-watch.ts'

export interface GatewayParts extends ConnectionParts {
  readonly limits: ConnectionParts['limits'] & Pick<CoordinatorConfig, 'connectionsMax' | 'frameBytesMax' | 'fragmentsMax'>
  /** Counts a connection that was refused before it was one. */
  readonly rejected: (reason: RefusalReason) => void
  readonly closed: (code: number) => void
}

/** Going away (RFC 6455): what clients see when the coordinator stops. */
const GOING_AWAY = 1001

/** A client that does not answer our goodbye is cut off so soon: until then it holds a place. */
const CLOSE_TIMEOUT_MS = 2_000

/** Pieces of one message as they came from the network, before they are joined: 8 MiB of the smallest packets of Ethernet are 5,700. */
const CHUNKS_MAX = 32_768

/** Where clients connect: upgrades, subprotocols and the list of connections. */
export class Gateway {
  readonly #parts: GatewayParts
  readonly #sockets: WebSocketServer
  readonly #connections = new Set<ClientConnection>()
  #stopping = false
  #cancelLook: Cancel | undefined

  constructor(parts: GatewayParts) {
    this.#parts = parts
    const options = {
      noServer: true,
      clientTracking: false,
      // A few bytes of compressed zeros become gigabytes; and numbers hardly shrink.
      perMessageDeflate: false,
      maxPayload: parts.limits.frameBytesMax,
      maxFragments: parts.limits.fragmentsMax,
      maxBufferedChunks: CHUNKS_MAX,
      closeTimeout: CLOSE_TIMEOUT_MS,
      // A client that names no subprotocol is a person with a terminal: JSON it is.
      handleProtocols: (offered: Set<string>) => [...offered].find((name) => dialectOf(name) !== undefined) ?? (false as const),
    }
    this.#sockets = new WebSocketServer(options)
  }

  /** Figures for metrics and the API. */
  get connections(): number {
    return this.#connections.size
  }

  get sendBufferBytes(): number {
    let bytes = 0
    for (const connection of this.#connections) bytes += connection.bufferedBytes
    return bytes
  }

  /** Takes the upgrades of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /** Tells every client that no new batch is taken. */
  goodbye(reason: string): void {
    for (const connection of this.#connections) connection.send({ kind: 'goodbye', reason })
  }

  /** The tokens have changed: looks again who everybody is. Returns how many were sent away. */
  renewPrincipals(): number {
    let sentAway = 0
    for (const connection of this.#connections) if (!connection.renewPrincipal()) sentAway++
    return sentAway
  }

  /** Ends every connection; batches go on without them. */
  stop(): void {
    this.#stopping = true
    this.#cancelLook?.()
    for (const connection of this.#connections) connection.close(GOING_AWAY, 'the coordinator stops')
    this.#sockets.close()
  }

  /** Ends what a `stop` did not end in good order. */
  terminate(): void {
    for (const connection of this.#connections) connection.terminate()
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy())
    const { access, rejected, limits } = this.#parts
    const refuse = (status: string, reason: RefusalReason, message: string): void => {
      rejected(reason)
      // Whoever does not close its own half would hold ours.
      stream.once('finish', () => stream.destroy())
      stream.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${message}\n`)
    }
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path !== '/' && path !== '/v1') return refuse('404 Not Found', 'path', 'clients connect at / or /v1')
    if (this.#stopping) return refuse('503 Service Unavailable', 'full', 'no further connections')
    if (this.#connections.size >= limits.connectionsMax)
      return refuse('503 Service Unavailable', 'connectionsMax', `${limits.connectionsMax} clients are connected (--connections-max)`)
    const source = access.checkSource(request.headers)
    if (source !== undefined) return refuse(`${source.status} Refused`, source.reason, source.message)
    const who = access.authenticate(request.headers)
    // A token may still come with `hello`; a wrong one never passes.
    if (who.kind === 'wrong') return refuse(`${who.refusal.status} Refused`, who.refusal.reason, who.refusal.message)
    const offered = request.headers['sec-websocket-protocol']
    const known = offered === undefined || offered.split(',').some((name) => dialectOf(name.trim()) !== undefined)
    if (!known) return refuse('400 Bad Request', 'subprotocol', `offer forkpool.v1.cbor or ${SUBPROTOCOL_JSON}`)
    const principal = who.kind === 'known' ? who.principal : undefined
    this.#sockets.handleUpgrade(request, stream, head, (webSocket) => this.#connected({ webSocket, stream, principal }))
  }

  #connected(opened: OpenedSocket): void {
    const connection = new ClientConnection(this.#parts, opened, (code) => {
      this.#connections.delete(connection)
      this.#parts.closed(code)
    })
    this.#connections.add(connection)
    if (this.#cancelLook === undefined) this.#lookLater()
  }

  #lookLater(): void {
    const { clock } = this.#parts
    const look = (): void => {
      const now = clock.now()
      for (const connection of this.#connections) connection.look(now)
      this.#lookLater()
    }
    this.#cancelLook = clock.schedule(after(clock.now(), LOOK_EVERY_MS), look, { unref: true })
  }
}
