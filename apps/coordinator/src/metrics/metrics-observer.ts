import type { DispatchObserver, PoolLabel } from '../dispatch-observer.ts'
import type { Metrics } from './metrics.ts'

const OUTCOMES = ['completed', 'failed', 'quarantined', 'cancelled'] as const

/** Counts what the dispatcher reports. */
export class MetricsObserver implements DispatchObserver {
  readonly #metrics: Metrics
  /** Pools whose series exist, each from 0: without that the first increase of a counter would be invisible to `rate`. */
  readonly #known = new Set<string>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  batchOpened(pool: PoolLabel): void {
    const key = `${pool.name} ${pool.size}`
    if (this.#known.has(key)) return
    this.#known.add(key)
    const { tasks, attempts, duplicates, slotBusySeconds, unaccounted, queueWait, taskRun, shardRun, shardOverhead, batch } = this.#metrics
    for (const outcome of OUTCOMES) tasks.inc({ pool: pool.name, pool_size: pool.size, outcome }, 0)
    for (const reason of ['first', 'retry']) attempts.inc({ pool: pool.name, reason }, 0)
    for (const where of ['record', 'late']) duplicates.inc({ pool: pool.name, where }, 0)
    for (const phase of ['deserialize', 'serialize']) shardOverhead.touch(pool.name, phase)
    for (const histogram of [queueWait, taskRun, shardRun, batch]) histogram.touch(pool.name)
    slotBusySeconds.inc({ pool: pool.name }, 0)
    unaccounted.inc({ pool: pool.name }, 0)
  }

  batchEnded(pool: PoolLabel, wallMs: number, unaccounted: number): void {
    this.#metrics.batch.observe(wallMs / 1000, 1, pool.name)
    if (unaccounted !== 0) this.#metrics.unaccounted.inc({ pool: pool.name }, unaccounted)
  }

  tasksSettled(pool: PoolLabel, outcome: (typeof OUTCOMES)[number], count: number): void {
    this.#metrics.tasks.inc({ pool: pool.name, pool_size: pool.size, outcome }, count)
  }

  tasksAssigned(pool: PoolLabel, reason: 'first' | 'retry', count: number, waitMs: number): void {
    this.#metrics.attempts.inc({ pool: pool.name, reason }, count)
    this.#metrics.queueWait.observe(waitMs / 1000, count, pool.name)
  }

  shardRan(pool: PoolLabel, count: number, runMs: number, decodeMs: number, encodeMs: number): void {
    const { taskRun, shardRun, shardOverhead, slotBusySeconds } = this.#metrics
    const wholeSeconds = (runMs + decodeMs + encodeMs) / 1000
    taskRun.observe(runMs / 1000 / count, count, pool.name)
    shardRun.observe(wholeSeconds, 1, pool.name)
    shardOverhead.observe(decodeMs / 1000, 1, pool.name, 'deserialize')
    shardOverhead.observe(encodeMs / 1000, 1, pool.name, 'serialize')
    slotBusySeconds.inc({ pool: pool.name }, wholeSeconds)
  }

  duplicateDropped(pool: PoolLabel, where: 'record' | 'late', count: number): void {
    this.#metrics.duplicates.inc({ pool: pool.name, where }, count)
  }

  workerLost(reason: string): void {
    this.#metrics.workerRestarts.inc({ reason })
  }
}
