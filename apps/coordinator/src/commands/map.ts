import { connect } from '@forkpool/client'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { TaskListing, TasksView } from '@forkpool/pool-core/protocol'
import { DEADLINE_MS_MAX, TIMEOUT_MS_MAX } from '@forkpool/pool-core/protocol'
import { integer, list, text, toggle } from '../config/option.ts'
import { ApiClient } from './api-client.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { CONNECTION_OPTIONS, readConnection } from './connection-options.ts'
import { errorText } from './error-text.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { jsonLine, LineOutput } from './line-output.ts'
import { readFlags } from './read-flags.ts'
import { Progress } from './progress.ts'
import { ITEM_OPTIONS, readTaskItems } from './task-items.ts'
import type { TaskItems } from './task-items.ts'

/** Read so far ahead of the output: enough that no worker waits while lines are written. */
const BUFFER_SIZE = 262_144

/** Failures that are told in full; the rest is counted. */
const FAILURES_TOLD = 5

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
  const output = new LineOutput(settings.output, terminal.stdout)
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
    bufferSize: BUFFER_SIZE,
    signal: terminal.signal,
  }
  const spread = given === undefined || settings.spread
  const source: TaskItems = given ?? { values: [[]], total: 1 }
  const results = spread
    ? pool.istarmap(task, source.values as Iterable<unknown[]>, options)
    : pool.imap(task, source.values as Iterable<unknown>, options)
  return await writeResults(terminal, results, output, { task, total: source.total, json: settings.json })
}

/** A task whose every parameter has a default can be called without an item. */
function needsArgument(listing: TaskListing | undefined): boolean {
  return listing === undefined || listing.parameters.some((parameter) => !/\?$|^\.\.\./.test(parameter))
}

async function writeResults(
  terminal: Terminal,
  results: AsyncIterator<unknown>,
  output: LineOutput,
  told: { readonly task: string; readonly total: number | undefined; readonly json: boolean },
): Promise<ExitCode> {
  const { stderr, signal } = terminal
  const progress = new Progress(stderr, told.task, 'tasks')
  let done = 0
  let failed = 0
  for (;;) {
    let line: string
    try {
      const next = await results.next()
      if (next.done === true) break
      line = jsonLine(next.value)
    } catch (error) {
      const index = taskIndex(error)
      if (index === undefined || signal.aborted) {
        progress.clear()
        // What was computed before the failure is not lost.
        await output.close()
        throw error
      }
      failed++
      if (failed <= FAILURES_TOLD) {
        progress.clear()
        stderr.write(`${errorText(error)}\n`)
      }
      line = jsonLine({ error: { index, name: causeOf(error).name, message: causeOf(error).message } })
    }
    done++
    await output.write(line)
    if (output.gone) {
      await results.return?.()
      return EXIT.done
    }
    progress.update(done, failed, told.total)
  }
  progress.clear()
  await output.close()
  if (told.json) stderr.write(`${JSON.stringify({ task: told.task, tasks: done, completed: done - failed, failed })}\n`)
  else if (failed > 0) stderr.write(`forkpool: ${failed} of ${done} tasks failed\n`)
  return failed > 0 ? EXIT.failed : EXIT.done
}

function taskIndex(error: unknown): number | undefined {
  return error instanceof Error && 'index' in error && typeof error.index === 'number' ? error.index : undefined
}

function causeOf(error: unknown): Error {
  const outer = error as Error
  return outer.cause instanceof Error ? outer.cause : outer
}
