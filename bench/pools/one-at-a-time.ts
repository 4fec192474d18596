import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { median, percentile } from '../measure/statistics.ts'
import { withPool } from './bench-pool.ts'
import type { BenchPool } from './bench-pool.ts'
import { FORKPOOL_PROCESSES, FORKPOOL_THREADS, PEERS } from './kinds.ts'
import { round, under } from './section.ts'
import type { Section } from './section.ts'

const POOL_SIZE = 2
const WARM_UP_CALLS = 2_000
const SLICES = 20
const CALLS_PER_SLICE = 250

/** One task at a time: `submit`, wait for the result, submit the next. */
export async function benchOneAtATime(): Promise<Section> {
  console.log('\none task at a time, from call to result')
  const echo = await openEcho()
  const own = await FORKPOOL_PROCESSES.open(POOL_SIZE)
  await timeCalls(own.square, WARM_UP_CALLS)
  await timeCalls(echo.square, WARM_UP_CALLS)
  const pairs: { readonly ours: number[]; readonly theirs: number[] }[] = []
  for (let i = 0; i < SLICES; i++) {
    const ours = await timeCalls(own.square, CALLS_PER_SLICE)
    pairs.push({ ours, theirs: await timeCalls(echo.square, CALLS_PER_SLICE) })
  }
  await Promise.all([echo.stop(), own.stop()])
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
      await timeCalls(pool.square, WARM_UP_CALLS / 2)
      note(kind.name, await timeCalls(pool.square, 1000))
    })
  }
  const ratio = median(pairs.map(({ ours, theirs }) => median(ours) / median(theirs)))
  return { goals: [under('one task at a time on ProcessPool: its p50 over that of Node’s IPC', ratio, 0.5)], figures: { micros, ratio } }
}

/** Microseconds of single calls, each made when the one before has its result. */
async function timeCalls(call: (n: number) => PromiseLike<number>, count: number): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now()
    const result = await call(n)
    times.push((performance.now() - startedAt) * 1000)
    if (result !== n * n) throw new Error(`${n} squared is not ${result}`)
  }
  return times
}

/** A child process behind Node's own IPC channel that gives back what it gets. */
async function openEcho(): Promise<Pick<BenchPool, 'square' | 'stop'>> {
  const child = fork(fileURLToPath(new URL('./workers/ipc-echo.mjs', import.meta.url)), { execArgv: [] })
  let answer: (message: number) => void = () => {}
  child.on('message', (message) => answer(message as number))
  return {
    square(n) {
      return new Promise((resolve) => {
        answer = resolve
        child.send(n * n)
      })
    },
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
