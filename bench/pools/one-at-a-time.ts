import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { median, percentile } from '../measure/statistics.ts'
import { withPool } from './bench-pool.ts'
import { buildPoolCore, buildProgram } from './build.ts'
import { FORKPOOL_PROCESSES, FORKPOOL_THREADS, PEERS } from './kinds.ts'
import type { Pair } from './one-at-a-time-process.ts'
import { round, under } from './section.ts'
import type { Section } from './section.ts'
import { timeCalls } from './time-calls.ts'

/**
 * Programs that measure both sides: where the kernel puts the two ends of an IPC channel is its whim, and kept for as long as they live. On one core a
 * trip takes a third of what it takes between two.
 */
const LIVES = 7

const WARM_UP_CALLS = 1_000
const CALLS = 1_000

/** One task at a time: `submit`, wait for the result, submit the next. */
export async function benchOneAtATime(): Promise<Section> {
  buildPoolCore()
  const program = buildProgram('one-at-a-time-process')
  console.log('\none task at a time, from call to result')
  const pairs: Pair[] = []
  for (let i = 0; i < LIVES; i++) pairs.push(...(await oneLife(program)))
  const micros: Record<string, { readonly p50: number; readonly p90: number; readonly p99: number }> = {}
  const note = (name: string, times: readonly number[]): void => {
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((p) => round(percentile(times, p))) as [number, number, number]
    micros[name] = { p50, p90, p99 }
    console.log(`${name.padEnd(34)} p50 ${p50.toFixed(0).padStart(5)} µs  p90 ${p90.toFixed(0).padStart(5)} µs  p99 ${p99.toFixed(0)} µs`)
  }
  note(
    FORKPOOL_PROCESSES.name,
    pairs.flatMap((pair) => pair.ours),
  )
  note(
    'Node IPC (fork, send, on message)',
    pairs.flatMap((pair) => pair.theirs),
  )
  for (const kind of [FORKPOOL_THREADS, ...PEERS]) {
    await withPool(kind, async (pool) => {
      await timeCalls(pool.square, WARM_UP_CALLS)
      note(kind.name, await timeCalls(pool.square, CALLS))
    })
  }
  const ratio = median(pairs.map(({ ours, theirs }) => median(ours) / median(theirs)))
  return { goals: [under('one task at a time on ProcessPool: its p50 over that of Node’s IPC', ratio, 0.5)], figures: { micros, ratio } }
}

async function oneLife(program: string): Promise<readonly Pair[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [program], { maxBuffer: 16 * 1024 * 1024 })
  return JSON.parse(stdout) as readonly Pair[]
}
