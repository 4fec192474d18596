import type { PoolMetricEntry } from './pool-metric-names.ts'
import type { Sample } from './pool-samples.ts'

/** What prom-client prints of a metric. */
export interface PrintedMetric {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: string
  readonly values: readonly {
    readonly metricName?: string
    readonly labels: Readonly<Record<string, string | number>>
    readonly value: number
  }[]
}

/**
 * A metric whose figures somebody else keeps: it is asked when it is read, and costs nothing in between. prom-client asks a metric for `name`,
 * `type`, `get()` and `reset()`, and writes `name` for OpenMetrics.
 */
export class PoolMetric {
  name: string
  readonly help: string
  readonly type: PoolMetricEntry['type']
  readonly aggregator = 'sum'
  readonly #samples: () => readonly Sample[]

  constructor(name: string, { help, type }: PoolMetricEntry, samples: () => readonly Sample[]) {
    this.name = name
    this.help = help
    this.type = type
    this.#samples = samples
  }

  get(): PrintedMetric {
    const { name, help, type, aggregator } = this
    const values = this.#samples().map(({ suffix, labels, value }) => ({
      ...(suffix !== undefined && { metricName: `${name}${suffix}` }),
      labels,
      value,
    }))
    return { name, help, type, aggregator, values }
  }

  /** The figures are the pool's, and stay. */
  reset(): void {}
}
