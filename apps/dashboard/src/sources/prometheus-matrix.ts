import type { ThroughputHistory, ThroughputSeries } from './throughput-source.ts'

/** A moment grid: `points` moments, `stepMs` apart, the last one at `endMs`. */
export interface Grid {
  readonly startMs: number
  readonly stepMs: number
  readonly points: number
}

/**
 * Reads the answer of `/api/v1/query_range` onto the grid that was asked for; a moment without a sample is null.
 * Source: Prometheus HTTP API, "Range queries" and "Range vectors".
 * @throws Error saying what is wrong with an answer that is not a matrix of `pool` and `pool_size`.
 */
export function readMatrix(answer: unknown, grid: Grid): ThroughputHistory {
  const at = Array.from({ length: grid.points }, (_, i) => grid.startMs + i * grid.stepMs)
  return { intervalMs: grid.stepMs, at, series: matrixOf(answer).map((entry) => readSeries(entry, grid)) }
}

function matrixOf(answer: unknown): readonly unknown[] {
  const { status, error, data } = fields(answer)
  if (status !== 'success') throw new Error(typeof error === 'string' ? error : 'the answer is not one of Prometheus')
  const { resultType, result } = fields(data)
  if (resultType !== 'matrix' || !Array.isArray(result)) throw new Error(`expected a matrix, got ${String(resultType)}`)
  return result
}

function readSeries(entry: unknown, grid: Grid): ThroughputSeries {
  const { metric, values } = fields(entry)
  const { pool, pool_size: label } = fields(metric)
  const poolSize = Number(label)
  if (typeof pool !== 'string' || !Number.isInteger(poolSize)) throw new Error('a series has no labels pool and pool_size')
  const tasksPerSecond = new Array<number | null>(grid.points).fill(null)
  for (const pair of Array.isArray(values) ? values : []) {
    if (!Array.isArray(pair)) continue
    const index = Math.round((Number(pair[0]) * 1000 - grid.startMs) / grid.stepMs)
    const value = Number(pair[1])
    if (index >= 0 && index < grid.points && Number.isFinite(value)) tasksPerSecond[index] = value
  }
  return { pool, poolSize, tasksPerSecond }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}
