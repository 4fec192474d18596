import { spawn } from 'node:child_process'
import { median } from '../measure/statistics.ts'
import type { BenchPoolKind } from './bench-pool.ts'
import { buildPoolCore, buildProgram } from './build.ts'
import { FORKPOOL, PEERS } from './kinds.ts'
import { atMost, round } from './section.ts'
import type { Section } from './section.ts'

const STARTS = 7

/** What a pool costs before its first task: each in programs of its own, in turns. */
export async function benchStartUp(): Promise<Section> {
  buildPoolCore()
  const program = buildProgram('start-up-process')
  console.log(`\nfrom loading the package to the first result of both workers; memory of a worker`)
  const kinds = [...FORKPOOL, ...PEERS]
  const starts = new Map<BenchPoolKind, StartUp[]>(kinds.map((kind) => [kind, []]))
  for (let i = 0; i < STARTS; i++) {
    for (const kind of kinds) {
      const start = await measureStartUp(program, kind)
      if (start !== undefined) starts.get(kind)?.push(start)
    }
  }
  const medians = new Map<BenchPoolKind, StartUp>()
  for (const [kind, all] of starts) {
    if (all.length === 0) continue
    const milliseconds = round(median(all.map((each) => each.milliseconds)))
    const megabytesPerWorker = round(median(all.map((each) => each.megabytesPerWorker)))
    medians.set(kind, { milliseconds, megabytesPerWorker })
    console.log(
      `${kind.name.padEnd(34)} ${milliseconds.toFixed(0).padStart(5)} ms  ${megabytesPerWorker.toFixed(1).padStart(5)} MB a worker`,
    )
  }
  const goals = FORKPOOL.flatMap((own) => {
    const rivals = PEERS.filter((peer) => peer.workers === own.workers)
    const over = (figure: keyof StartUp): number => {
      const best = Math.min(...rivals.map((peer) => medians.get(peer)?.[figure] ?? Infinity))
      return (medians.get(own)?.[figure] ?? Infinity) / best
    }
    return [
      atMost(`start-up of ${own.name} over that of the best peer`, over('milliseconds'), 1),
      atMost(`memory of a worker of ${own.name} over that of the best peer`, over('megabytesPerWorker'), 1),
    ]
  })
  return { goals, figures: Object.fromEntries([...medians].map(([kind, figures]) => [kind.name, figures])) }
}

/** What a pool of two costs before it has done anything. */
export interface StartUp {
  /** From before its package is loaded to the first result of each worker, milliseconds. */
  readonly milliseconds: number
  /** Memory that its workers add, half of it for each, MB (10⁶ bytes). */
  readonly megabytesPerWorker: number
}

/**
 * Starts the pool in a program of its own, with the packages as they are published. Undefined, and said, where that ended without a result: on a busy machine
 * a peer may lose its first task.
 */
async function measureStartUp(program: string, kind: BenchPoolKind): Promise<StartUp | undefined> {
  const child = spawn(process.execPath, [program, kind.name], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  try {
    return JSON.parse(text) as StartUp
  } catch (cause) {
    const what = `${kind.name} ended before its first results`
    if (kind.package === undefined) throw new Error(what, { cause })
    console.log(what)
    return undefined
  }
}
