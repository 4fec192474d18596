import { availableParallelism } from 'node:os'
import { measurePairs } from '../measure/pairs.ts'
import { median } from '../measure/statistics.ts'
import { openBareThreads } from './bare-threads.ts'
import type { BareThreads } from './bare-threads.ts'
import { withPool } from './bench-pool.ts'
import type { BenchPool, BenchPoolKind } from './bench-pool.ts'
import { FORKPOOL, PEERS } from './kinds.ts'
import { atLeast } from './section.ts'
import type { Section } from './section.ts'

/** Half a second on two cores: longer than a disturbance, short enough that both sides of a pair meet the same machine. */
const TASKS = 100
const WARM_UP_TASKS = 40

/** Of a pool and of the bare threads beside it: one life strays by half a percent. */
const LIVES = 3

/** About as long as a task may be that is worth a pool. */
const TASK_MS = 10

/** Tasks of about 10 ms: how much of what the cores can do they get. */
export async function benchSpeedUp(): Promise<Section> {
  const cores = availableParallelism()
  const rounds = await calibrate()
  console.log(`\n${TASKS} tasks of 10 ms on ${cores} cores: bare threads' time over the pool's`)
  const shares: Record<string, number> = {}
  for (const kind of [...FORKPOOL, ...PEERS]) {
    const [lives, pairs] = FORKPOOL.includes(kind) ? [LIVES, 7] : [1, 3]
    const ofLives: number[] = []
    for (let i = 0; i < lives; i++) {
      // As old as the pool's workers, and with as many calls behind them: V8 may change its mind about the task's code.
      const bare = openBareThreads(cores)
      await withPool(kind, async (pool) => void ofLives.push(await measureShare(pool, bare, rounds, pairs)), cores)
      await bare.stop()
    }
    if (ofLives.length === 0) continue
    const share = median(ofLives)
    shares[kind.name] = share
    console.log(`${kind.name.padEnd(34)} ${(100 * share).toFixed(1)} %`)
  }
  const share = (kind: BenchPoolKind): number => shares[kind.name] as number
  return {
    goals: FORKPOOL.map((kind) => atLeast(`10 ms tasks on ${kind.name}: share of the ideal speed-up`, share(kind), 0.97)),
    figures: { cores, shares },
  }
}

async function measureShare(pool: BenchPool, bare: BareThreads, rounds: number, count: number): Promise<number> {
  await timeTogether(pool, rounds, WARM_UP_TASKS)
  await bare.burn(rounds, WARM_UP_TASKS)
  const ours = (): Promise<number> => timeTogether(pool, rounds, TASKS)
  const theirs = (): Promise<number> => bare.burn(rounds, TASKS)
  return (await measurePairs({ count, warmUps: 0, ours, theirs })).medianRatio
}

/** Rounds of `burn` that take `TASK_MS` on this machine now: the median of some trials. */
async function calibrate(): Promise<number> {
  const rounds = 1_000_000
  const bare = openBareThreads(1)
  const trials: number[] = []
  for (let i = 0; i < 40; i++) trials.push(await bare.burn(rounds, 1))
  await bare.stop()
  return Math.round((rounds * TASK_MS) / median(trials))
}

/** Milliseconds of so many tasks in the pool, all submitted at once. */
async function timeTogether(pool: BenchPool, rounds: number, tasks: number): Promise<number> {
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: tasks }, () => pool.burn(rounds)))
  return performance.now() - startedAt
}
