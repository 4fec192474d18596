import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ErrorCode } from '@forkpool/pool-core/base'
import type { Access } from '../access/access.ts'
import type { Log } from '../log.ts'
import { HttpError, writeError } from './http-error.ts'
import { matchPath } from './route.ts'
import type { Route } from './route.ts'

/** Headers must be complete by then (slow-header attacks), and whole requests by the second figure. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  BAD_ARGUMENT: 400,
  BATCH_UNKNOWN: 404,
  DRAINING: 503,
  LIMIT_EXCEEDED: 409,
  NOT_ALLOWED: 403,
  TASK_UNKNOWN: 400,
  UNAUTHORISED: 401,
}

export interface HttpServiceParts {
  readonly access: Access
  readonly log: Log
  readonly routes: readonly Route[]
  readonly host: string
  readonly port: number
}

/** The HTTP server: finds the route, checks who asks, turns failures into answers. Upgrades are the gateway's. */
export class HttpService {
  readonly server: Server
  readonly #parts: HttpServiceParts

  constructor(parts: HttpServiceParts) {
    this.#parts = parts
    this.server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      void this.#handle(request, response)
    })
    this.server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    })
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
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    this.server.closeAllConnections()
    await closed
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access, log, routes } = this.#parts
    try {
      const url = new URL(request.url ?? '/', 'http://localhost')
      const refusal = access.checkSource(request.headers)
      if (refusal !== undefined) throw new HttpError(refusal.status, 'NOT_ALLOWED', refusal.message)
      const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
      let pathKnown = false
      for (const route of routes) {
        const parameters = matchPath(route, url.pathname)
        if (parameters === undefined) continue
        pathKnown = true
        if (route.method !== method) continue
        const denied = route.open === true ? undefined : access.checkToken(request.headers)
        if (denied !== undefined) throw new HttpError(denied.status, 'UNAUTHORISED', denied.message)
        await route.handle({ request, response, query: url.searchParams, parameters })
        return
      }
      if (pathKnown) throw new HttpError(405, 'NOT_ALLOWED', `${request.method} is not answered at ${url.pathname}`)
      throw new HttpError(404, 'NOT_ALLOWED', `nothing at ${url.pathname.slice(0, 200)}; the API is described at /api/v1/openapi.json`)
    } catch (error) {
      if (response.headersSent) {
        response.destroy()
        return
      }
      if (error instanceof HttpError) writeError(response, error)
      else if (error instanceof ForkpoolError) writeError(response, new HttpError(STATUS[error.code] ?? 500, error.code, error.message))
      else {
        log.error({ err: error, path: request.url }, 'a request failed')
        writeError(response, new HttpError(500, 'INTERNAL', 'the coordinator failed to answer; its log says why'))
      }
    }
  }
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
