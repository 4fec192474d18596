import type { ServerResponse } from 'node:http'
import type { ErrorView } from '@forkpool/pool-core/protocol'

/** An answer that is not a success: thrown by routes, written by the server. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Writes `body` as JSON. Answers are never cached and never guessed at. */
export function writeJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(text)
}

export function writeError(response: ServerResponse, error: HttpError): void {
  const view: ErrorView = { error: { code: error.code, message: error.message } }
  writeJson(response, error.status, view)
}
