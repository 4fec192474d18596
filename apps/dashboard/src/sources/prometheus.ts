import { reasonOf } from './coordinator.ts'
import { readMatrix } from './prometheus-matrix.ts'
import { shownAddress } from './settings.ts'
import type { ThroughputHistory, ThroughputSource } from './throughput-source.ts'

const COMPLETED = 'forkpool_tasks_total{outcome="completed"}'
/**
 * Completed tasks by pool and size, each point what was counted in one second, as in the coordinator's own samples, so that past and live join
 * without a step. `irate` takes the last two scrapes; it is honest only while the step is no longer than the scrape interval (else scrapes
 * between two steps would be ignored), hence the fixed step. Its range of five seconds bridges four missed scrapes; then the line ends.
 *
 * The second part is for pools that work for less than a second: their counter appears with its final value and never rises again, so that no
 * rate sees it. A counter that was not there at the last step, although its coordinator was scraped then, has risen from zero.
 */
const QUERY = `sum by (pool, pool_size) (irate(${COMPLETED}[5s]) or (${COMPLETED} unless ${COMPLETED} offset 1s) and on (instance, job) (up offset 1s == 1))`
const STEP_MS = 1000
const ANSWER_TIMEOUT_MS = 3_000

/** Throughput from Prometheus, which outlives the coordinator and sees every node. */
export class PrometheusThroughput implements ThroughputSource {
  readonly name = 'prometheus'
  readonly #url: URL
  readonly #now: () => number

  constructor(url: URL, now: () => number) {
    this.#url = url
    this.#now = now
  }

  async history(seconds: number): Promise<ThroughputHistory> {
    // Whole seconds: two calls in one second ask the same question, and Prometheus can answer it from its cache.
    const endMs = Math.floor(this.#now() / STEP_MS) * STEP_MS
    const startMs = endMs - seconds * 1000
    const grid = { startMs, stepMs: STEP_MS, points: seconds + 1 }
    const query = new URLSearchParams({ query: QUERY, start: `${startMs / 1000}`, end: `${endMs / 1000}`, step: `${STEP_MS / 1000}` })
    const headers = new Headers({ accept: 'application/json' })
    // fetch takes no credentials in an address.
    const { username, password } = this.#url
    if (username !== '') headers.set('authorization', `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`)
    let answer: unknown
    try {
      const response = await fetch(`${shownAddress(this.#url)}/api/v1/query_range?${query}`, {
        headers,
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      answer = await response.json()
    } catch (error) {
      throw new Error(error instanceof SyntaxError ? 'the answer is not JSON' : reasonOf(error), { cause: error })
    }
    return readMatrix(answer, grid)
  }
}
