import { compare, connect } from '@forkpool/client'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ComparisonReport } from '@forkpool/pool-core/protocol'
import { integer, text, toggle } from '../config/option.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { CONNECTION_OPTIONS, readConnection } from './connection-options.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { Progress } from './progress.ts'
import { readFlags } from './read-flags.ts'
import { formatCount, renderTable } from './table.ts'
import { ITEM_OPTIONS, parseRange, readTaskItems } from './task-items.ts'
import type { NumberRange } from './task-items.ts'

const OPTIONS = {
  ...ITEM_OPTIONS,
  poolSizes: text({ default: '2,4,8', placeholder: 'N,N,…', doc: 'Pool sizes to compare.' }),
  repeats: integer({
    min: 1,
    max: 20,
    default: 3,
    doc: 'Measured runs of each size, interleaved, after one that warms up; the median counts.',
  }),
  json: toggle({ doc: 'Print the report as JSON.' }),
  ...CONNECTION_OPTIONS,
}

/** `forkpool compare`: the same batch with several pool sizes, and which size pays. */
export const compareCommand: Command = {
  name: 'compare',
  operands: 'TASK [ITEM…]',
  summary: 'Run the same batch with several pool sizes: time, speed-up, efficiency, and the size that pays.',
  options: OPTIONS,
  examples: [
    'forkpool compare square --items 1..1000000 --pool-sizes 2,4,8',
    'forkpool compare primeCount --items 100000..100200 --pool-sizes 1,2,4',
  ],
  run: runCompare,
}

async function runCompare(terminal: Terminal, flags: Flags, operands: readonly string[]): Promise<ExitCode> {
  const [task, ...items] = operands
  const settings = readFlags(OPTIONS, flags)
  if (task === undefined) throw new ForkpoolError('BAD_ARGUMENT', 'compare: expected the name of a task; forkpool tasks lists them')
  const poolSizes = parsePoolSizes(settings.poolSizes)
  const batch = await readBatch(terminal, flags, items)
  const { url, token } = readConnection(terminal, flags)
  await using cluster = await connect(url, { token, signal: terminal.signal })
  const progress = new Progress(terminal.stderr, `compare ${task}`, 'batches')
  const report = await compare(cluster, {
    task,
    items: batch,
    poolSizes,
    repeats: settings.repeats,
    signal: terminal.signal,
    onProgress: ({ done, of }) => progress.update(done, 0, of),
  }).finally(() => progress.clear())
  terminal.stdout.write(settings.json ? `${JSON.stringify(report)}\n` : renderReport(report))
  return EXIT.done
}

function parsePoolSizes(given: string): readonly number[] {
  const sizes = given.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (sizes.some((size) => !Number.isInteger(size) || size < 1))
    throw new ForkpoolError('BAD_ARGUMENT', `--pool-sizes: expected whole numbers of 1 or more separated by commas, got "${given}"`)
  return [...new Set(sizes)]
}

async function readBatch(terminal: Terminal, flags: Flags, operands: readonly string[]): Promise<readonly unknown[] | NumberRange> {
  const range = flags['items'] as string | undefined
  if (range !== undefined && operands.length === 0 && flags['itemsFile'] === undefined) return parseRange(range)
  const source = readTaskItems(terminal, flags, operands, true)
  const values = source === undefined ? [] : await Array.fromAsync(source.values)
  if (values.length === 0) throw new ForkpoolError('BAD_ARGUMENT', 'compare: there are no items')
  return values
}

/** The table of the classic exercise, and the advice. */
function renderReport(report: ComparisonReport): string {
  const { task, items, cores, repeats, oneWorkerSeconds, runs, fit, recommendedPoolSize } = report
  const table = renderTable(
    [
      { heading: 'pool size', right: true, cell: (run) => String(run.poolSize) },
      { heading: 'time (s)', right: true, cell: (run) => run.seconds.toFixed(3) },
      { heading: 'tasks/s', right: true, cell: (run) => formatCount(run.tasksPerSecond) },
      { heading: 'speed-up', right: true, cell: (run) => run.speedup.toFixed(2) },
      { heading: 'efficiency', right: true, cell: (run) => `${(run.efficiency * 100).toFixed(0)} %` },
      { heading: 'workers', right: true, cell: (run) => String(run.workers) },
    ],
    runs,
  )
  return [
    `${task}: ${formatCount(items)} items, ${cores} cores, median of ${repeats}, all sizes with equal results`,
    '',
    table.trimEnd(),
    '',
    `One worker takes ${oneWorkerSeconds.toFixed(3)} s; speed-up and efficiency are against it.`,
    `Universal Scalability Law: contention σ ${fit.sigma.toFixed(3)}, coherency κ ${fit.kappa.toFixed(4)}, fitted peak at size ${fit.peakPoolSize}; ` +
      `serial share by Amdahl's law ${(fit.amdahlSerial * 100).toFixed(0)} %`,
    `Recommended pool size: ${recommendedPoolSize}`,
    '',
  ].join('\n')
}
