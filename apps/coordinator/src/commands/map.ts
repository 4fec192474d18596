import { connect } from '@forkpool/client'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { TaskListing, TasksView } from '@forkpool/pool-core/protocol'
import { DEADLINE_MS_MAX, TIMEOUT_MS_MAX } from '@forkpool/pool-core/protocol'
import { integer, list, text, toggle } from '../config/option.ts'
import { ApiClient } from './api-client.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { CONNECTION_OPTIONS, readConnection } from './connection-options.ts'
import type { ExitCode } from './exit-code.ts'
import { LineOutput } from './line-output.ts'
import { readFlags } from './read-flags.ts'
import { ITEM_OPTIONS, readTaskItems } from './task-items.ts'
import type { TaskItems } from './task-items.ts'
import { submitDetached } from './submit-detached.ts'
import { writeResults } from './write-results.ts'

/** Read so far ahead of the output: enough that no worker waits while lines are written. */
const BUFFER_SIZE = 262_144

const OPTIONS = {
  ...ITEM_OPTIONS,
  poolSize: integer({ min: 1, max: 100_000, default: 0, doc: 'Workers that compute at once. Default: the cores of the coordinator.' }),
  pool: text({ default: undefined, placeholder: 'NAME', doc: 'Name of the pool.' }),
  chunkSize: integer({ min: 1, max: Number.MAX_SAFE_INTEGER, default: 0, doc: 'Tasks in a shard. Default: by measured time.' }),
  retries: integer({ min: 0, max: 100, default: 0, doc: 'How often a failed task runs again.' }),
  retryOn: list({
    placeholder: 'NAME',
    doc: 'Class name or code of an error that is worth another run; others are final. May be given several times.',
  }),
  backoffMs: integer({ min: 0, max: 3_600_000, default: 0, doc: 'Wait before the first further run, milliseconds; doubled each time.' }),
  jitter: integer({ min: 0, max: 100, default: 0, doc: 'Part of each such wait that chance may take off, percent.' }),
  timeoutMs: integer({ min: 1, max: TIMEOUT_MS_MAX, default: 0, doc: 'Longest run of one task, milliseconds. Default: no limit.' }),
  deadlineMs: integer({ min: 1, max: DEADLINE_MS_MAX, default: 0, doc: 'Longest time for all of it, milliseconds. Default: no limit.' }),
  priority: integer({ min: -10, max: 10, default: 0, doc: 'Higher runs sooner.' }),
  spread: toggle({ doc: 'Each item is a list of arguments, not the one argument.' }),
  failFast: toggle({ doc: 'The first failed task cancels the rest.' }),
  key: text({
    default: undefined,
    placeholder: 'NAME',
    doc: 'A name for the batch: the same command again does not run it twice, and prints its results.',
  }),
  detach: toggle({ doc: 'Submit, print the identifier of the batch and end. forkpool results prints its results.' }),
  output: text({ default: undefined, placeholder: 'FILE', doc: 'Where results go, a JSON line each, in order. Default: standard output.' }),
  json: toggle({ doc: 'Tell the summary on standard error as JSON.' }),
  ...CONNECTION_OPTIONS,
}

/** `forkpool map`: one task function over many items, results as JSON lines in order. */
export const mapCommand: Command = {
  name: 'map',
  operands: 'TASK [ITEM…]',
  summary: 'Run a task for every item; results come as JSON lines, in order.',
  options: OPTIONS,
  examples: [
    'forkpool map square --items 1..1000000 --pool-size 4 --output squares.jsonl',
    'seq 1 100000 | forkpool map square --pool-size 4',
    'forkpool map sha256File README.md package.json',
    'forkpool map primeCount --items 1..1000000 --key nightly --detach',
  ],
  run: runMap,
}

async function runMap(terminal: Terminal, flags: Flags, operands: readonly string[]): Promise<ExitCode> {
  const [task, ...items] = operands
  const settings = readFlags(OPTIONS, flags)
  const { url, token } = readConnection(terminal, flags)
  if (task === undefined) throw new ForkpoolError('BAD_ARGUMENT', 'map: expected the name of a task; forkpool tasks lists them')
  const { tasks } = await new ApiClient(url, token).get<TasksView>('/api/v1/tasks')
  const given = readTaskItems(terminal, flags, items, needsArgument(tasks.find((listing) => listing.name === task)))
  if (settings.detach && settings.output !== undefined)
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      '--detach and --output do not go together: forkpool results ID --output FILE writes the results',
    )
  await using cluster = await connect(url, { token, signal: terminal.signal })
  const pool = cluster.pool({ size: settings.poolSize || undefined, name: settings.pool })
  const options = {
    chunkSize: settings.chunkSize || undefined,
    retries: settings.retries,
    retryOn: settings.retryOn.length > 0 ? settings.retryOn : undefined,
    backoffMs: settings.backoffMs,
    jitter: settings.jitter / 100,
    timeoutMs: settings.timeoutMs || undefined,
    deadlineMs: settings.deadlineMs || undefined,
    priority: settings.priority,
    failFast: settings.failFast,
    key: settings.key,
    bufferSize: BUFFER_SIZE,
    signal: terminal.signal,
  }
  const spread = given === undefined || settings.spread
  const source: TaskItems = given ?? { values: [[]], total: 1 }
  if (settings.detach) return await submitDetached(terminal, { pool, task, source, spread, options, api: new ApiClient(url, token) })
  const output = new LineOutput(settings.output, terminal.stdout)
  const results = spread
    ? pool.istarmap(task, source.values as Iterable<unknown[]>, options)
    : pool.imap(task, source.values as Iterable<unknown>, options)
  return await writeResults(terminal, results, output, { task, total: source.total, json: settings.json })
}

/** A task whose every parameter has a default can be called without an item. */
function needsArgument(listing: TaskListing | undefined): boolean {
  return listing === undefined || listing.parameters.some((parameter) => !/\?$|^\.\.\./.test(parameter))
}
