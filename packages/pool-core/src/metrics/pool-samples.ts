import type { DurationFigures } from '../pool/duration-histogram.ts'
import type { LocalPoolStatistics } from '../pool/statistics.ts'
import type { PoolMetricName } from './pool-metric-names.ts'

/** One line of the exposition. */
export interface Sample {
  /** Appended to the metric's name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string | undefined
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

const MS = 1 / 1_000

/** Bounds that are bounds of the pool's own buckets too, so nothing is guessed: 26 µs, four times that, and so on to 114 minutes. */
const BOUNDS_MS: readonly number[] = Array.from({ length: 15 }, (_, i) => 0.0001 * 4 ** (i + 4))

/** What each metric says of a pool. */
export const POOL_SAMPLES: Readonly<Record<PoolMetricName, (figures: LocalPoolStatistics) => readonly Sample[]>> = {
  pool_size: ({ size }) => [of(size)],
  workers: ({ workers }) => (['starting', 'idle', 'busy', 'stopping', 'standby'] as const).map((state) => of(workers[state], { state })),
  workers_started_total: ({ workers }) => [of(workers.started)],
  worker_restarts_total: ({ workers: { lost, recycled } }) => [
    of(lost, { reason: 'lost' }),
    of(recycled.tasks, { reason: 'tasks' }),
    of(recycled.memory, { reason: 'memory' }),
  ],
  worker_memory_bytes: ({ workers: { memory } }) => (memory === undefined ? [] : [of(memory.bytes)]),
  batches_open: ({ openCalls }) => [of(openCalls)],
  tasks_queued: ({ tasks }) => [of(tasks.queued)],
  tasks_running: ({ tasks }) => [of(tasks.running)],
  tasks_total: ({ tasks }) => (['completed', 'failed', 'cancelled'] as const).map((outcome) => of(tasks[outcome], { outcome })),
  task_runs_total: ({ byTask }) =>
    Object.entries(byTask).flatMap(([task, { ran, failed }]) => [
      of(ran - failed, { task, outcome: 'succeeded' }),
      of(failed, { task, outcome: 'failed' }),
    ]),
  task_retries_total: ({ byTask }) => Object.entries(byTask).map(([task, { retried }]) => of(retried, { task })),
  task_run_seconds_total: ({ byTask }) => Object.entries(byTask).map(([task, { runMs }]) => of(runMs * MS, { task })),
  task_queue_wait_seconds: ({ durations }) => histogram(durations.queueWait),
  task_run_seconds: ({ durations }) => histogram(durations.run),
  shard_round_trip_seconds: ({ durations }) => histogram(durations.roundTrip),
}

function of(value: number, labels: Readonly<Record<string, string>> = {}): Sample {
  return { labels, value }
}

function histogram({ buckets, count, sumMs }: DurationFigures): readonly Sample[] {
  const samples: Sample[] = []
  let at = 0
  let seen = 0
  for (const boundMs of BOUNDS_MS) {
    // Both sides come from powers of two of one number, by different ways.
    for (let bucket = buckets[at]; bucket !== undefined && bucket.upToMs <= boundMs * (1 + 1e-9); bucket = buckets[++at])
      seen += bucket.count
    samples.push({ suffix: '_bucket', labels: { le: rounded(boundMs * MS) }, value: seen })
  }
  samples.push({ suffix: '_bucket', labels: { le: '+Inf' }, value: count })
  samples.push({ suffix: '_sum', labels: {}, value: sumMs * MS })
  samples.push({ suffix: '_count', labels: {}, value: count })
  return samples
}

/** Without the dust of floating point. */
function rounded(seconds: number): number {
  return Number(seconds.toPrecision(9))
}
