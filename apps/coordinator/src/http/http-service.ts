import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ErrorCode } from '@forkpool/pool-core/base'
import type { Access } from '../access/access.ts'
import { mayActAs } from '../access/role.ts'
import type { Principal } from '../access/role.ts'
import type { Log } from '../log.ts'
import type { CoordinatorConfig } from '../config/read-config.ts'
import { LimitError } from '../config/limits.ts'
import type { RefusalReason } from '../refusal-reason.ts'
import type { Certificate } from './certificate.ts'
import { answerBadRequest } from './bad-request.ts'
import { ConnectionGuard } from './connection-guard.ts'
import { HttpError, writeError } from './http-error.ts'
import { matchPath, roleOf } from './route.ts'
import type { Route } from './route.ts'

/** A connection on which nothing moves so long is closed: a reader that stopped reading holds what was written for it. */
const INACTIVITY_MS = 120_000

/** How often requests that take too long are looked for; without it a limit of a second is one of half a minute. */
const LOOK_EVERY_MS = 1_000

const TLS_VERSION_MIN = 'TLSv1.2' as const

/** Headers of one request. Proxies add a dozen to a browser's two. */
const HEADERS_MAX = 100

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  BAD_ARGUMENT: 400,
  BATCH_UNKNOWN: 404,
  DRAINING: 503,
  LIMIT_EXCEEDED: 409,
  NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  RESULTS_GONE: 410,
  TASK_UNKNOWN: 400,
  UNAUTHORISED: 401,
}

export interface HttpServiceParts {
  readonly access: Access
  readonly log: Log
  readonly routes: readonly Route[]
  readonly host: string
  readonly port: number
  /** Undefined: without TLS. */
  readonly certificate: Certificate | undefined
  readonly limits: Pick<
    CoordinatorConfig,
    | 'connectionsMax'
    | 'connectionsPerAddressMax'
    | 'handshakeTimeoutMs'
    | 'headersTimeoutMs'
    | 'headerBytesMax'
    | 'requestTimeoutMs'
    | 'bodyBytesMax'
  >
  readonly refused: (reason: RefusalReason) => void
}

/** The HTTP server: finds the route, checks who asks, turns failures into answers. Upgrades are the gateway's. */
export class HttpService {
  readonly server: Server
  readonly #parts: HttpServiceParts
  readonly #tlsServer: TlsServer | undefined

  constructor(parts: HttpServiceParts) {
    this.#parts = parts
    const { limits, certificate, refused } = parts
    const options: ServerOptions = {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      maxHeaderSize: limits.headerBytesMax,
      connectionsCheckingInterval: LOOK_EVERY_MS,
    }
    const handle = (request: IncomingMessage, response: ServerResponse): void => void this.#handle(request, response)
    if (certificate === undefined) this.server = createServer(options, handle)
    else {
      const tls = { ...options, ...certificate, minVersion: TLS_VERSION_MIN, handshakeTimeout: limits.handshakeTimeoutMs }
      this.#tlsServer = createTlsServer(tls, handle)
      this.server = this.#tlsServer
    }
    this.server.timeout = INACTIVITY_MS
    this.server.maxHeadersCount = HEADERS_MAX
    this.server.on('clientError', (error, socket) => refused(answerBadRequest(error, socket)))
    new ConnectionGuard(limits, refused).attach(this.server)
  }

  /** Listens. @throws ForkpoolError BAD_ARGUMENT when the address cannot be had. */
  async start(): Promise<void> {
    const { host, port } = this.#parts
    await new Promise<void>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => reject(new ForkpoolError('BAD_ARGUMENT', listenProblem(error, host, port)))
      this.server.once('error', onError)
      this.server.listen(port, host, () => {
        this.server.off('error', onError)
        resolve()
      })
    })
  }

  /** The address in use, for people and clients: `http://127.0.0.1:7070`. */
  get url(): string {
    const { address, port, family } = this.server.address() as AddressInfo
    const scheme = this.#parts.certificate === undefined ? 'http' : 'https'
    return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  /** Shows another certificate to whoever connects from now on; nothing without TLS. */
  renewCertificate(certificate: Certificate): void {
    this.#tlsServer?.setSecureContext({ ...certificate, minVersion: TLS_VERSION_MIN })
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    this.server.closeAllConnections()
    await closed
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access, log, routes, limits, refused } = this.#parts
    try {
      const refusal = access.checkSource(request.headers)
      if (refusal !== undefined) {
        refused(refusal.reason)
        throw new HttpError(refusal.status, 'NOT_ALLOWED', refusal.message)
      }
      const url = targetOf(request)
      const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
      let pathKnown = false
      for (const route of routes) {
        const parameters = matchPath(route, url.pathname)
        if (parameters === undefined) continue
        pathKnown = true
        if (route.method !== method) continue
        const principal = this.#checkRole(route, request)
        await route.handle({ request, response, principal, query: url.searchParams, parameters, bodyBytesMax: limits.bodyBytesMax })
        return
      }
      if (pathKnown) throw new HttpError(405, 'NOT_ALLOWED', `${request.method} is not answered at ${url.pathname}`)
      throw new HttpError(404, 'NOT_ALLOWED', `nothing at ${url.pathname.slice(0, 200)}; the API is described at /api/v1/openapi.json`)
    } catch (error) {
      if (response.headersSent) {
        log.error({ err: error, path: request.url }, 'an answer was cut off')
        response.destroy()
        return
      }
      if (error instanceof LimitError) refused(error.limit)
      // What was not read of a body cannot be told from the next request.
      if (!request.complete) response.setHeader('Connection', 'close')
      if (error instanceof HttpError) writeError(response, error)
      else if (error instanceof LimitError && error.limit === 'bodyBytesMax')
        writeError(response, new HttpError(413, error.code, error.message))
      else if (error instanceof ForkpoolError) writeError(response, new HttpError(STATUS[error.code] ?? 500, error.code, error.message))
      else {
        log.error({ err: error, path: request.url }, 'a request failed')
        writeError(response, new HttpError(500, 'INTERNAL', 'the coordinator failed to answer; its log says why'))
      }
    }
  }

  /** Who uses the route; throws where the caller may not. A token that is shown where none is needed may be wrong: probes send what they have. */
  #checkRole(route: Route, request: IncomingMessage): Principal | undefined {
    const needed = roleOf(route)
    if (needed === undefined) return undefined
    const { access, refused } = this.#parts
    const who = access.authenticate(request.headers)
    if (who.kind !== 'known') {
      refused('token')
      throw new HttpError(who.refusal.status, 'UNAUTHORISED', who.refusal.message)
    }
    const { name, role } = who.principal
    if (mayActAs(role, needed)) return who.principal
    refused('role')
    throw new HttpError(403, 'NOT_ALLOWED', `the token "${name}" has the role ${role}; ${route.method} ${route.path} needs ${needed}`)
  }
}

/** The path and query that were asked for. A path that begins with two slashes is one all the same, and no host (RFC 9112 §3.2.1). */
function targetOf({ url = '/' }: IncomingMessage): URL {
  const target = url.startsWith('/') ? `http://localhost${url}` : url
  if (!URL.canParse(target)) throw new HttpError(400, 'BAD_ARGUMENT', 'the target of the request is neither a path nor a URL')
  return new URL(target)
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use; choose another with --port, or 0 for any free one`
    case 'EACCES':
      return `port ${port} on ${host} may not be opened by this user; choose one above 1023 with --port`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine (--host)`
    default:
      return `cannot listen on ${host}:${port}: ${error.message}`
  }
}
