import type { Registry } from 'prom-client'
import type { MetricEntry } from './metric-names.ts'

interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** Observations at or below each bound, not cumulative; the last is above all bounds. */
  readonly counts: Float64Array
  sum: number
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

  /** Counts `weight` observations of `value`. Label values in the order of the metric's labels. */
  observe(value: number, weight: number, ...labelValues: readonly string[]): void {
    const series = this.#seriesOf(labelValues)
    const bounds = this.#bounds
    let at = 0
    while (at < bounds.length && value > (bounds[at] as number)) at++
    series.counts[at] = (series.counts[at] as number) + weight
    series.sum += value * weight
  }

  /** Makes a series with nothing in it, so that a first observation is seen as an increase. */
  touch(...labelValues: readonly string[]): void {
    this.#seriesOf(labelValues)
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

  reset(): void {
    this.#series.clear()
  }

  #seriesOf(labelValues: readonly string[]): Series {
    const key = labelValues.length === 1 ? (labelValues[0] as string) : labelValues.join('\u0000')
    let series = this.#series.get(key)
    if (series === undefined) {
      const labels = Object.fromEntries(this.#labelNames.map((label, i) => [label, labelValues[i] ?? '']))
      series = { labels, counts: new Float64Array(this.#bounds.length + 1), sum: 0 }
      this.#series.set(key, series)
    }
    return series
  }
}
