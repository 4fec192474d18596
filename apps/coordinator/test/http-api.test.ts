import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { connect } from '@forkpool/client'
import { Coordinator, waitUntil } from './support/forkpool.ts'

const TOKEN = 'canary-4f1e'

let coordinator: Coordinator
let guarded: Coordinator

beforeAll(async () => {
  coordinator = await Coordinator.start(['--log-level', 'debug'])
  guarded = await Coordinator.start(['--log-level', 'trace'], { FORKPOOL_TOKEN: TOKEN })
  await using cluster = await connect(coordinator.url)
  await cluster.pool({ name: 'counted', size: 2 }).map('square', [1, 2, 3])
  await cluster
    .pool({ name: 'counted', size: 2 })
    .map('fail', ['x'])
    .catch(() => undefined)
})

afterAll(async () => {
  await Promise.all([coordinator.stop(), guarded.stop()])
})

interface Answer {
  readonly status: number
  readonly body: string
}

/** A request with any headers: `fetch` does not let a Host through. */
function ask(base: string, method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: string): Promise<Answer> {
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

type Schema = {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: unknown[]
  anyOf?: Schema[]
}

/** Holds a value against a schema of the document: types, required properties, and no property that the document does not know. */
function violations(value: unknown, schema: Schema, schemas: Record<string, Schema>, at = ''): readonly string[] {
  if (schema.$ref !== undefined) return violations(value, schemas[schema.$ref.split('/').at(-1) as string] as Schema, schemas, at)
  if (schema.anyOf !== undefined)
    return schema.anyOf.some((one) => violations(value, one, schemas, at).length === 0) ? [] : [`${at}: none of the alternatives`]
  const types = [schema.type ?? []].flat()
  const actual = value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value
  if (types.length > 0 && !types.includes(actual) && !(actual === 'integer' && types.includes('number')))
    return [`${at}: ${actual}, expected ${types.join(' or ')}`]
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: ${String(value)} is not in the list`]
  if (actual === 'array') return (value as unknown[]).flatMap((item, i) => violations(item, schema.items ?? {}, schemas, `${at}[${i}]`))
  if (actual !== 'object' || schema.properties === undefined) return []
  const object = value as Record<string, unknown>
  return [
    ...(schema.required ?? []).filter((name) => !(name in object)).map((name) => `${at}.${name}: missing`),
    ...Object.keys(object)
      .filter((name) => !(name in (schema.properties ?? {})))
      .map((name) => `${at}.${name}: not in the document`),
    ...Object.entries(schema.properties).flatMap(([name, one]) =>
      name in object ? violations(object[name], one, schemas, `${at}.${name}`) : [],
    ),
  ]
}

interface OpenApi {
  readonly paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>>
  readonly components: { readonly schemas: Record<string, Schema> }
}

describe('the API', () => {
  test('every JSON answer is what the OpenAPI document says', async () => {
    const document = JSON.parse((await ask(coordinator.url, 'GET', '/api/v1/openapi.json')).body) as OpenApi
    const { batches } = JSON.parse((await ask(coordinator.url, 'GET', '/api/v1/batches')).body) as { batches: { id: string }[] }
    const begun = await ask(
      coordinator.url,
      'POST',
      '/api/v1/comparisons',
      { 'Content-Type': 'application/json' },
      JSON.stringify({ task: 'square', range: { from: 1, to: 1000 }, poolSizes: [1, 2], repeats: 1 }),
    )
    expect(begun.status).toBe(202)
    const comparison = JSON.parse(begun.body) as { id: string }
    const finished = async (): Promise<boolean> =>
      (JSON.parse((await ask(coordinator.url, 'GET', `/api/v1/comparisons/${comparison.id}`)).body) as { state: string }).state ===
      'completed'
    await waitUntil('the comparison ends', finished)
    let checked = 0
    for (const [path, operations] of Object.entries(document.paths)) {
      const schema = operations['get']?.responses['200']?.content?.['application/json']?.schema
      if (schema === undefined) continue
      const id = path.includes('comparisons') ? comparison.id : (batches[0]?.id ?? '')
      const answer = await ask(coordinator.url, 'GET', path.replace('{id}', id))
      expect(answer.status, path).toBe(200)
      expect(violations(JSON.parse(answer.body), schema, document.components.schemas), path).toEqual([])
      checked++
    }
    expect(checked).toBeGreaterThanOrEqual(9)
  })

  test.each([
    ['GET', '/nowhere', 404],
    ['DELETE', '/api/v1/status', 405],
    ['GET', '/api/v1/batches?limit=0', 400],
    ['GET', '/api/v1/batches/%zz', 400],
    ['GET', '/api/v1/samples?seconds=x', 400],
    ['GET', '/api/v1/batches/unknown', 404],
    ['POST', '/api/v1/batches/unknown/cancel', 404],
    ['POST', '/api/v1/comparisons', 415],
  ])('%s %s → %i, with a code and a sentence', async (method, path, status) => {
    const answer = await ask(coordinator.url, method, path)
    expect(answer.status).toBe(status)
    const { error } = JSON.parse(answer.body) as { error: { code: string; message: string } }
    expect(error.code).toMatch(/^[A-Z_]+$/)
    expect(error.message.length).toBeGreaterThan(10)
  })

  test('metrics count by pool size, failures apart', async () => {
    const { body } = await ask(coordinator.url, 'GET', '/metrics')
    expect(body).toMatch(/^forkpool_tasks_total\{pool="counted",pool_size="2",outcome="completed"\} 3$/m)
    expect(body).toMatch(/^forkpool_tasks_total\{pool="counted",pool_size="2",outcome="failed"\} 1$/m)
    expect(body).toMatch(/^forkpool_ledger_unaccounted\{pool="counted"\} 0$/m)
    expect(body).toMatch(/^forkpool_pool_size\{pool="counted"\} 2$/m)
    expect(body).toMatch(/^forkpool_tasks_queued\{pool="counted"\} 0$/m)
    expect(body).toMatch(/^forkpool_task_run_seconds_count\{pool="counted"\} 4$/m)
  })

  test('the live feed sends a snapshot at once', async () => {
    const response = await fetch(`${coordinator.url}/api/v1/live`)
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('event: snapshot\ndata: ')) text += (await reader.read()).value ?? ''
    await reader.cancel()
    expect(response.headers.get('content-type')).toContain('text/event-stream')
  })
})

describe('who may', () => {
  const routes = [
    ['GET', '/api/v1/status'],
    ['GET', '/metrics'],
    ['POST', '/api/v1/batches/x/cancel'],
    ['POST', '/api/v1/comparisons'],
    ['GET', '/api/v1/live'],
  ] as const

  test.each(routes)('%s %s: no token and a wrong one are refused', async (method, path) => {
    expect((await ask(guarded.url, method, path)).status).toBe(401)
    expect((await ask(guarded.url, method, path, { Authorization: 'Bearer wrong' })).status).toBe(401)
  })

  test.each(routes)('%s %s: another host (DNS rebinding) and another site are refused, token or not', async (method, path) => {
    const token = { Authorization: `Bearer ${TOKEN}` }
    expect((await ask(guarded.url, method, path, { ...token, Host: 'rebound.example.org' })).status).toBe(421)
    expect((await ask(guarded.url, method, path, { ...token, Origin: 'https://evil.example.org' })).status).toBe(403)
  })

  test('probes are open', async () => {
    expect(await ask(guarded.url, 'GET', '/healthz')).toEqual({ status: 200, body: 'ok\n' })
    expect(await ask(guarded.url, 'GET', '/readyz')).toEqual({ status: 200, body: 'ready\n' })
  })

  test.each([
    [{ origin: 'https://evil.example.org' }, 403],
    [{ headers: { Host: 'rebound.example.org' } }, 421],
    [{ headers: { Authorization: 'Bearer wrong' } }, 401],
  ])('a WebSocket upgrade with %j is refused', async (options, status) => {
    const socket = new WebSocket(guarded.url.replace('http', 'ws'), 'forkpool.v1.cbor', options)
    const refused = await new Promise<number>((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
      socket.on('open', () => reject(new Error('it was let in')))
      socket.on('error', reject)
    })
    expect(refused).toBe(status)
    socket.terminate()
  })

  test('without a header the token may come in hello, and a wrong one closes with 1008', async () => {
    for (const [token, expected] of [
      [TOKEN, 'welcome'],
      ['wrong', 'refused'],
    ] as const) {
      const socket = new WebSocket(guarded.url.replace('http', 'ws'), 'forkpool.v1.json')
      const closed = new Promise<number>((resolve) => socket.on('close', resolve))
      const first = new Promise<string>((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())))
      socket.on('open', () => socket.send(JSON.stringify({ kind: 'hello', versions: [1], token })))
      expect(JSON.parse(await first)).toMatchObject({ kind: expected })
      if (expected === 'welcome') socket.close(1000)
      expect(await closed).toBe(expected === 'welcome' ? 1000 : 1008)
    }
  })

  test('the token is in no log, metric or answer', async () => {
    const token = { Authorization: `Bearer ${TOKEN}` }
    let seen = guarded.stderr + guarded.stdout
    for (const path of ['/metrics', '/api/v1/status', '/api/v1/openapi.json', '/nowhere'])
      seen += (await ask(guarded.url, 'GET', path, token)).body
    expect(seen.length).toBeGreaterThan(1000)
    expect(seen).not.toContain(TOKEN)
  })
})

describe('garbage', () => {
  test.each([
    ['forkpool.v1.json', 'not json', 1002],
    ['forkpool.v1.json', '{"kind":"nonsense"}', 1002],
    ['forkpool.v1.json', '{"kind":"submit","batch":-1,"task":"square"}', 1002],
    ['forkpool.v1.json', '{"kind":"end","batch":1}', 1002],
    ['forkpool.v1.cbor', Buffer.from([0xff, 0x00, 0x9f]), 1002],
    ['forkpool.v1.cbor', Buffer.from([0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), 1002],
    ['forkpool.v1.cbor', 'text in a binary dialect', 1002],
    ['forkpool.v1.json', Buffer.from('{}'), 1002],
    ['forkpool.v1.json', 'x'.repeat(9 * 1024 * 1024), 1009],
  ])('%s %.40s closes with %i', async (protocol, frame, code) => {
    const socket = new WebSocket(coordinator.url.replace('http', 'ws'), protocol)
    const closed = new Promise<number>((resolve) => socket.on('close', resolve))
    socket.on('error', () => undefined)
    socket.on('open', () => socket.send(frame))
    expect(await closed).toBe(code)
    expect((await ask(coordinator.url, 'GET', '/healthz')).status).toBe(200)
  })
})
