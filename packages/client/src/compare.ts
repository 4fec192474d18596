import type { Clock } from '@forkpool/pool-core/base'
import { ForkpoolError, systemClock } from '@forkpool/pool-core/base'
import { checkName, checkWhole, Range } from '@forkpool/pool-core/batch'
import type { BatchSummary, ComparisonReport, ComparisonRun } from '@forkpool/pool-core/protocol'
import type { Cluster } from './cluster.ts'
import { digestResults } from './result-digest.ts'
import { fitScalability, recommendPoolSize } from './scalability-fit.ts'

/** How far a comparison is. */
export interface CompareProgress {
  /** Batches that have ended, of all that will run, the warm-up ones among them. */
  readonly done: number
  readonly of: number
  /** The size whose batch ended last. */
  readonly poolSize: number
  readonly seconds: number
  readonly isWarmUp: boolean
}

export interface CompareOptions {
  readonly task: string
  /** The items of every batch, or whole numbers from `from` to `to`, both included. */
  readonly items: readonly unknown[] | { readonly from: number; readonly to: number }
  readonly poolSizes: readonly number[]
  /** Measured batches of each size; their median counts. Default 3. */
  readonly repeats?: number | undefined
  readonly onProgress?: ((progress: CompareProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
  readonly clock?: Clock | undefined
}

const REPEATS_DEFAULT = 3
const REPEATS_MAX = 1000

/** Speed-up is against one worker, so that size is measured along where nobody asked for it. */
const BASE_SIZE = 1

/** What was measured of one size so far. */
interface Measured {
  readonly poolSize: number
  readonly seconds: number[]
  digest: string
  workers: number
}

/**
 * Runs the same batch at several pool sizes and says which pays. Every size is warmed up by one whole batch, so that its workers are forked
 * and compiled; then the sizes take turns (1, 2, 4, 8, 1, 2, 4, 8, …), so that whatever else the machine does meets all of them alike. One
 * worker takes its turn as well, for speed-up is against it. A time is from the call of `map` to its array.
 *
 * Rejects as `map` does, with `BAD_ARGUMENT` for bad options, and with `TASK_FAILED` where the sizes did not give the same results: then a
 * comparison has no meaning.
 */
export async function compare<Tasks>(cluster: Cluster<Tasks>, options: CompareOptions): Promise<ComparisonReport> {
  const { task, signal, onProgress, clock = systemClock, repeats = REPEATS_DEFAULT } = options
  const items = listItems(options.items)
  const poolSizes = checkOptions(options, cluster.limits.poolSizeMax, repeats)
  const sizes = poolSizes.includes(BASE_SIZE) ? poolSizes : [BASE_SIZE, ...poolSizes]
  const measured = sizes.map((poolSize): Measured => ({ poolSize, seconds: [], digest: '', workers: 0 }))
  const of = sizes.length * (repeats + 1)
  let done = 0

  const runOne = async (size: Measured, isWarmUp: boolean): Promise<void> => {
    let summary: BatchSummary | undefined
    // Any name goes through: which tasks there are is for the coordinator to say.
    const pool = (cluster as unknown as Cluster).pool({ size: size.poolSize })
    const startedAt = clock.now()
    const results = await pool.map(task, items, { signal, onEnd: (end) => (summary = end) })
    const seconds = (clock.now() - startedAt) / 1000
    takeDigest(measured, size, await digestResults(results))
    size.workers = Math.max(size.workers, summary?.workers ?? 0)
    if (!isWarmUp) size.seconds.push(seconds)
    onProgress?.({ done: ++done, of, poolSize: size.poolSize, seconds, isWarmUp })
  }

  for (const size of measured) await runOne(size, true)
  for (let repeat = 0; repeat < repeats; repeat++) for (const size of measured) await runOne(size, false)
  return report({ task, items: items.length, cores: cluster.cores, repeats }, poolSizes, measured)
}

/** The table from the times. The fit uses every size measured, the report shows those asked for. */
function report(
  of: Pick<ComparisonReport, 'task' | 'items' | 'cores' | 'repeats'>,
  poolSizes: readonly number[],
  measured: readonly Measured[],
): ComparisonReport {
  const medians = new Map(measured.map((size) => [size.poolSize, median(size.seconds)]))
  const oneWorkerSeconds = medians.get(BASE_SIZE) as number
  const all = measured.map(({ poolSize, workers, digest }): ComparisonRun => {
    const seconds = medians.get(poolSize) as number
    const speedup = oneWorkerSeconds / seconds
    return { poolSize, seconds, tasksPerSecond: of.items / seconds, speedup, efficiency: speedup / poolSize, workers, resultDigest: digest }
  })
  const runs = poolSizes.map((poolSize) => all.find((run) => run.poolSize === poolSize) as ComparisonRun)
  return { ...of, oneWorkerSeconds, runs, fit: fitScalability(all, of.cores), recommendedPoolSize: recommendPoolSize(runs) }
}

function takeDigest(measured: readonly Measured[], size: Measured, digest: string): void {
  if (size.digest === '') size.digest = digest
  const other = measured.find((each) => each.digest !== '' && each.digest !== digest)
  if (other === undefined) return
  const sizes = other === size ? `two runs of pool size ${size.poolSize}` : `pool sizes ${other.poolSize} and ${size.poolSize}`
  throw new ForkpoolError('TASK_FAILED', `${sizes} gave different results: the task does not return the same for the same item each time`)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

function listItems(items: CompareOptions['items']): readonly unknown[] {
  if (Array.isArray(items)) return items as readonly unknown[]
  const { from, to } = items as { readonly from: number; readonly to: number }
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to) {
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `items must be a list, or whole numbers { from, to } with from ≤ to, not ${JSON.stringify(items)}`,
    )
  }
  return [...new Range(from, to + 1, 1)]
}

/** Returns the sizes, each once. */
function checkOptions(options: CompareOptions, poolSizeMax: number, repeats: number): readonly number[] {
  checkName('task', options.task)
  checkWhole('repeats', repeats, 1, REPEATS_MAX)
  if (Array.isArray(options.items) && options.items.length === 0)
    throw new ForkpoolError('BAD_ARGUMENT', 'items must hold one item or more')
  if (options.poolSizes.length === 0) throw new ForkpoolError('BAD_ARGUMENT', 'poolSizes must hold one size or more')
  for (const size of options.poolSizes) checkWhole('pool size', size, 1, poolSizeMax)
  return [...new Set(options.poolSizes)]
}
