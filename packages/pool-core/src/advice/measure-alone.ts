/** A task module of Forkpool's own: measures a user's task where it runs alone, as plain async, in a worker process. */
import { readFileSync } from 'node:fs'
import { systemClock } from '../base/index.ts'
import { blockBytes, decodeItems, encodeItems } from '../protocol/index.ts'
import { loadTaskModules } from '../task/index.ts'

/** What to measure, and how long about. */
export interface AloneJob {
  readonly modules: readonly string[]
  readonly task: string
  /** Lists of arguments, taken in turns. */
  readonly samples: readonly (readonly unknown[])[]
  /** For each of the measurements, milliseconds. */
  readonly budgetMs: number
}

/** Milliseconds of one task. */
export interface AloneFigures {
  readonly runs: number
  readonly taskMs: number
  readonly cpuShare: number
  readonly loopShare: number
  /** Tasks in flight in the fastest way that was found: 1 where nothing was gained by more. */
  readonly concurrency: number
  readonly concurrentTaskMs: number
  readonly argumentBytes: number
  readonly resultBytes: number
  readonly payloadMs: number
}

/** Short enough a task for this many runs is measured well long before. */
const RUNS_MAX = 10_000_000

const CONCURRENCY_MAX = 64

/** So many at once are tried first. */
const PROBE = 4

/** Gains below this are noise. */
const CONCURRENCY_PAYS = 1.2

type Run = (sample: number) => unknown

export async function measureAlone({ modules, task, samples, budgetMs }: AloneJob): Promise<AloneFigures> {
  const registry = await loadTaskModules(modules)
  const call = registry.get(task)
  if (call === undefined) throw registry.unknown(task)
  const run: Run = (at) => call(...(samples[at % samples.length] as readonly unknown[]))

  const results: unknown[] = []
  // Once each, so that what is measured next is compiled, connected, and in caches.
  for (let i = 0; i < samples.length; i++) results.push(await run(i))
  const one = await measure(run, samples.length, budgetMs)
  const payload = measurePayload(samples, results, budgetMs / 4)
  const alone = { runs: one.runs, taskMs: one.taskMs, cpuShare: one.cpuShare, loopShare: one.loopShare, ...payload }

  const concurrency = Math.min(CONCURRENCY_MAX, Math.round(1 / Math.max(one.loopShare, 1 / CONCURRENCY_MAX)))
  if (concurrency < 2) return { ...alone, concurrency: 1, concurrentTaskMs: one.taskMs }
  // Where a few are no faster, the task blocks its thread while it waits, and many would only take long.
  if (one.taskMs / (await measureAtOnce(run, PROBE, PROBE)) < CONCURRENCY_PAYS)
    return { ...alone, concurrency: 1, concurrentTaskMs: one.taskMs }
  const many = await measureAtOnce(run, concurrency, Math.max(concurrency, Math.min(RUNS_MAX, Math.ceil(budgetMs / one.taskMs))))
  if (one.taskMs / many < CONCURRENCY_PAYS) return { ...alone, concurrency: 1, concurrentTaskMs: one.taskMs }
  return { ...alone, concurrency, concurrentTaskMs: many }
}

/** One after the other: each sample once at least, then on until the time is over. */
async function measure(
  run: Run,
  least: number,
  budgetMs: number,
): Promise<Pick<AloneFigures, 'runs' | 'taskMs' | 'cpuShare' | 'loopShare'>> {
  const denied = deniedMs()
  const cpu = process.cpuUsage()
  const loop = process.threadCpuUsage()
  const startedAt = systemClock.now()
  let runs = 0
  let wallMs = 0
  // To look at the clock takes as long as a short task does.
  let untilLook = 1
  while (runs < RUNS_MAX && (runs < least || wallMs < budgetMs)) {
    const result = run(runs++)
    // A task that returns no promise is not waited for: for a task of nanoseconds the turn of the loop would be all that is measured.
    if (typeof (result as { then?: unknown } | undefined)?.then === 'function') await result
    if (--untilLook > 0) continue
    wallMs = systemClock.now() - startedAt
    untilLook = wallMs / runs < 0.01 ? 256 : 1
  }
  wallMs = systemClock.now() - startedAt
  const ownCpu = process.cpuUsage(cpu)
  const ownLoop = process.threadCpuUsage(loop)
  const ownMs = Math.max(wallMs / 100, wallMs - (deniedMs() - denied))
  const cores = (usage: NodeJS.CpuUsage): number => (usage.user + usage.system) / 1_000 / ownMs
  return { runs, taskMs: wallMs / runs, cpuShare: cores(ownCpu), loopShare: Math.min(1, cores(ownLoop)) }
}

/**
 * How long this thread was ready to run and had no processor, milliseconds: on a busy machine that is no waiting of the task's own. Known on
 * Linux only. Source: `Documentation/scheduler/sched-stats.rst` of the kernel.
 */
function deniedMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}

/** Milliseconds of one task when so many are in flight. */
async function measureAtOnce(run: Run, concurrency: number, runs: number): Promise<number> {
  const startedAt = systemClock.now()
  let next = 0
  const flow = async (): Promise<void> => {
    while (next < runs) await run(next++)
  }
  await Promise.all(Array.from({ length: concurrency }, flow))
  return (systemClock.now() - startedAt) / runs
}

/** What one call's arguments and result weigh, and take to encode and decode. */
function measurePayload(
  samples: readonly (readonly unknown[])[],
  results: readonly unknown[],
  budgetMs: number,
): Pick<AloneFigures, 'argumentBytes' | 'resultBytes' | 'payloadMs'> {
  const args = encodeItems(samples)
  const values = encodeItems(results)
  const startedAt = systemClock.now()
  let rounds = 0
  let spentMs = 0
  while (rounds < RUNS_MAX && (rounds < 3 || spentMs < budgetMs)) {
    decodeItems(encodeItems(samples))
    decodeItems(encodeItems(results))
    rounds++
    spentMs = systemClock.now() - startedAt
  }
  const count = samples.length
  return {
    argumentBytes: blockBytes(args) / count,
    resultBytes: blockBytes(values) / count,
    payloadMs: spentMs / rounds / count,
  }
}
