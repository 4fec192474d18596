import { ForkpoolError, systemClock } from '../base/index.ts'
import { checkWhole } from '../batch/index.ts'
import type { AnyTasks, TaskArguments, TaskName } from '../batch/index.ts'
import { programFile } from '../package-files.ts'
import { moduleUrls } from '../pool/options.ts'
import type { TaskModuleSpec } from '../pool/options.ts'
import type { Pool } from '../pool/pool.ts'
import { ProcessPool } from '../pool/process-pool.ts'
import { ThreadPool } from '../pool/thread-pool.ts'
import type { Advice, WayFailure, WayFigures } from './advice.ts'
import { decide } from './decide.ts'
import type { AloneFigures } from './measure-alone.ts'

/** Options of `advise`. */
export interface AdviseOptions {
  /** About how long each way to run the task is measured; milliseconds. Each sample runs three times on each way in any case. Default 500. */
  readonly budgetMs?: number | undefined
  /** Workers of the pools that are tried. Default: the cores that this program may use. */
  readonly size?: number | undefined
  /** A task that runs longer makes `advise` reject with `TIMED_OUT`; milliseconds. Default 60,000. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const MEASURE_ALONE = 'advice/measure-alone'

const SAMPLES_MAX = 10_000
const RUNS_MAX = 200_000

/** Measurements of each pool, in turns; the median counts. */
const ROUNDS = 3

/** Runs of the first round at most: enough to learn how long one takes. */
const PROBE_RUNS = 1_000

type AnyPool = Pool<AnyTasks>

/** Milliseconds of a task, of each round. */
interface Times {
  readonly processes: number[]
  readonly threads: number[]
}

/**
 * Says whether a task should run as plain async, on threads, or on processes, by running it in all three ways: how long it takes, how much
 * of that on a processor, what its arguments and results cost on the way, and how much faster a pool is.
 *
 * `await advise<typeof import('./tasks.ts')>(new URL('./tasks.ts', import.meta.url), 'square', [[1], [2], [3]])`
 *
 * The task runs for real, with all that it does, many times, and in workers only: first in processes, so that neither an endless task nor a
 * crash takes this program along. What else runs on the machine meanwhile shows in the figures.
 * @param samples lists of arguments, one at least: as different as the real ones.
 * Rejects with a `TaskError` when the task throws, with `TASK_UNKNOWN`, `TASK_MODULE`, `TIMED_OUT`, `WORKER_LOST`, `NOT_SERIALISABLE`, `BAD_ARGUMENT`, or
 * the signal's reason. Nothing is left running then.
 */
export async function advise<Tasks = AnyTasks, Name extends TaskName<Tasks> = TaskName<Tasks>>(
  modules: TaskModuleSpec | readonly TaskModuleSpec[],
  task: Name,
  samples: readonly TaskArguments<Tasks, Name>[],
  options: AdviseOptions = {},
): Promise<Advice> {
  const { budgetMs = 500, size = process.getBuiltinModule('node:os').availableParallelism(), timeoutMs = 60_000, signal } = options
  checkWhole('budgetMs', budgetMs, 1, 3_600_000)
  if (!Array.isArray(samples) || samples.length === 0 || samples.length > SAMPLES_MAX || !samples.every((sample) => Array.isArray(sample)))
    throw new ForkpoolError('BAD_ARGUMENT', `samples: expected 1 to ${SAMPLES_MAX} lists of arguments, as [[1], [2]]`)
  signal?.throwIfAborted()

  const limits = { size, idleTimeoutMs: 600_000 }
  await using processes: AnyPool = new ProcessPool(modules, limits)
  await using threads: AnyPool = new ThreadPool(modules, limits)
  const lists: readonly (readonly unknown[])[] = samples
  // The first run of all: what is wrong with the task shows here, as any pool says it.
  const processStartMs = await timed(() => processes.starmap(task, lists, { signal, timeoutMs }))
  const alone = await measureAlone({ modules: moduleUrls(modules), task, samples: lists, budgetMs }, timeoutMs, signal)

  let failed: string | undefined
  const threadStartMs = await timed(() => threads.starmap(task, lists, { signal, timeoutMs })).catch((error: unknown) => {
    signal?.throwIfAborted()
    failed = error instanceof Error ? error.message : String(error)
    return 0
  })

  const times: Times = { processes: [], threads: [] }
  const runs = { processes: 0, threads: 0 }
  const running = [['processes', processes] as const, ...(failed === undefined ? [['threads', threads] as const] : [])]
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [way, pool] of running) {
      // The first round warms up, and tells how many runs take as long as is wanted. A task itself is never faster than alone.
      const guess = round === 0 ? Math.min(PROBE_RUNS, (budgetMs / ROUNDS) * (size / alone.taskMs)) : runs[way]
      const count = Math.min(RUNS_MAX, Math.max(lists.length, 2 * size, Math.ceil(guess)))
      const items = Array.from({ length: count }, (_, i) => lists[i % lists.length] as readonly unknown[])
      // No time limit: with one, a pool sends tasks one by one.
      const taskMs = (await timed(() => pool.starmap(task, items, { signal }))) / count
      if (round === 0) runs[way] = budgetMs / ROUNDS / taskMs
      else times[way].push(taskMs)
    }
  }
  const way = (taskMs: number, startMs: number, ofSize: number, concurrency: number): WayFigures => ({
    size: ofSize,
    concurrency,
    taskMs,
    tasksPerSecond: 1_000 / taskMs,
    speedup: alone.taskMs / taskMs,
    startMs,
  })
  const inThreads: WayFigures | WayFailure = failed === undefined ? way(median(times.threads), threadStartMs, size, 1) : { failed }
  const { taskMs, cpuShare, loopShare, argumentBytes, resultBytes, payloadMs } = alone
  return decide(task, {
    cores: process.getBuiltinModule('node:os').availableParallelism(),
    runs: alone.runs,
    taskMs,
    cpuShare,
    loopShare,
    payload: { argumentBytes, resultBytes, costMs: payloadMs },
    async: way(alone.concurrentTaskMs, 0, 1, alone.concurrency),
    threads: inThreads,
    processes: way(median(times.processes), processStartMs, size, 1),
  })
}

/** In a process of its own: its processor time is the task's, and an endless task can be ended. */
async function measureAlone(
  job: Parameters<typeof import('./measure-alone.ts').measureAlone>[0],
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<AloneFigures> {
  await using pool = new ProcessPool<typeof import('./measure-alone.ts')>(programFile(MEASURE_ALONE), { size: 1 })
  // One call runs all samples, in three measurements.
  const limitMs = timeoutMs + 4 * job.budgetMs
  return await pool.apply('measureAlone', [job], { signal, timeoutMs: limitMs })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = systemClock.now()
  await work()
  return systemClock.now() - startedAt
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] as number
}
