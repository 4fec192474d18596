import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CoordinatorFixture } from './coordinator-fixture.ts'
import { type RunningDashboard, startDashboard } from './dashboard-server.ts'
import { FixtureWorld } from './fixture-world.ts'

const coordinator = new CoordinatorFixture({
  world: new FixtureWorld({ past: 100, pools: [{ name: 'size-4', size: 4, from: 0, to: 3000 }] }),
})
/** Answers range queries as Prometheus does, or as the test says. */
let prometheusSays: (query: URLSearchParams) => { status: number; body: string }
const asked: URLSearchParams[] = []
const prometheus: Server = createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://x').searchParams
  asked.push(query)
  const { status, body } = prometheusSays(query)
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
})
let plain: RunningDashboard
let withPrometheus: RunningDashboard

beforeAll(async () => {
  await coordinator.start()
  await new Promise<void>((done) => prometheus.listen(0, '127.0.0.1', done))
  const { port } = prometheus.address() as AddressInfo
  plain = await startDashboard({ FORKPOOL_URL: coordinator.url, FORKPOOL_DASHBOARD_HOSTS: 'pool.example' })
  withPrometheus = await startDashboard({ FORKPOOL_URL: coordinator.url, PROMETHEUS_URL: `http://127.0.0.1:${port}` })
})
afterAll(async () => {
  await plain.stop()
  await withPrometheus.stop()
  await coordinator.stop()
  prometheus.closeAllConnections()
  await new Promise((done) => prometheus.close(done))
})

interface ThroughputAnswer {
  readonly source: string
  readonly fallbackReason: string | null
  readonly at: readonly number[]
  readonly series: readonly { readonly pool: string; readonly poolSize: number; readonly tasksPerSecond: readonly (number | null)[] }[]
}

async function throughput(dashboard: RunningDashboard, seconds = 60): Promise<ThroughputAnswer> {
  return (await (await fetch(`${dashboard.url}/api/throughput?seconds=${seconds}`)).json()) as ThroughputAnswer
}

describe('throughput', () => {
  test('from the coordinator’s samples without Prometheus', async () => {
    const answer = await throughput(plain)
    expect(answer).toMatchObject({ source: 'built-in', fallbackReason: null })
    expect(answer.series.map(({ pool, poolSize }) => [pool, poolSize])).toEqual([['size-4', 4]])
    expect(answer.at).toHaveLength(60)
  })

  test('from Prometheus with it: the rate between its scrapes, over all nodes', async () => {
    prometheusSays = (query) => {
      const time = Number(query.get('time'))
      const node = (instance: string) => [
        { metric: { __name__: 'forkpool_build_info', job: 'forkpool', instance }, values: [3, 2, 1].map((ago) => [time - ago, '1']) },
        {
          metric: { __name__: 'forkpool_tasks_total', job: 'forkpool', instance, pool: 'size-2', pool_size: '2', outcome: 'completed' },
          values: [
            [time - 2, '500'],
            [time - 1, '512.5'],
          ],
        },
      ]
      return {
        status: 200,
        body: JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [...node('a:1'), ...node('b:1')] } }),
      }
    }
    const answer = await throughput(withPrometheus)
    expect(answer).toMatchObject({ source: 'prometheus', fallbackReason: null })
    expect(answer.series.map(({ pool, poolSize }) => [pool, poolSize])).toEqual([['size-2', 2]])
    expect(answer.at).toHaveLength(61)
    expect(answer.series[0]?.tasksPerSecond.slice(-4)).toEqual([null, 1000, 25, null])
    expect(asked.at(-1)?.get('query')).toContain('forkpool_tasks_total')
  })

  test.each([
    [{ status: 503, body: 'down' }, /does not answer: the answer is not JSON$/],
    [{ status: 400, body: '{"status":"error","error":"parse error"}' }, /does not answer: parse error$/],
    [{ status: 200, body: '{"status":"success","data":{"resultType":"matrix","result":[]}}' }, /has no tasks counted in this time$/],
  ])('where Prometheus says %j, the coordinator’s samples and the reason', async (says, reason) => {
    prometheusSays = () => says
    const answer = await throughput(withPrometheus)
    expect(answer.source).toBe('built-in')
    expect(answer.fallbackReason).toMatch(reason)
    expect(answer.series).toHaveLength(1)
  })

  test.each(['0', '901', '1.5', 'x', ''])('seconds=%s is refused', async (seconds) => {
    const response = await fetch(`${plain.url}/api/throughput?seconds=${seconds}`)
    expect(response.status).toBe(400)
  })
})

describe('who may ask', () => {
  /** fetch does not let us choose the Host header. */
  function status(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(plain.url)
      const request = httpRequest({ hostname, port, path, method, headers }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      request.on('error', reject).end()
    })
  }

  test('names that are not ours are refused on every path, configured ones are not', async () => {
    for (const path of ['/', '/api/live', '/api/batches', '/batches/x']) expect(await status(path, { host: 'evil.example' })).toBe(421)
    expect(await status('/api/batches', { host: 'pool.example' })).toBe(200)
    expect(await status('/api/batches', { host: 'localhost:1' })).toBe(200)
  })

  test('only our own pages may change something', async () => {
    const foreign = { origin: 'http://evil.example', 'content-type': 'application/json' }
    const before = coordinator.requests.length
    expect(await status('/api/comparisons', { host: '127.0.0.1', ...foreign }, 'POST')).toBe(403)
    expect(await status('/api/batches/b1/cancel', { host: '127.0.0.1', ...foreign }, 'POST')).toBe(403)
    expect(await status('/api/batches/b1/cancel', { host: '127.0.0.1', 'sec-fetch-site': 'cross-site' }, 'POST')).toBe(403)
    expect(coordinator.requests.length).toBe(before)
  })

  test('a body has a type and a limit', async () => {
    const post = (body: string, type: string) =>
      fetch(`${plain.url}/api/comparisons`, { method: 'POST', body, headers: { 'content-type': type } })
    expect((await post('{}', 'text/plain')).status).toBe(415)
    expect((await post(JSON.stringify('x'.repeat(1_048_576)), 'application/json')).status).toBe(413)
    expect((await post('{', 'application/json')).status).toBe(400)
  })

  test('other verbs and unknown things are refused', async () => {
    expect((await fetch(`${plain.url}/api/batches`, { method: 'DELETE' })).status).toBe(405)
    expect((await fetch(`${plain.url}/api/batches/never`)).status).toBe(404)
    expect((await fetch(`${plain.url}/api/batches?limit=201`)).status).toBe(400)
    expect((await fetch(`${plain.url}/nowhere`)).status).toBe(404)
  })
})

test('without a coordinator the server is healthy and says what is missing', async () => {
  const alone = await startDashboard({ FORKPOOL_URL: 'ws://127.0.0.1:9' })
  expect((await fetch(`${alone.url}/api/healthz`)).status).toBe(200)
  const answer = await fetch(`${alone.url}/api/batches`)
  expect(answer.status).toBe(502)
  expect(await answer.json()).toMatchObject({ error: { code: 'COORDINATOR_UNREACHABLE' } })
  await alone.stop()
})

test('an address that cannot be used ends the start, in one line', async () => {
  const failure = await startDashboard({ FORKPOOL_URL: 'pool:7070' }).then(() => 'started', String)
  expect(failure).toContain('next start ended with 2')
  expect(failure).toContain('\nforkpool dashboard: FORKPOOL_URL is "pool:7070"; expected an address such as ws://127.0.0.1:7070.\n')
  expect(failure).not.toMatch(/^ +at /m)
})
