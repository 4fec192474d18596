import type { LiveSnapshot } from '@forkpool/pool-core/protocol'
import type { ThroughputHistory } from '../../sources/throughput-source.ts'

/** Tasks a second of every pool, on one common row of moments. What the chart draws from. */
export interface Timeline {
  /** Wall-clock milliseconds, strictly ascending. */
  readonly at: readonly number[]
  readonly series: readonly TimelineSeries[]
}

export interface TimelineSeries {
  readonly pool: string
  readonly poolSize: number
  /** As many as `at`; null where nothing is known. */
  readonly values: readonly (number | null)[]
}

export type LiveSample = LiveSnapshot['samples']

/** Fifteen minutes and a little, so that the oldest point is beyond the chart's edge before it goes. */
export const TIMELINE_POINTS_MAX = 960
/** More lines than this cannot be told apart, and would cost memory for nothing. */
export const TIMELINE_SERIES_MAX = 32

/** Samples come each second; a longer step has left one out. */
const MISSED_MS = 1_800
/** A sample older than the end by more than this is from a clock that was set back. */
const CLOCK_SET_BACK_MS = 60_000

export const TIMELINE_EMPTY: Timeline = { at: [], series: [] }

/** The past from a source, then the live samples newer than it. A live sample's second wins over the source's rough newest point. */
export function mergeHistory(history: ThroughputHistory, live: Timeline): Timeline {
  const past: Timeline = {
    at: history.at,
    series: history.series.map(({ pool, poolSize, tasksPerSecond }) => ({ pool, poolSize, values: tasksPerSecond })),
  }
  const end = history.at.at(-1) ?? Number.NEGATIVE_INFINITY
  const newer = live.at.findIndex((at) => at > end)
  if (newer < 0) return bounded(past)
  const added = live.at.slice(newer)
  const series = past.series.map((entry) => {
    const same = live.series.find((other) => sameSeries(other, entry))
    return { ...entry, values: [...entry.values, ...(same?.values.slice(newer) ?? added.map(() => null))] }
  })
  for (const entry of live.series) {
    if (past.series.some((other) => sameSeries(other, entry))) continue
    series.push({ ...entry, values: [...past.at.map(() => null), ...entry.values.slice(newer)] })
  }
  return bounded({ at: [...past.at, ...added], series })
}

/**
 * One more live sample. One that is not newer than the last adds nothing: the feed repeats its newest to newcomers. From a clock
 * that was set back the timeline starts anew.
 */
export function appendSample(timeline: Timeline, sample: LiveSample): Timeline {
  const last = timeline.at.at(-1)
  if (last !== undefined && sample.at <= last) return last - sample.at > CLOCK_SET_BACK_MS ? appendSample(TIMELINE_EMPTY, sample) : timeline
  const series = timeline.series.map((entry) => {
    const now = sample.series.find((other) => sameSeries(other, entry))
    return { ...entry, values: [...entry.values, now?.tasksPerSecond ?? null] }
  })
  for (const entry of sample.series) {
    if (timeline.series.some((other) => sameSeries(other, entry))) continue
    const { pool, poolSize } = entry
    series.push({ pool, poolSize, values: [...timeline.at.map(() => null), entry.tasksPerSecond] })
  }
  return bounded({ at: [...timeline.at, sample.at], series })
}

/**
 * Whether samples are missing between the timeline's end and this one, or time began anew, so that the past must be fetched again. A sample
 * a little older than the end is neither: Prometheus on another machine may have another clock.
 */
export function isGap(timeline: Timeline, sample: LiveSample): boolean {
  const last = timeline.at.at(-1)
  return last !== undefined && (sample.at - last > MISSED_MS || last - sample.at > CLOCK_SET_BACK_MS)
}

/** One line per pool size: pools of one size are added up. Ascending by size. */
export function bySize(timeline: Timeline): readonly (TimelineSeries & { readonly pools: readonly string[] })[] {
  const sizes = [...new Set(timeline.series.map((entry) => entry.poolSize))].sort((a, b) => a - b)
  return sizes.map((poolSize) => {
    const same = timeline.series.filter((entry) => entry.poolSize === poolSize)
    const values = timeline.at.map((_, i) =>
      same.reduce<number | null>((sum, { values: own }) => {
        const value = own[i] ?? null
        return value === null ? sum : (sum ?? 0) + value
      }, null),
    )
    return { pool: same.map((entry) => entry.pool).join(', '), pools: same.map((entry) => entry.pool), poolSize, values }
  })
}

/** One line per pool, ascending by size, then by name. */
export function byPool(timeline: Timeline): readonly (TimelineSeries & { readonly pools: readonly string[] })[] {
  return [...timeline.series]
    .sort((a, b) => a.poolSize - b.poolSize || a.pool.localeCompare(b.pool))
    .map((entry) => ({ ...entry, pools: [entry.pool] }))
}

/** Drops the oldest points, series that hold nothing any more, and beyond the limit those that were busy longest ago. */
function bounded(timeline: Timeline): Timeline {
  const drop = Math.max(0, timeline.at.length - TIMELINE_POINTS_MAX)
  const cut = timeline.series
    .map((entry) => (drop === 0 ? entry : { ...entry, values: entry.values.slice(drop) }))
    .filter((entry) => entry.values.some((value) => value !== null))
  const kept =
    cut.length <= TIMELINE_SERIES_MAX
      ? cut
      : cut
          .map((entry) => ({ entry, busy: entry.values.findLastIndex((value) => value !== null && value > 0) }))
          .sort((a, b) => b.busy - a.busy)
          .slice(0, TIMELINE_SERIES_MAX)
          .map(({ entry }) => entry)
  return { at: timeline.at.slice(drop), series: kept }
}

function sameSeries(
  a: { readonly pool: string; readonly poolSize: number },
  b: { readonly pool: string; readonly poolSize: number },
): boolean {
  return a.pool === b.pool && a.poolSize === b.poolSize
}
