import type { DispatchObserver, PoolLabel } from '../dispatch-observer.ts'
import type { Metrics } from './metrics.ts'
import type { Series } from './weighted-histogram.ts'

const OUTCOMES = ['completed', 'failed', 'quarantined', 'cancelled'] as const

type Outcome = (typeof OUTCOMES)[number]

/** What was counted for one pool since the last scrape, and its series of the histograms. */
interface Fresh {
  readonly outcomes: Record<Outcome, number>
  readonly attempts: { first: number; retry: number }
  busySeconds: number
  readonly queueWait: Series
  readonly taskRun: Series
  readonly shardRun: Series
  readonly deserialize: Series
  readonly serialize: Series
  readonly batch: Series
}

/**
 * Counts what the dispatcher reports. Additions go to plain numbers and reach the counters when somebody scrapes: prom-client looks a
 * series up by its labels at each addition, which is a good part of what a single task costs the coordinator.
 */
export class MetricsObserver implements DispatchObserver {
  readonly #metrics: Metrics
  readonly #fresh = new Map<PoolLabel, Fresh>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
    metrics.beforeScrape(() => this.#flush())
  }

  batchOpened(pool: PoolLabel): void {
    if (!this.#fresh.has(pool)) this.#begin(pool)
  }

  batchEnded(pool: PoolLabel, wallMs: number, unaccounted: number): void {
    this.#freshOf(pool).batch.observe(wallMs / 1000, 1)
    if (unaccounted !== 0) this.#metrics.unaccounted.inc({ pool: pool.name }, unaccounted)
  }

  tasksSettled(pool: PoolLabel, outcome: Outcome, count: number): void {
    this.#freshOf(pool).outcomes[outcome] += count
  }

  tasksAssigned(pool: PoolLabel, reason: 'first' | 'retry', count: number, waitMs: number): void {
    const fresh = this.#freshOf(pool)
    fresh.attempts[reason] += count
    fresh.queueWait.observe(waitMs / 1000, count)
  }

  shardRan(pool: PoolLabel, count: number, runMs: number, decodeMs: number, encodeMs: number): void {
    const fresh = this.#freshOf(pool)
    const wholeSeconds = (runMs + decodeMs + encodeMs) / 1000
    fresh.busySeconds += wholeSeconds
    fresh.taskRun.observe(runMs / 1000 / count, count)
    fresh.shardRun.observe(wholeSeconds, 1)
    fresh.deserialize.observe(decodeMs / 1000, 1)
    fresh.serialize.observe(encodeMs / 1000, 1)
  }

  duplicateDropped(pool: PoolLabel, where: 'record' | 'late', count: number): void {
    this.#metrics.duplicates.inc({ pool: pool.name, where }, count)
  }

  workerLost(reason: string): void {
    this.#metrics.workerRestarts.inc({ reason })
  }

  #freshOf(pool: PoolLabel): Fresh {
    return this.#fresh.get(pool) ?? this.#begin(pool)
  }

  /** Makes every series of a pool, each from 0: without that the first increase of a counter would be invisible to `rate`. */
  #begin(pool: PoolLabel): Fresh {
    const { duplicates, unaccounted, queueWait, taskRun, shardRun, shardOverhead, batch } = this.#metrics
    const fresh: Fresh = {
      outcomes: { completed: 0, failed: 0, quarantined: 0, cancelled: 0 },
      attempts: { first: 0, retry: 0 },
      busySeconds: 0,
      queueWait: queueWait.series(pool.name),
      taskRun: taskRun.series(pool.name),
      shardRun: shardRun.series(pool.name),
      deserialize: shardOverhead.series(pool.name, 'deserialize'),
      serialize: shardOverhead.series(pool.name, 'serialize'),
      batch: batch.series(pool.name),
    }
    this.#fresh.set(pool, fresh)
    this.#flush()
    for (const where of ['record', 'late']) duplicates.inc({ pool: pool.name, where }, 0)
    unaccounted.inc({ pool: pool.name }, 0)
    return fresh
  }

  #flush(): void {
    const { tasks, attempts, slotBusySeconds } = this.#metrics
    for (const [{ name, size }, fresh] of this.#fresh) {
      for (const outcome of OUTCOMES) tasks.inc({ pool: name, pool_size: size, outcome }, fresh.outcomes[outcome])
      for (const reason of ['first', 'retry'] as const) attempts.inc({ pool: name, reason }, fresh.attempts[reason])
      slotBusySeconds.inc({ pool: name }, fresh.busySeconds)
      fresh.outcomes.completed = fresh.outcomes.failed = fresh.outcomes.quarantined = fresh.outcomes.cancelled = 0
      fresh.attempts.first = fresh.attempts.retry = 0
      fresh.busySeconds = 0
    }
  }
}
