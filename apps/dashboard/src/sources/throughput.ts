import { shownAddress } from './settings.ts'
import type { ThroughputSource, ThroughputView } from './throughput-source.ts'

/**
 * Throughput from Prometheus where it is configured and answers, else from the coordinator, and says which and why.
 * Prometheus without a single series counts as no answer if the coordinator has some: then it does not scrape this service, or not yet.
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
    if (this.#prometheus === null) return { ...(await this.#builtIn.history(seconds)), source: 'built-in', fallbackReason: null }
    const address = shownAddress(this.#prometheus.url)
    const past = await this.#prometheus.source.history(seconds).catch(reasonText)
    if (typeof past === 'string') {
      const fallbackReason = `Prometheus at ${address} does not answer: ${past}`
      return { ...(await this.#builtIn.history(seconds)), source: 'built-in', fallbackReason }
    }
    if (past.series.length === 0) {
      const own = await this.#builtIn.history(seconds).catch(() => null)
      const fallbackReason = `Prometheus at ${address} has no tasks counted in this time`
      if (own !== null && own.series.length > 0) return { ...own, source: 'built-in', fallbackReason }
    }
    return { ...past, source: 'prometheus', fallbackReason: null }
  }
}

function reasonText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
