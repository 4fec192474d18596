import type { BatchView, PoolView, StatusView, TasksView, WorkerView } from '@forkpool/pool-core/protocol'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { integer, toggle } from '../config/option.ts'
import { ApiClient } from './api-client.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { CONNECTION_OPTIONS, readConnection } from './connection-options.ts'
import { EXIT } from './exit-code.ts'
import { readFlags } from './read-flags.ts'
import { formatBytes, formatCount, formatDuration, renderTable } from './table.ts'
import type { Column } from './table.ts'

const OPTIONS = { json: toggle({ doc: 'Print the answer of the API as JSON.' }), ...CONNECTION_OPTIONS }

const BATCH_OPTIONS = { limit: integer({ min: 1, max: 500, default: 20, doc: 'How many batches.' }), ...OPTIONS }

/** A command that asks the API once and shows the answer. */
function look<View>(
  of: Pick<Command, 'name' | 'summary'> & { readonly options?: Command['options'] },
  path: (flags: Flags) => string,
  render: (view: View) => string,
): Command {
  return {
    operands: '',
    examples: [],
    ...of,
    options: of.options ?? OPTIONS,
    async run(terminal: Terminal, flags: Flags, operands: readonly string[]) {
      if (operands.length > 0) throw new ForkpoolError('BAD_ARGUMENT', `${of.name}: takes no operand, got "${operands[0]}"`)
      const { url, token } = readConnection(terminal, flags)
      const view = await new ApiClient(url, token).get<View>(path(flags))
      terminal.stdout.write(flags['json'] === true ? `${JSON.stringify(view)}\n` : render(view))
      return EXIT.done
    },
  }
}

export const POOL_COLUMNS: readonly Column<PoolView>[] = [
  { heading: 'POOL', cell: (pool) => pool.name },
  { heading: 'SIZE', right: true, cell: (pool) => String(pool.size) },
  { heading: 'BUSY', right: true, cell: (pool) => String(pool.busyWorkers) },
  { heading: 'BATCHES', right: true, cell: (pool) => String(pool.openBatches) },
  { heading: 'QUEUED', right: true, cell: (pool) => formatCount(pool.tasks.queued) },
  { heading: 'RUNNING', right: true, cell: (pool) => formatCount(pool.tasks.running) },
  { heading: 'COMPLETED', right: true, cell: (pool) => formatCount(pool.tasks.completed) },
  { heading: 'FAILED', right: true, cell: (pool) => formatCount(pool.tasks.failed) },
  { heading: 'TASKS/S', right: true, cell: (pool) => formatCount(pool.tasksPerSecond) },
]

export const WORKER_COLUMNS: readonly Column<WorkerView>[] = [
  { heading: 'WORKER', cell: (worker) => worker.id },
  { heading: 'PID', right: true, cell: (worker) => String(worker.pid) },
  { heading: 'STATE', cell: (worker) => worker.state },
  { heading: 'POOL', cell: (worker) => worker.pool ?? '-' },
  { heading: 'TASK', cell: (worker) => worker.task ?? '-' },
  { heading: 'TASKS', right: true, cell: (worker) => formatCount(worker.tasksRun) },
  { heading: 'SHARDS', right: true, cell: (worker) => formatCount(worker.shardsRun) },
  { heading: 'MEMORY', right: true, cell: (worker) => (worker.residentBytes === null ? '-' : formatBytes(worker.residentBytes)) },
  { heading: 'RESTARTS', right: true, cell: (worker) => String(worker.restarts) },
]

export const BATCH_COLUMNS: readonly Column<BatchView>[] = [
  { heading: 'BATCH', cell: (batch) => batch.id },
  { heading: 'TASK', cell: (batch) => batch.task },
  { heading: 'POOL', cell: (batch) => batch.pool },
  { heading: 'STATE', cell: (batch) => batch.state },
  {
    heading: 'DONE',
    right: true,
    cell: (batch) => `${formatCount(batch.completed + batch.failed)}/${formatCount(batch.total ?? batch.submitted)}`,
  },
  { heading: 'FAILED', right: true, cell: (batch) => formatCount(batch.failed) },
  { heading: 'TASKS/S', right: true, cell: (batch) => formatCount(batch.tasksPerSecond) },
  {
    heading: 'LEFT',
    right: true,
    cell: (batch) => (batch.endedAt !== null || batch.remainingMs === null ? '-' : formatDuration(batch.remainingMs)),
  },
  { heading: 'SUBMITTED', cell: (batch) => new Date(batch.submittedAt).toISOString().slice(0, 19).replace('T', ' ') },
]

