import type { Registry } from 'prom-client'
import type { ApiSource } from '../api-source.ts'
import type { ComparisonSource } from '../comparison-source.ts'
import { HttpError, writeJson } from './http-error.ts'
import type { LiveFeed } from './live-feed.ts'
import type { Route } from './route.ts'
import { readJson } from './read-json.ts'
import { wholeNumber } from './route.ts'

const BATCHES_DEFAULT = 50
const BATCHES_MAX = 500
const SAMPLE_SECONDS_MAX = 900

function query(name: string, description: string): object {
  return { name, in: 'query', required: false, description, schema: { type: name === 'before' ? 'string' : 'integer' } }
}

const PATH_ID = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }

function answers(view: string, description: string): object {
  return { 200: { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${view}` } } } } }
}

/** Every route of the API that reads or cancels. The OpenAPI document is made from the same list. */
export function apiRoutes(source: ApiSource, feed: LiveFeed): readonly Route[] {
  return [...overviewRoutes(source), ...batchRoutes(source), ...figureRoutes(source, feed)]
}

function overviewRoutes(source: ApiSource): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/status',
      operation: { summary: 'The coordinator at a glance', responses: answers('StatusView', 'Status') },
      handle: ({ response }) => writeJson(response, 200, source.status()),
    },
    {
      method: 'GET',
      path: '/api/v1/pools',
      operation: { summary: 'Pools', responses: answers('PoolsView', 'All pools') },
      handle: ({ response }) => writeJson(response, 200, { pools: source.pools() }),
    },
    {
      method: 'GET',
      path: '/api/v1/workers',
      operation: { summary: 'Worker processes', responses: answers('WorkersView', 'All workers') },
      handle: ({ response }) => writeJson(response, 200, { workers: source.workers() }),
    },
    {
      method: 'GET',
      path: '/api/v1/tasks',
      operation: { summary: 'Task functions that can be called', responses: answers('TasksView', 'All tasks') },
      handle: ({ response }) => writeJson(response, 200, { tasks: source.tasks() }),
    },
  ]
}

function batchRoutes(source: ApiSource): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/batches',
      operation: {
        summary: 'Batches, newest first',
        parameters: [query('limit', `How many, ${BATCHES_MAX} at most`), query('before', 'Only batches older than this one')],
        responses: answers('BatchesView', 'A page of batches and the number of all'),
      },
      handle: ({ response, query: given }) =>
        writeJson(
          response,
          200,
          source.batches(wholeNumber(given, 'limit', BATCHES_DEFAULT, 1, BATCHES_MAX), given.get('before') ?? undefined),
        ),
    },
    {
      method: 'GET',
      path: '/api/v1/batches/{id}',
      operation: { summary: 'One batch', parameters: [PATH_ID], responses: answers('BatchView', 'The batch') },
      handle: ({ response, parameters }) => {
        const view = source.batch(parameters['id'] ?? '')
        if (view === undefined) throw unknownBatch(parameters['id'])
        writeJson(response, 200, view)
      },
    },
    {
      method: 'POST',
      path: '/api/v1/batches/{id}/cancel',
      role: 'submit',
      operation: { summary: 'Cancel an open batch', parameters: [PATH_ID], responses: answers('BatchView', 'The batch, which is ending') },
      handle: ({ response, parameters }) => {
        const id = parameters['id'] ?? ''
        if (source.batch(id) === undefined) throw unknownBatch(id)
        if (!source.cancel(id)) throw new HttpError(409, 'BATCH_UNKNOWN', `batch ${id} has ended already`)
        writeJson(response, 200, source.batch(id))
      },
    },
  ]
}

function figureRoutes(source: ApiSource, feed: LiveFeed): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/samples',
      operation: {
        summary: 'Tasks completed a second by pool, one sample a second',
        parameters: [query('seconds', `How far back, ${SAMPLE_SECONDS_MAX} at most`)],
        responses: answers('SamplesView', 'Samples, oldest first'),
      },
      handle: ({ response, query: given }) =>
        writeJson(response, 200, source.samples(wholeNumber(given, 'seconds', 300, 1, SAMPLE_SECONDS_MAX))),
    },
    {
      method: 'GET',
      path: '/api/v1/live',
      operation: {
        summary: 'Server-sent events: a snapshot at once and one a second',
        responses: {
          200: {
            description: 'A stream of `snapshot` events, each a LiveSnapshot',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
        },
      },
      handle: ({ response }) => feed.add(response),
    },
  ]
}

/** Start and look at comparisons of pool sizes. */
export function comparisonRoutes(comparisons: ComparisonSource): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/comparisons',
      operation: { summary: 'Comparisons of pool sizes, newest first', responses: answers('ComparisonsView', 'All that are kept') },
      handle: ({ response }) => writeJson(response, 200, { comparisons: comparisons.list() }),
    },
    {
      method: 'GET',
      path: '/api/v1/comparisons/{id}',
      operation: { summary: 'One comparison', parameters: [PATH_ID], responses: answers('ComparisonView', 'The comparison') },
      handle: ({ response, parameters }) => {
        const view = comparisons.get(parameters['id'] ?? '')
        if (view === undefined) throw new HttpError(404, 'BATCH_UNKNOWN', `no comparison ${parameters['id']}`)
        writeJson(response, 200, view)
      },
    },
    {
      method: 'POST',
      path: '/api/v1/comparisons',
      role: 'submit',
      operation: {
        summary: 'Run the same batch with several pool sizes',
        requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/ComparisonRequest' } } } },
        responses: {
          202: { description: 'It runs', content: { 'application/json': { schema: { $ref: '#/components/schemas/ComparisonView' } } } },
        },
      },
      handle: async (call) => writeJson(call.response, 202, comparisons.begin(await readJson(call))),
    },
  ]
}

/** What machines ask: liveness, readiness, metrics. */
export function probeRoutes(source: ApiSource, registry: Registry): readonly Route[] {
  const text = { description: 'Text', content: { 'text/plain': { schema: { type: 'string' } } } }
  return [
    {
      method: 'GET',
      path: '/healthz',
      open: true,
      operation: { summary: 'The process answers', security: [], responses: { 200: text } },
      handle: ({ response }) => response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok\n') && undefined,
    },
    {
      method: 'GET',
      path: '/readyz',
      open: true,
      operation: { summary: 'It takes new work', security: [], responses: { 200: text, 503: text } },
      handle: ({ response }) => {
        const ready = source.ready()
        response.writeHead(ready ? 200 : 503, { 'Content-Type': 'text/plain' }).end(ready ? 'ready\n' : 'not ready\n')
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      operation: { summary: 'Prometheus metrics', responses: { 200: text } },
      handle: async ({ response }) => {
        const body = await registry.metrics()
        response.writeHead(200, { 'Content-Type': registry.contentType }).end(body)
      },
    },
  ]
}

function unknownBatch(id: string | undefined): HttpError {
  return new HttpError(404, 'BATCH_UNKNOWN', `no batch ${(id ?? '').slice(0, 100)}; \`forkpool batches\` lists them`)
}
