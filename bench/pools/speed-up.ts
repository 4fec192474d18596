import { availableParallelism } from 'node:os'
import { measurePairs } from '../measure/pairs.ts'
import { withPool } from './bench-pool.ts'
import type { BenchPool, BenchPoolKind } from './bench-pool.ts'
import { FORKPOOL, PEERS } from './kinds.ts'
import { atLeast, round } from './section.ts'
import type { Section } from './section.ts'
import { burn } from './workers/tasks.mjs'

const BURNT_TASKS = 200

/** Tasks of about 10 ms: how much of the cores they get. */
export async function benchSpeedUp(): Promise<Section> {
  const cores = availableParallelism()
  const rounds = calibrate()
  console.log(`\n${BURNT_TASKS} tasks of 10 ms on ${cores} cores: share of the ideal speed-up`)
  const shares: Record<string, number> = {}
  for (const kind of [...FORKPOOL, ...PEERS]) {
    await withPool(
      kind,
      async (pool) => {
        await timeTogether(pool, rounds, 2 * cores)
        const pairs = await measurePairs({
          count: FORKPOOL.includes(kind) ? 3 : 1,
          warmUps: 0,
          ours: () => timeTogether(pool, rounds, BURNT_TASKS),
          theirs: () => Promise.resolve(timeAlone(rounds, BURNT_TASKS)),
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

/** About as long as a task may be that is worth a pool. */
const TASK_MS = 10

/** Rounds of `burn` that take `TASK_MS` on this machine now: the median of some trials. */
function calibrate(): number {
  const rounds = 1_000_000
  const trials = Array.from({ length: 20 }, () => timeBurn(rounds)).sort((a, b) => a - b)
  return Math.round((rounds * TASK_MS) / (trials[trials.length >> 1] as number))
}

/** Milliseconds of so many tasks one after the other in this thread: what the pool's time is compared with. */
function timeAlone(rounds: number, tasks: number): number {
  let time = 0
  for (let i = 0; i < tasks; i++) time += timeBurn(rounds)
  return time
}

/** Milliseconds of so many tasks in the pool, all submitted at once. */
async function timeTogether(pool: BenchPool, rounds: number, tasks: number): Promise<number> {
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: tasks }, () => pool.burn(rounds)))
  return performance.now() - startedAt
}

function timeBurn(rounds: number): number {
  const startedAt = performance.now()
  burn(rounds)
  return performance.now() - startedAt
}
