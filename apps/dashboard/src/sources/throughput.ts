import { shownAddress } from './settings.ts'
import type { ThroughputSource, ThroughputView } from './throughput-source.ts'

/**
 * Throughput from Prometheus where it is configured and answers, else from the coordinator, and says which and why.
 * Prometheus without a single series counts as no answer: it runs, but does not scrape this service yet.
 */
export class Throughput {
  readonly #builtIn: ThroughputSource
  readonly #prometheus: { readonly source: ThroughputSource; readonly url: URL } | null

  constructor(builtIn: ThroughputSource, prometheus: { readonly source: ThroughputSource; readonly url: URL } | null) {
    this.#builtIn = builtIn
    this.#prometheus = prometheus
  }

  /** @throws CoordinatorError where no source answers. */
  async view(seconds: number): Promise<ThroughputView> {
    let fallbackReason: string | null = null
    if (this.#prometheus !== null) {
      const address = shownAddress(this.#prometheus.url)
      try {
        const history = await this.#prometheus.source.history(seconds)
        if (history.series.length > 0) return { ...history, source: 'prometheus', fallbackReason }
        fallbackReason = `Prometheus at ${address} has no tasks counted in this time`
      } catch (error) {
        fallbackReason = `Prometheus at ${address} does not answer: ${error instanceof Error ? error.message : String(error)}`
      }
    }
    return { ...(await this.#builtIn.history(seconds)), source: 'built-in', fallbackReason }
  }
}
