import { reasonOf } from './coordinator.ts'
import { type Grid, onGrid, stretchesOf } from './counter-rates.ts'
import { type RawSeries, readMatrix } from './prometheus-matrix.ts'
import { shownAddress } from './settings.ts'
import type { ThroughputHistory, ThroughputSeries, ThroughputSource } from './throughput-source.ts'

const COUNTER = 'forkpool_tasks_total'
/** A series that every coordinator has from its first scrape on: it shows when it was scraped. */
const ALIVE = 'forkpool_build_info'
const STEP_MS = 1000
/** So much more than asked for, so that the first second has a scrape before it. */
const BEFORE_SECONDS = 60
const ANSWER_TIMEOUT_MS = 3_000

/**
 * Throughput from Prometheus, which outlives the coordinator and sees every node. It is asked for the scrapes themselves, not for their
 * `rate`: see counter-rates.ts for what that would lose. They may be a second apart or a minute.
 */
export class PrometheusThroughput implements ThroughputSource {
  readonly name = 'prometheus'
  readonly #url: URL
  readonly #now: () => number

  constructor(url: URL, now: () => number) {
    this.#url = url
    this.#now = now
  }

  async history(seconds: number): Promise<ThroughputHistory> {
    const endMs = Math.floor(this.#now() / STEP_MS) * STEP_MS
    const grid = { startMs: endMs - seconds * 1000, stepMs: STEP_MS, points: seconds + 1 }
    const selector = `{__name__=~"${COUNTER}|${ALIVE}",outcome=~"completed|"}[${seconds + BEFORE_SECONDS}s]`
    const series = readMatrix(await this.#ask(new URLSearchParams({ query: selector, time: `${endMs / 1000}` })))
    const at = Array.from({ length: grid.points }, (_, i) => grid.startMs + i * grid.stepMs)
    return { intervalMs: STEP_MS, at, series: throughputOf(series, grid) }
  }

  async #ask(query: URLSearchParams): Promise<unknown> {
    const headers = new Headers({ accept: 'application/json' })
    // fetch takes no credentials in an address.
    const { username, password } = this.#url
    if (username !== '') headers.set('authorization', `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`)
    try {
      const response = await fetch(`${shownAddress(this.#url)}/api/v1/query?${query}`, {
        headers,
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      return await response.json()
    } catch (error) {
      throw new Error(error instanceof SyntaxError ? 'the answer is not JSON' : reasonOf(error), { cause: error })
    }
  }
}

/** One line per pool and size, over all nodes. */
function throughputOf(all: readonly RawSeries[], grid: Grid): readonly ThroughputSeries[] {
  const alive = new Map<string, number[]>()
  for (const { labels, scrapes } of all) {
    if (labels['__name__'] !== ALIVE) continue
    const moments = [...(alive.get(nodeOf(labels)) ?? []), ...scrapes.map((scrape) => scrape.at)]
    alive.set(
      nodeOf(labels),
      moments.sort((a, b) => a - b),
    )
  }
  const lines = new Map<string, { pool: string; poolSize: number; tasksPerSecond: (number | null)[] }>()
  for (const { labels, scrapes } of all) {
    const { pool, pool_size: size } = labels
    if (labels['__name__'] !== COUNTER || pool === undefined || size === undefined) continue
    const values = onGrid(stretchesOf(scrapes, alive.get(nodeOf(labels)) ?? []), grid)
    const line = lines.get(`${size} ${pool}`)
    if (line === undefined) lines.set(`${size} ${pool}`, { pool, poolSize: Number(size), tasksPerSecond: values })
    else line.tasksPerSecond = line.tasksPerSecond.map((value, i) => added(value, values[i] ?? null))
  }
  return [...lines.values()]
}

function nodeOf(labels: Readonly<Record<string, string>>): string {
  return `${labels['job']} ${labels['instance']}`
}

function added(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : a + b
}
