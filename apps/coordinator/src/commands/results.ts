import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchView } from '@forkpool/pool-core/protocol'
import { text, toggle } from '../config/option.ts'
import { ApiClient } from './api-client.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { CONNECTION_OPTIONS, readConnection } from './connection-options.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { LineOutput } from './line-output.ts'
import { readFlags } from './read-flags.ts'
import { ResultReader } from './result-reader.ts'
import { formatCount } from './table.ts'
import { writeResults } from './write-results.ts'

const OPTIONS = {
  output: text({ default: undefined, placeholder: 'FILE', doc: 'Where results go, a JSON line each, in order. Default: standard output.' }),
  json: toggle({ doc: 'Tell the summary on standard error as JSON.' }),
  ...CONNECTION_OPTIONS,
}

/** `forkpool results ID`: the results of a batch as `forkpool map` prints them, also while it runs, and without taking it from whoever reads it. */
export const resultsCommand: Command = {
  name: 'results',
  operands: 'ID',
  summary: 'Print the results of a batch, in order; of one that runs also those that are still to come.',
  options: OPTIONS,
  examples: ['forkpool results 5f0c2a91-3', 'forkpool results 5f0c2a91-3 --output squares.jsonl'],
  run: runResults,
}

async function runResults(terminal: Terminal, flags: Flags, operands: readonly string[]): Promise<ExitCode> {
  const [id, ...more] = operands
  if (id === undefined || more.length > 0)
    throw new ForkpoolError('BAD_ARGUMENT', 'results: expected the id of one batch; forkpool batches lists them')
  const settings = readFlags(OPTIONS, flags)
  const { url, token } = readConnection(terminal, flags)
  const api = new ApiClient(url, token)
  const path = `/api/v1/batches/${encodeURIComponent(id)}`
  const lines = await api.lines(`${path}/results?wait=true`, terminal.signal)
  const { task = '', total = null } = (await viewOf(api, path)) ?? {}
  const output = new LineOutput(settings.output, terminal.stdout)
  const told = { task, total: total ?? undefined, json: settings.json }
  const code = await writeResults(terminal, new ResultReader(lines, task), output, told)
  const cancelled = (await viewOf(api, path))?.cancelled ?? 0
  if (cancelled === 0 || output.gone) return code
  terminal.stderr.write(`forkpool: batch ${id} was cancelled: ${formatCount(cancelled)} of its tasks did not run\n`)
  return EXIT.failed
}

/** What the list of batches says of it; undefined where it is older than those. */
async function viewOf(api: ApiClient, path: string): Promise<BatchView | undefined> {
  try {
    return await api.get<BatchView>(path)
  } catch (error) {
    if (error instanceof ForkpoolError && error.code === 'BATCH_UNKNOWN') return undefined
    throw error
  }
}