export const poolsCommand: Command = look<{ readonly pools: readonly PoolView[] }>(
  { name: 'pools', summary: 'Pools: size, busy workers, tasks queued, running, completed, failed.' },
  () => '/api/v1/pools',
  ({ pools }) => (pools.length === 0 ? 'no pool yet: the first batch makes one\n' : renderTable(POOL_COLUMNS, pools)),
)

export const workersCommand: Command = look<{ readonly workers: readonly WorkerView[] }>(
  { name: 'workers', summary: 'Worker processes.' },
  () => '/api/v1/workers',
  ({ workers }) => (workers.length === 0 ? 'no worker\n' : renderTable(WORKER_COLUMNS, workers)),
)

export const batchesCommand: Command = look<{ readonly batches: readonly BatchView[]; readonly total: number }>(
  { name: 'batches', summary: 'Batches, newest first.', options: BATCH_OPTIONS },
  (flags) => `/api/v1/batches?limit=${readFlags(BATCH_OPTIONS, flags).limit}`,
  ({ batches, total }) => {
    if (batches.length === 0) return 'no batch yet\n'
    const note = batches.length < total ? `showing ${batches.length} of ${formatCount(total)}\n` : ''
    return renderTable(BATCH_COLUMNS, batches) + note
  },
)

export const tasksCommand: Command = look<TasksView>(
  { name: 'tasks', summary: 'Task functions that can be called.' },
  () => '/api/v1/tasks',
  ({ tasks }) =>
    renderTable(
      [
        { heading: 'TASK', cell: (task) => `${task.name}(${task.parameters.join(', ')})` },
        { heading: 'MODULE', cell: (task) => task.module },
        { heading: '', cell: (task) => task.description ?? '' },
      ],
      tasks,
    ),
)

export const statusCommand: Command = look<StatusView>(
  { name: 'status', summary: 'The coordinator at a glance.' },
  () => '/api/v1/status',
  (status) => {
    const { workers, batches, tasks } = status
    const facts: readonly (readonly [string, string])[] = [
      ['coordinator', `${status.server} on ${status.node}${status.draining ? ', draining' : ''}`],
      ['started', new Date(status.startedAt).toISOString()],
      ['engine', status.engine],
      ['cores', `${status.cores}, at most ${status.maxWorkers} workers`],
      ['workers', `${workers.busy} busy, ${workers.idle} idle, ${workers.starting} starting`],
      ['sessions', String(status.sessions)],
      ['batches', `${formatCount(batches.open)} open, ${formatCount(batches.ended)} ended`],
      ['tasks', `${formatCount(tasks.queued)} queued, ${formatCount(tasks.running)} running`],
      ['', `${formatCount(tasks.completed)} completed, ${formatCount(tasks.failed)} failed, ${formatCount(tasks.cancelled)} cancelled`],
      ['memory', formatBytes(status.residentBytes)],
      ['loop lag', `${status.eventLoopLagMs.toFixed(1)} ms`],
    ]
    return `${facts.map(([name, value]) => `${name.padEnd(12)}  ${value}`).join('\n')}\n`
  },
)

export const cancelCommand: Command = {
  name: 'cancel',
  operands: 'ID',
  summary: 'Cancel an open batch.',
  options: OPTIONS,
  examples: [],
  async run(terminal, flags, operands) {
    const [id, ...more] = operands
    if (id === undefined || more.length > 0)
      throw new ForkpoolError('BAD_ARGUMENT', 'cancel: expected the id of one batch; forkpool batches lists them')
    const { url, token } = readConnection(terminal, flags)
    const batch = await new ApiClient(url, token).post<BatchView>(`/api/v1/batches/${encodeURIComponent(id)}/cancel`)
    terminal.stdout.write(flags['json'] === true ? `${JSON.stringify(batch)}\n` : `batch ${id} is ${batch.state}\n`)
    return EXIT.done
  },
}
