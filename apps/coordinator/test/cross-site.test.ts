import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask, listRoutes } from './support/ask.ts'
import { Coordinator } from './support/forkpool.ts'

// Neither coordinator is asked for more than what a page of another site could send: one has no token at all, for the other the page
// even knows the token. CVE-2026-27482 (Ray): DELETE was not looked at.
const TOKEN = 'a-token-that-the-page-knows'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']

let open: Coordinator
let guarded: Coordinator

beforeAll(async () => {
  open = await Coordinator.start(['--allowed-origins', 'https://ops.example.org', '--allowed-hosts', 'pool.example.org'])
  guarded = await Coordinator.start([], { FORKPOOL_TOKEN: TOKEN })
})

afterAll(async () => {
  await Promise.all([open.stop(), guarded.stop()])
})

const REBINDING = [
  'rebound.example.org',
  'localhost.evil.example.org',
  '127.0.0.1.nip.example',
  '10.0.0.5',
  'pool.example.org.evil.example',
  'localhost.',
]
const ORIGINS = ['https://evil.example.org', 'null', 'https://ops.example.org.evil.example', 'http://localhost:1', 'file://']

describe('HTTP', () => {
  test('a Host header of DNS rebinding is refused on every path with every method, and changes nothing', async () => {
    const paths = ['/', '/nowhere', ...(await listRoutes(open.url)).map(({ path }) => path)]
    for (const path of new Set(paths)) {
      for (const method of METHODS) {
        const host = REBINDING[(path.length + method.length) % REBINDING.length] as string
        expect((await ask(open.url, method, path, { Host: host })).status, `${method} ${path} for ${host}`).toBe(421)
      }
    }
  })

  test('a page of another site is refused on every path with every method, also with the token', async () => {
    const headers = { Authorization: `Bearer ${TOKEN}` }
    const paths = ['/', '/nowhere', ...(await listRoutes(guarded.url, headers)).map(({ path }) => path)]
    for (const path of new Set(paths)) {
      for (const method of METHODS) {
        const origin = ORIGINS[(path.length + method.length) % ORIGINS.length] as string
        expect((await ask(guarded.url, method, path, { ...headers, Origin: origin })).status, `${method} ${path} of ${origin}`).toBe(403)
      }
    }
  })

  test('no answer invites another site (CORS)', async () => {
    const response = await fetch(`${open.url}/api/v1/status`)
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  test('a form of another site cannot start a comparison: the type is wrong, whatever the body says', async () => {
    const body = JSON.stringify({ task: 'square', range: { from: 1, to: 10 }, poolSizes: [1], repeats: 1 })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])
      expect((await ask(open.url, 'POST', '/api/v1/comparisons', { 'Content-Type': type }, body)).status, type).toBe(415)
  })

  test('named hosts and origins pass', async () => {
    expect((await ask(open.url, 'GET', '/api/v1/status', { Host: 'pool.example.org' })).status).toBe(200)
    expect((await ask(open.url, 'GET', '/api/v1/status', { Origin: 'https://ops.example.org' })).status).toBe(200)
    expect((await ask(open.url, 'GET', '/api/v1/status', { Origin: open.url })).status).toBe(200)
  })
})

describe('WebSocket', () => {
  const upgrade = (coordinator: Coordinator, headers: Record<string, string>, origin?: string): Promise<number> =>
    new Promise((resolve) => {
      const url = coordinator.url.replace('http', 'ws')
      const socket = new WebSocket(url, 'forkpool.v1.json', { headers, ...(origin !== undefined && { origin }) })
      socket.on('error', () => undefined)
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0)
        socket.terminate()
      })
      socket.on('open', () => {
        resolve(101)
        socket.terminate()
      })
    })

  test.each(ORIGINS)('a page of %s cannot connect, also with the token', async (origin) => {
    expect(await upgrade(open, {}, origin)).toBe(403)
    expect(await upgrade(guarded, { Authorization: `Bearer ${TOKEN}` }, origin)).toBe(403)
  })

  test.each(REBINDING)('a page that was rebound to %s cannot connect', async (host) => {
    expect(await upgrade(open, { Host: host }, `http://${host}`)).toBe(421)
  })

  test('the coordinator itself, named origins, and programs, which send no Origin, can', async () => {
    expect(await upgrade(open, {}, open.url)).toBe(101)
    expect(await upgrade(open, {}, 'https://ops.example.org')).toBe(101)
    expect(await upgrade(open, {})).toBe(101)
  })

  test('a token in the URL lets nobody in', async () => {
    const socket = new WebSocket(`${guarded.url.replace('http', 'ws')}/?token=${TOKEN}&access_token=${TOKEN}`, 'forkpool.v1.json')
    socket.on('error', () => undefined)
    const closed = new Promise<number>((resolve) => socket.on('close', resolve))
    socket.on('open', () => socket.send(JSON.stringify({ kind: 'hello', versions: [1] })))
    expect(await closed).toBe(1008)
    expect((await ask(guarded.url, 'GET', `/api/v1/status?token=${TOKEN}`)).status).toBe(401)
  })
})

test('refusals are counted by reason', async () => {
  const { body } = await ask(open.url, 'GET', '/metrics')
  expect(body).toMatch(/^forkpool_refused_total\{reason="host"\} [1-9]\d+$/m)
  expect(body).toMatch(/^forkpool_refused_total\{reason="origin"\} [1-9]\d*$/m)
})
