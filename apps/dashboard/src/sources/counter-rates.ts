import type { Scrape } from './prometheus-matrix.ts'

/** Moments `stepMs` apart, the first at `startMs`. Each stands for the stretch of time that ends with it. */
export interface Grid {
  readonly startMs: number
  readonly stepMs: number
  readonly points: number
}

/** A stretch of time over which a counter is known to have risen evenly, for nobody looked in between. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly perSecond: number
}

/** Scrapes further apart than so many usual intervals leave a hole: what happened in it, and when, is not known. */
const HOLE_INTERVALS = 5

/**
 * How fast a counter rose between its scrapes. Each rise counts exactly once, at its own time, however irregular the scrapes: `rate` and
 * `irate` on a grid count some twice and some never, and see nothing of a counter that appears with its final value.
 *
 * @param scrapes of the counter, ascending.
 * @param alive all moments at which its program was scraped, ascending. A counter that is not there at one of them is zero there; so a counter
 *   that appears, or begins anew after a restart, has risen from zero since the last of them.
 */
export function stretchesOf(scrapes: readonly Scrape[], alive: readonly number[]): readonly Stretch[] {
  const hole = HOLE_INTERVALS * usualInterval(alive.length > 1 ? alive : scrapes.map((scrape) => scrape.at))
  const stretches: Stretch[] = []
  let before: Scrape | undefined
  for (const scrape of scrapes) {
    const isAnew = before === undefined || scrape.value < before.value
    const from = isAnew ? (alive.findLast((at) => at < scrape.at) ?? before?.at) : before?.at
    const rise = isAnew ? scrape.value : scrape.value - (before?.value ?? 0)
    // Until it appeared it was zero, for as long as its program is known to have lived.
    if (before === undefined && from !== undefined && alive[0] !== undefined) stretches.push({ from: alive[0], to: from, perSecond: 0 })
    if (from !== undefined && scrape.at - from <= hole)
      stretches.push({ from, to: scrape.at, perSecond: (rise * 1000) / (scrape.at - from) })
    before = scrape
  }
  return stretches
}

/** The mean rate in each step of the grid, over the part of it that is known; null where nothing is. Stretches are ascending and apart. */
export function onGrid(stretches: readonly Stretch[], { startMs, stepMs, points }: Grid): (number | null)[] {
  const risen = new Array<number>(points).fill(0)
  const known = new Array<number>(points).fill(0)
  for (const { from, to, perSecond } of stretches) {
    const first = Math.max(0, Math.floor((from - startMs) / stepMs))
    const last = Math.min(points - 1, Math.ceil((to - startMs) / stepMs))
    for (let i = first; i <= last; i++) {
      const end = startMs + i * stepMs
      const shared = Math.min(to, end) - Math.max(from, end - stepMs)
      if (shared <= 0) continue
      risen[i] = (risen[i] ?? 0) + shared * perSecond
      known[i] = (known[i] ?? 0) + shared
    }
  }
  return risen.map((value, i) => (known[i] === 0 ? null : value / (known[i] ?? 1)))
}

/** The median of the steps; endless where there is none, for then nothing can be called a hole. */
function usualInterval(moments: readonly number[]): number {
  const steps = moments.slice(1).map((at, i) => at - (moments[i] ?? at))
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? Number.POSITIVE_INFINITY
}
