/** Tasks a second of every pool over a stretch of time. */
export interface ThroughputHistory {
  readonly intervalMs: number
  /** Wall-clock milliseconds, ascending: the end of each interval. */
  readonly at: readonly number[]
  readonly series: readonly ThroughputSeries[]
}

export interface ThroughputSeries {
  readonly pool: string
  readonly poolSize: number
  /** As many as `at`; null where nothing was measured. */
  readonly tasksPerSecond: readonly (number | null)[]
}

export type ThroughputSourceName = 'prometheus' | 'built-in'

/** Where the chart's past comes from. The present always comes from the live feed. */
export interface ThroughputSource {
  readonly name: ThroughputSourceName
  /** The last `seconds` seconds. @throws Error with a readable message if the source cannot be asked. */
  history(seconds: number): Promise<ThroughputHistory>
}

/** What `GET /api/throughput` answers. */
export interface ThroughputView extends ThroughputHistory {
  readonly source: ThroughputSourceName
  /** Why Prometheus, although configured, is not the source. */
  readonly fallbackReason: string | null
}
