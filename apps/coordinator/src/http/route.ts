import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal, Role } from '../access/role.ts'
import { HttpError } from './http-error.ts'

/** A request on its way to a route. */
export interface RouteCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Who asks; undefined on routes that are open to all. */
  readonly principal: Principal | undefined
  readonly query: URLSearchParams
  /** Parts of the path that the route names, by name. */
  readonly parameters: Readonly<Record<string, string>>
  /** The largest body that is read. */
  readonly bodyBytesMax: number
}

interface AnyRoute {
  readonly path: string
  /** The operation in the OpenAPI document. */
  readonly operation: Readonly<Record<string, unknown>>
  readonly handle: (call: RouteCall) => Promise<void> | void
}

/** Changes nothing. */
interface ReadRoute extends AnyRoute {
  readonly method: 'GET'
  /** Answered without a token: what a load balancer or kubelet asks. */
  readonly open?: boolean | undefined
  /** Who may call it. Default: `read`. */
  readonly role?: Role | undefined
}

/** Changes something, so it has to say who may: never a reader, never somebody without a token. */
interface ChangeRoute extends AnyRoute {
  readonly method: 'POST'
  readonly role: Exclude<Role, 'read'>
}

/** One verb on one path. `path` may hold parts in braces, as OpenAPI writes them: `/api/v1/batches/{id}`. */
export type Route = ReadRoute | ChangeRoute

/** The role that a caller of this route needs; undefined: no token at all. */
export function roleOf(route: Route): Role | undefined {
  if (route.method === 'POST') return route.role
  return route.open === true ? undefined : (route.role ?? 'read')
}

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
