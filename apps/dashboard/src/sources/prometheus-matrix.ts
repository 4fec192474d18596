/** A time series as Prometheus holds it. */
export interface RawSeries {
  readonly labels: Readonly<Record<string, string>>
  /** In the order of time. */
  readonly scrapes: readonly Scrape[]
}

export interface Scrape {
  /** Wall-clock milliseconds. */
  readonly at: number
  readonly value: number
}

/**
 * Reads the answer of a query for a range vector. A value that is no number is left out.
 * Source: Prometheus HTTP API, "Instant queries" and "Range vectors".
 * @throws Error saying what is wrong with an answer that is not a matrix.
 */
export function readMatrix(answer: unknown): readonly RawSeries[] {
  const { status, error, data } = fields(answer)
  if (status !== 'success') throw new Error(typeof error === 'string' ? error : 'the answer is not one of Prometheus')
  const { resultType, result } = fields(data)
  if (resultType !== 'matrix' || !Array.isArray(result)) throw new Error(`expected a matrix, got ${String(resultType)}`)
  return result.map(readSeries)
}

function readSeries(entry: unknown): RawSeries {
  const { metric, values } = fields(entry)
  const labels = Object.fromEntries(Object.entries(fields(metric)).map(([name, value]) => [name, String(value)]))
  const scrapes: Scrape[] = []
  for (const pair of Array.isArray(values) ? (values as readonly unknown[]) : []) {
    if (!Array.isArray(pair)) continue
    const at = Number(pair[0]) * 1000
    const value = Number(pair[1])
    if (Number.isFinite(at) && Number.isFinite(value)) scrapes.push({ at, value })
  }
  return { labels, scrapes }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
