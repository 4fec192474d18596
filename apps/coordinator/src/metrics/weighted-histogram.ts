import type { Registry } from 'prom-client'
import type { MetricEntry } from './metric-names.ts'

/** The observations of one set of label values. */
export class Series {
  readonly labels: Readonly<Record<string, string>>
  /** Observations at or below each bound, not cumulative; the last is above all bounds. */
  readonly counts: Float64Array
  sum = 0
  readonly #bounds: readonly number[]

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.labels = labels
    this.counts = new Float64Array(bounds.length + 1)
    this.#bounds = bounds
  }

  /** Counts `weight` observations of `value`. */
  observe(value: number, weight: number): void {
    const bounds = this.#bounds
    let at = 0
    while (at < bounds.length && value > (bounds[at] as number)) at++
    this.counts[at] = (this.counts[at] as number) + weight
    this.sum += value * weight
  }
}

/**
 * A histogram that takes many equal observations at once: a shard of 64 thousand tasks is one call. prom-client's own takes one
 * observation a call, which would cost more than the tasks. Registered with prom-client, which prints it as any other.
 */
export class WeightedHistogram {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #bounds: readonly number[]
  readonly #labelNames: readonly string[]
  readonly #series = new Map<string, Series>()

  constructor(name: string, entry: MetricEntry, bounds: readonly number[], registry: Registry) {
    this.name = name
    this.help = entry.help
    this.#labelNames = entry.labels
    this.#bounds = bounds
    // prom-client asks a metric for `name` and `get()` and nothing else; its types want one of its classes.
    registry.registerMetric(this as unknown as Parameters<Registry['registerMetric']>[0])
  }

  /**
   * The series of these label values, in the order of the metric's labels. Whoever observes often keeps it: looking it up is dear. A new one is
   * shown with nothing in it, so that its first observation is seen as an increase.
   */
  series(...labelValues: readonly string[]): Series {
    const key = labelValues.join('\u0000')
    let series = this.#series.get(key)
    if (series === undefined) {
      const labels = Object.fromEntries(this.#labelNames.map((label, i) => [label, labelValues[i] ?? '']))
      series = new Series(labels, this.#bounds)
      this.#series.set(key, series)
    }
    return series
  }

  get(): {
    readonly name: string
    readonly help: string
    readonly type: string
    readonly aggregator: string
    readonly values: readonly object[]
  } {
    const values: object[] = []
    for (const { labels, counts, sum } of this.#series.values()) {
      let total = 0
      for (const [i, bound] of this.#bounds.entries()) {
        total += counts[i] as number
        values.push({ metricName: `${this.name}_bucket`, labels: { le: bound, ...labels }, value: total })
      }
      total += counts[this.#bounds.length] as number
      values.push({ metricName: `${this.name}_bucket`, labels: { le: '+Inf', ...labels }, value: total })
      values.push({ metricName: `${this.name}_sum`, labels, value: sum })
      values.push({ metricName: `${this.name}_count`, labels, value: total })
    }
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
  }

  /** Sets all series back to nothing; whoever keeps one goes on with it. */
  reset(): void {
    for (const series of this.#series.values()) {
      series.counts.fill(0)
      series.sum = 0
    }
  }
}
