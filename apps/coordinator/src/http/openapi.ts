import { roleOf } from './route.ts'
import type { Route } from './route.ts'

type Schema = Readonly<Record<string, unknown>>

const number: Schema = { type: 'number' }
const integer: Schema = { type: 'integer' }
const string: Schema = { type: 'string' }
const boolean: Schema = { type: 'boolean' }

function nullable(schema: Schema): Schema {
  return { ...schema, type: [schema['type'], 'null'] }
}

function list(items: Schema): Schema {
  return { type: 'array', items }
}

function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** An object whose properties are all there, but for those named optional. */
function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return { type: 'object', properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) }
}

/** The shapes of protocol/api.ts as JSON Schema; a test holds real answers against them. */
const SCHEMAS: Readonly<Record<string, Schema>> = {
  QuarantinedTaskView: object({
    id: string,
    batch: string,
    index: integer,
    task: string,
    pool: string,
    item: string,
    attempts: integer,
    message: string,
    exitCode: nullable(integer),
    signal: nullable(string),
    residentBytes: nullable(integer),
    at: number,
  }),
  QuarantineView: object({ tasks: list(ref('QuarantinedTaskView')), total: integer, forgotten: integer }),
  QuarantineRetryView: object({ batch: string }),
  TaskCounts: object({ queued: integer, running: integer, completed: integer, failed: integer, cancelled: integer }),
  StatusView: object({
    server: string,
    node: string,
    startedAt: number,
    cores: integer,
    maxWorkers: integer,
    draining: boolean,
    engine: string,
    sessions: integer,
    workers: object({ starting: integer, idle: integer, busy: integer }),
    batches: object({ open: integer, ended: integer }),
    tasks: ref('TaskCounts'),
    residentBytes: integer,
    eventLoopLagMs: number,
  }),
  PoolView: object({
    name: string,
    size: integer,
    busyWorkers: integer,
    openBatches: integer,
    tasks: ref('TaskCounts'),
    tasksPerSecond: number,
  }),
  PoolsView: object({ pools: list(ref('PoolView')) }),
  WorkerView: object({
    id: string,
    pid: integer,
    state: { type: 'string', enum: ['starting', 'idle', 'busy', 'stopping'] },
    pool: nullable(string),
    task: nullable(string),
    startedAt: number,
    tasksRun: integer,
    shardsRun: integer,
    residentBytes: nullable(integer),
    restarts: integer,
  }),
  WorkersView: object({ workers: list(ref('WorkerView')) }),
  BatchVerdict: object({
    id: string,
    state: { type: 'string', enum: ['open', 'cancelling', 'completed', 'failed', 'cancelled'] },
    ledger: object({
      submitted: integer,
      recorded: integer,
      failed: integer,
      quarantined: integer,
      cancelled: integer,
      duplicates: integer,
      live: integer,
      unaccounted: integer,
    }),
    itemsRead: boolean,
    resultsRead: boolean,
    problems: list(string),
  }),
  VerificationView: object({ checked: integer, faulty: integer, batches: list(ref('BatchVerdict')) }),
  BatchView: object({
    id: string,
    task: string,
    pool: string,
    poolSize: integer,
    state: { type: 'string', enum: ['open', 'cancelling', 'completed', 'failed', 'cancelled'] },
    priority: integer,
    submitted: integer,
    total: nullable(integer),
    completed: integer,
    failed: integer,
    cancelled: integer,
    submittedAt: number,
    endedAt: nullable(number),
    tasksPerSecond: number,
    remainingMs: nullable(number),
    workers: integer,
    failures: list(object({ index: integer, name: string, message: string })),
  }),
  BatchesView: object({ batches: list(ref('BatchView')), total: integer }),
  TasksView: object({
    tasks: list(object({ name: string, module: string, parameters: list(string), description: string }, ['description'])),
  }),
  SamplesView: object({
    intervalMs: number,
    at: list(number),
    series: list(object({ pool: string, poolSize: integer, tasksPerSecond: list(number) })),
  }),
  ComparisonRequest: object(
    { task: string, range: object({ from: integer, to: integer }), items: list({}), poolSizes: list(integer), repeats: integer },
    ['range', 'items', 'repeats'],
  ),
  ComparisonRun: object({
    poolSize: integer,
    seconds: number,
    tasksPerSecond: number,
    speedup: number,
    efficiency: number,
    workers: integer,
    resultDigest: string,
  }),
  ComparisonReport: object({
    task: string,
    items: integer,
    cores: integer,
    repeats: integer,
    oneWorkerSeconds: number,
    runs: list(ref('ComparisonRun')),
    fit: object({ sigma: number, kappa: number, lambda: number, amdahlSerial: number, peakPoolSize: integer }),
    recommendedPoolSize: integer,
  }),
  ComparisonView: object({
    id: string,
    state: { type: 'string', enum: ['running', 'completed', 'failed'] },
    startedAt: number,
    request: object({ task: string, items: integer, poolSizes: list(integer), repeats: integer }),
    progress: object({ done: integer, of: integer }),
    report: { anyOf: [ref('ComparisonReport'), { type: 'null' }] },
    error: nullable(string),
  }),
  ComparisonsView: object({ comparisons: list(ref('ComparisonView')) }),
  ResultLine: {
    oneOf: [
      object({ index: integer, value: { description: 'As docs/protocol.md writes values in JSON: `$type` for what JSON lacks' } }),
      object({
        index: integer,
        error: object({ name: string, message: string, code: string, stack: string, properties: { type: 'object' } }, [
          'code',
          'stack',
          'properties',
        ]),
        attempts: integer,
      }),
    ],
  },
  ErrorView: object({ error: object({ code: string, message: string }) }),
}

/** The OpenAPI 3.1 document of these routes. */
export function openApiDocument(version: string, routes: readonly Route[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const operations = (paths[route.path] ??= {})
    const failure = { description: 'What is wrong', content: { 'application/json': { schema: ref('ErrorView') } } }
    const responses = { ...(route.operation['responses'] as object), '4XX': failure }
    const role = roleOf(route)
    // Roles beside a scheme that is not OAuth: since OpenAPI 3.1.
    const security = role === undefined ? [] : [{ token: [role] }]
    operations[route.method.toLowerCase()] = { security, ...route.operation, responses }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Forkpool coordinator',
      version,
      license: { name: 'MIT' },
      description: 'Batches are submitted over WebSocket: docs/protocol.md.',
    },
    paths,
    components: { schemas: SCHEMAS, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }
}
