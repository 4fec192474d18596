import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError } from './http-error.ts'

/** A request on its way to a route. */
export interface RouteCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly query: URLSearchParams
  /** Parts of the path that the route names, by name. */
  readonly parameters: Readonly<Record<string, string>>
}

/** One verb on one path. `path` may hold parts in braces, as OpenAPI writes them: `/api/v1/batches/{id}`. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Answered without a token: what a load balancer or kubelet asks. */
  readonly open?: boolean | undefined
  /** The operation in the OpenAPI document. */
  readonly operation: Readonly<Record<string, unknown>>
  readonly handle: (call: RouteCall) => Promise<void> | void
}

/** The largest body that is read: a comparison's explicit items. */
const BODY_BYTES_MAX = 1024 * 1024

/** The route's parameters if `path` is of its shape. */
export function matchPath(route: Route, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = route.path.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    const value = given[i] as string
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined ? part !== value : value === '') return undefined
    if (name !== undefined) parameters[name] = safeDecode(value)
  }
  return parameters
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new HttpError(400, 'BAD_ARGUMENT', 'the path is not valid percent-encoding')
  }
}

/** A whole number of the query; `fallback` when absent. */
export function wholeNumber(query: URLSearchParams, name: string, fallback: number, min: number, max: number): number {
  const text = query.get(name)
  if (text === null) return fallback
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
    throw new HttpError(400, 'BAD_ARGUMENT', `${name}: expected a whole number from ${min} to ${max}, got "${text.slice(0, 40)}"`)
  return value
}

/** The body as JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? ''
  // A form of another site cannot send this type without asking first: a second guard beside Origin.
  if (!/^application\/json\b/i.test(type)) throw new HttpError(415, 'BAD_ARGUMENT', 'expected Content-Type: application/json')
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES_MAX) throw new HttpError(413, 'LIMIT_EXCEEDED', `the body is larger than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw new HttpError(400, 'BAD_ARGUMENT', `the body is not JSON: ${(error as Error).message}`)
  }
}
