import { request } from 'node:http'

/** What a coordinator answered. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/** A request with any method and headers: `fetch` does not let a Host through. */
export function ask(
  base: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, base), { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

interface Operation {
  readonly security: readonly { readonly token?: readonly string[] }[]
}

/** One operation of the API as its own document lists it, with a value in place of a path's parameter. */
export interface ListedRoute {
  readonly method: string
  readonly path: string
  /** Undefined: open to all. */
  readonly role: string | undefined
}

/** Every operation that the coordinator says it has: a test over these covers a route on the day on which it is added. */
export async function listRoutes(base: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly ListedRoute[]> {
  const { body } = await ask(base, 'GET', '/api/v1/openapi.json', headers)
  const { paths } = JSON.parse(body) as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'x'),
      role: security[0]?.token?.[0],
    })),
  )
}
