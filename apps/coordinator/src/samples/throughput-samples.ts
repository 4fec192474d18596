import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'
import type { LiveSnapshot, SamplesView } from '@forkpool/pool-core/protocol'
import type { DispatchObserver, PoolLabel } from '../dispatch-observer.ts'

const INTERVAL_MS = 1_000

/** A quarter of an hour of seconds: 7 KiB for each pool. */
const KEPT = 900

/** A timer this late has lost an interval: the samples are then of longer intervals, and are divided by their true length. */
interface Series {
  readonly pool: PoolLabel
  /** Tasks completed since the last sample. */
  fresh: number
  /** Completed a second, oldest first; as long as the list of instants since the series began. */
  readonly perSecond: number[]
  /** Position of its first sample, counted from the start of the program. */
  readonly firstSample: number
}

type Observed = Pick<DispatchObserver, 'tasksSettled'>

/**
 * The coordinator's own record of throughput: tasks completed a second by pool, one sample a second, the last quarter of an hour.
 * What the dashboard draws where there is no Prometheus.
 */
export class ThroughputSamples implements Observed {
  readonly #clock: Clock
  readonly #at: number[] = []
  readonly #series = new Map<PoolLabel, Series>()
  #taken = 0
  #lastAt: number
  #cancel: Cancel | undefined
  #lagMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastAt = clock.now()
  }

  /** How late the last sample was taken, milliseconds: a measure of how long the event loop was busy with one thing. */
  get lagMs(): number {
    return this.#lagMs
  }

  start(): void {
    this.#lastAt = this.#clock.now()
    this.#arm()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  tasksSettled(pool: PoolLabel, outcome: string, count: number): void {
    if (outcome !== 'completed') return
    let series = this.#series.get(pool)
    if (series === undefined) {
      series = { pool, fresh: 0, perSecond: [], firstSample: this.#taken }
      this.#series.set(pool, series)
    }
    series.fresh += count
  }

  /** The last `seconds` samples. Every series has a value for each instant: 0 before it began. */
  view(seconds: number): SamplesView {
    const count = Math.min(seconds, this.#at.length)
    const first = this.#taken - count
    return {
      intervalMs: INTERVAL_MS,
      at: this.#at.slice(this.#at.length - count),
      series: [...this.#series.values()].map(({ pool, perSecond, firstSample }) => {
        const values = perSecond.slice(Math.max(0, perSecond.length - count))
        const missing = Math.max(0, Math.min(count, firstSample - first))
        return { pool: pool.name, poolSize: pool.size, tasksPerSecond: [...new Array<number>(missing).fill(0), ...values] }
      }),
    }
  }

  /** The newest sample of each series. */
  latest(): LiveSnapshot['samples'] {
    const at = this.#at.at(-1) ?? this.#clock.wallTime()
    const series = [...this.#series.values()].map(({ pool, perSecond }) => ({
      pool: pool.name,
      poolSize: pool.size,
      tasksPerSecond: perSecond.at(-1) ?? 0,
    }))
    return { at, series }
  }

  /** Mean tasks a second of one pool over the last `seconds` samples, over all sizes that it had. */
  rate(pool: string, seconds: number): number {
    const count = Math.min(seconds, this.#at.length)
    if (count === 0) return 0
    let sum = 0
    for (const series of this.#series.values())
      if (series.pool.name === pool) for (const value of series.perSecond.slice(-count)) sum += value
    return sum / count
  }

  #arm(): void {
    const due = after(this.#clock.now(), INTERVAL_MS)
    this.#cancel = this.#clock.schedule(
      due,
      () => {
        this.#lagMs = Math.max(0, this.#clock.now() - due)
        this.#take()
        this.#arm()
      },
      { unref: true },
    )
  }

  #take(): void {
    const now = this.#clock.now()
    const seconds = Math.max(0.001, (now - this.#lastAt) / 1000)
    this.#lastAt = now
    this.#taken++
    this.#at.push(this.#clock.wallTime())
    if (this.#at.length > KEPT) this.#at.shift()
    for (const series of this.#series.values()) {
      series.perSecond.push(series.fresh / seconds)
      series.fresh = 0
      if (series.perSecond.length > KEPT) series.perSecond.shift()
    }
  }
}
