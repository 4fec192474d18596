import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { measurePairs } from '../measure/pairs.ts'
import { median } from '../measure/statistics.ts'
import { withPool } from './bench-pool.ts'
import type { BenchPool, BenchPoolKind } from './bench-pool.ts'
import { FORKPOOL, PEERS } from './kinds.ts'
import { atLeast, round } from './section.ts'
import type { Section } from './section.ts'

const BURNT_TASKS = 200
const WARM_UP_TASKS = 20

/** Tasks of about 10 ms: how much of the cores they get. */
export async function benchSpeedUp(): Promise<Section> {
  const cores = availableParallelism()
  const rounds = await inThread(calibrate)
  console.log(`\n${BURNT_TASKS} tasks of 10 ms on ${cores} cores: share of the ideal speed-up`)
  const shares: Record<string, number> = {}
  for (const kind of [...FORKPOOL, ...PEERS]) {
    await withPool(
      kind,
      async (pool) => {
        await timeTogether(pool, rounds, WARM_UP_TASKS)
        const pairs = await measurePairs({
          count: FORKPOOL.includes(kind) ? 5 : 1,
          warmUps: 0,
          ours: () => timeTogether(pool, rounds, BURNT_TASKS),
          theirs: () => inThread((alone) => timeAlone(alone, rounds, BURNT_TASKS)),
        })
        shares[kind.name] = round(pairs.medianRatio / cores)
        console.log(`${kind.name.padEnd(34)} ${(100 * (shares[kind.name] as number)).toFixed(1)} %`)
      },
      cores,
    )
  }
  const share = (kind: BenchPoolKind): number => shares[kind.name] as number
  return {
    goals: FORKPOOL.map((kind) => atLeast(`10 ms tasks on ${kind.name}: share of the ideal speed-up`, share(kind), 0.97)),
    figures: { cores, shares },
  }
}

/**
 * Runs `measure` with a thread of its own. Not one for all: after some hundred calls V8 (Node 24) puts code in the place of the loop's that is five times
 * as slow, and no pool here lives so long.
 */
async function inThread(measure: (alone: Worker) => Promise<number>): Promise<number> {
  const alone = new Worker(new URL('./workers/alone.mjs', import.meta.url))
  try {
    return await measure(alone)
  } finally {
    await alone.terminate()
  }
}

/** About as long as a task may be that is worth a pool. */
const TASK_MS = 10

/** Rounds of `burn` that take `TASK_MS` on this machine now: the median of some trials. */
async function calibrate(alone: Worker): Promise<number> {
  const rounds = 1_000_000
  const trials: number[] = []
  for (let i = 0; i < 40; i++) trials.push(await burnAlone(alone, rounds))
  return Math.round((rounds * TASK_MS) / median(trials))
}

/** Milliseconds of so many tasks one after the other in a thread that does nothing else, once warm: what the pool's time is compared with. */
async function timeAlone(alone: Worker, rounds: number, tasks: number): Promise<number> {
  for (let i = 0; i < WARM_UP_TASKS; i++) await burnAlone(alone, rounds)
  let time = 0
  for (let i = 0; i < tasks; i++) time += await burnAlone(alone, rounds)
  return time
}

/** Milliseconds of one task in the thread. */
async function burnAlone(alone: Worker, rounds: number): Promise<number> {
  const answer = once(alone, 'message')
  alone.postMessage(rounds)
  return ((await answer) as [number])[0]
}

/** Milliseconds of so many tasks in the pool, all submitted at once. */
async function timeTogether(pool: BenchPool, rounds: number, tasks: number): Promise<number> {
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: tasks }, () => pool.burn(rounds)))
  return performance.now() - startedAt
}
