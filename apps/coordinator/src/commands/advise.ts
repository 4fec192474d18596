import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { advise } from '@forkpool/pool-core'
import type { Advice, WayFailure, WayFigures, WayToRun } from '@forkpool/pool-core'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { integer, list, toggle } from '../config/option.ts'
import type { Command, Flags, Terminal } from './command.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { readFlags } from './read-flags.ts'
import { formatCount, renderTable } from './table.ts'
import { ITEM_OPTIONS, readTaskItems } from './task-items.ts'

const OPTIONS = {
  tasks: list({
    placeholder: 'FILE',
    doc: 'Task module (TypeScript or JavaScript) that exports the task. May be given several times. Default: the built-in tasks.',
  }),
  ...ITEM_OPTIONS,
  spread: toggle({ doc: 'Each item is the list of arguments of one call.' }),
  budgetMs: integer({ min: 1, max: 3_600_000, default: 500, doc: 'About how long each way to run the task is measured, milliseconds.' }),
  timeoutMs: integer({ min: 1, max: 86_400_000, default: 60_000, doc: 'Longest run of one task, milliseconds.' }),
  json: toggle({ doc: 'Print the advice as JSON.' }),
}

/** Samples beyond these say nothing new. */
const SAMPLES_MAX = 1_000

/** The built-in tasks, as a module for workers: compiled beside this file's folder, or as it is. */
const BUILT_IN = new URL(`../tasks/stand-alone.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** `forkpool advise`: threads, processes or plain async, by running the task in all three ways. Needs no coordinator. */
export const adviseCommand: Command = {
  name: 'advise',
  operands: 'TASK [ITEM…]',
  summary: 'Run a task as plain async, on threads and on processes, and say which pays. Needs no coordinator.',
  options: OPTIONS,
  examples: ['forkpool advise primeCount 200000 400000', 'forkpool advise resize --tasks ./tasks.ts --items-file samples.jsonl --json'],
  run: runAdvise,
}

async function runAdvise(terminal: Terminal, flags: Flags, operands: readonly string[]): Promise<ExitCode> {
  const [task, ...items] = operands
  const { tasks, spread, budgetMs, timeoutMs, json } = readFlags(OPTIONS, flags)
  if (task === undefined) throw new ForkpoolError('BAD_ARGUMENT', 'advise: expected the name of a task that the module exports')
  const modules = tasks.length === 0 ? [BUILT_IN] : tasks.map(moduleUrl)
  const samples = await readSamples(terminal, flags, items, spread)
  const { signal } = terminal
  const advice = await advise(modules, task, samples, { budgetMs, timeoutMs, signal })
  terminal.stdout.write(json ? `${JSON.stringify(advice)}\n` : renderAdvice(advice))
  return EXIT.done
}

function moduleUrl(file: string): URL {
  const path = resolve(file)
  if (!existsSync(path)) throw new ForkpoolError('BAD_ARGUMENT', `--tasks: there is no file ${path}`)
  return pathToFileURL(path)
}

/** Without any item, one call without arguments. */
async function readSamples(
  terminal: Terminal,
  flags: Flags,
  operands: readonly string[],
  isSpread: boolean,
): Promise<readonly (readonly unknown[])[]> {
  const source = readTaskItems(terminal, flags, operands, false)
  if (source === undefined) return [[]]
  const samples: (readonly unknown[])[] = []
  for await (const item of source.values) {
    if (isSpread && !Array.isArray(item))
      throw new ForkpoolError('BAD_ARGUMENT', `--spread: expected lists of arguments, got ${JSON.stringify(item)}`)
    samples.push(isSpread ? (item as readonly unknown[]) : [item])
    if (samples.length === SAMPLES_MAX) break
  }
  if (samples.length === 0) throw new ForkpoolError('BAD_ARGUMENT', 'advise: there are no items')
  return samples
}

const NAMES: Readonly<Record<WayToRun, string>> = { async: 'plain async', threads: 'threads', processes: 'processes' }

/** The advice, the three ways as a table, and why. */
function renderAdvice({ task, recommended, size, concurrency, reasons, measured }: Advice): string {
  const rows = (['async', 'threads', 'processes'] as const).map((way): readonly [string, WayFigures | WayFailure] => [
    NAMES[way],
    measured[way],
  ])
  const figure = (of: WayFigures | WayFailure, text: (figures: WayFigures) => string): string => ('failed' in of ? '–' : text(of))
  const table = renderTable<(typeof rows)[number]>(
    [
      { heading: 'way', cell: ([name]) => name },
      { heading: 'workers', right: true, cell: ([, of]) => figure(of, (figures) => String(figures.size)) },
      { heading: 'at once', right: true, cell: ([, of]) => figure(of, (figures) => String(figures.size * figures.concurrency)) },
      { heading: 'tasks/s', right: true, cell: ([, of]) => figure(of, (figures) => formatCount(figures.tasksPerSecond)) },
      { heading: 'speed-up', right: true, cell: ([, of]) => figure(of, (figures) => figures.speedup.toFixed(2)) },
      { heading: 'start (ms)', right: true, cell: ([, of]) => figure(of, (figures) => figures.startMs.toFixed(0)) },
    ],
    rows,
  )
  return [`${task}: ${summary(recommended, size, concurrency)}`, '', table.trimEnd(), '', ...reasons, ''].join('\n')
}

function summary(recommended: WayToRun, size: number, concurrency: number): string {
  if (recommended === 'async') return concurrency === 1 ? 'plain async' : `plain async, ${concurrency} at once`
  return `${NAMES[recommended]}, pool size ${size}${concurrency === 1 ? '' : `, concurrency ${concurrency}`}`
}
