import { assert } from '@forkpool/pool-core/base'
import type { ScalabilityFit } from '@forkpool/pool-core/protocol'

/** What one pool size achieved. */
export interface ThroughputPoint {
  readonly poolSize: number
  readonly tasksPerSecond: number
}

/** A share of the best throughput that nobody would notice. */
const GOOD_ENOUGH = 0.95

/** Steps of a golden section: 0.618⁶⁴ of the interval is below the precision of a double. */
const SECTION_STEPS = 64

/**
 * Fits the Universal Scalability Law, X(N) = λN / (1 + σ(N−1) + κN(N−1)), with 0 ≤ σ, κ ≤ 1, to measured throughputs, and Amdahl's law
 * (κ = 0) beside it. One point tells λ only, two tell λ and σ, three or more all.
 *
 * It minimises the squared relative errors of the *times*, 1 − T̂/T, since that is what was measured, and noise grows with it. For given σ
 * and κ the best λ has a closed form; what remains is the angle between a vector that is linear in (σ, κ) and the vector of ones, which is
 * quasi-convex, so two nested golden sections find the one minimum. No start value, no derivative, no way to diverge; Gunther's own
 * quadratic through the normalised points leans on the error of the first point and can go negative.
 *
 * @param cores of the machine: sizes beyond them, and beyond what was measured, are outside the reach of `peakPoolSize`.
 * Source: N. Gunther, "Guerrilla Capacity Planning", 2007; G. Amdahl, AFIPS 1967.
 */
export function fitScalability(given: readonly ThroughputPoint[], cores: number): ScalabilityFit {
  assert(given.length > 0, 'a fit needs a measurement')
  // In one order, whatever the caller's: sums of rounded numbers depend on it, and two sizes that are almost as good would change places.
  const points = given.toSorted((a, b) => a.poolSize - b.poolSize || a.tasksPerSecond - b.tasksPerSecond)
  for (const { poolSize, tasksPerSecond } of points) {
    assert(poolSize >= 1 && tasksPerSecond > 0, `${tasksPerSecond} tasks/s at pool size ${poolSize} is no measurement`)
  }
  const sizes = new Set(points.map((point) => point.poolSize))
  const amdahlSerial = sizes.size < 2 ? 0 : minimum(0, 1, (sigma) => misfit(points, sigma, 0))
  const bestSigma = (kappa: number): number => minimum(0, 1, (sigma) => misfit(points, sigma, kappa))
  const kappa = sizes.size < 3 ? 0 : minimum(0, 1, (candidate) => misfit(points, bestSigma(candidate), candidate))
  const sigma = sizes.size < 3 ? amdahlSerial : bestSigma(kappa)
  const reach = Math.max(cores, ...sizes)
  return { sigma, kappa, lambda: bestLambda(points, sigma, kappa), amdahlSerial, peakPoolSize: peak(sigma, kappa, reach) }
}

/** Throughput of `poolSize` workers by a fit, tasks per second. */
export function fittedThroughput(fit: Pick<ScalabilityFit, 'lambda' | 'sigma' | 'kappa'>, poolSize: number): number {
  return (fit.lambda * poolSize) / slowdown(poolSize, fit.sigma, fit.kappa)
}

/** The smallest of the measured sizes whose throughput is within 5 % of the best one measured. What was not measured is not recommended. */
export function recommendPoolSize(points: readonly ThroughputPoint[]): number {
  assert(points.length > 0, 'a recommendation needs a measurement')
  const best = Math.max(...points.map((point) => point.tasksPerSecond))
  return Math.min(...points.filter((point) => point.tasksPerSecond >= GOOD_ENOUGH * best).map((point) => point.poolSize))
}

function slowdown(poolSize: number, sigma: number, kappa: number): number {
  return 1 + sigma * (poolSize - 1) + kappa * poolSize * (poolSize - 1)
}

/** With `v` the fitted times at λ = 1 over the measured ones, `λ` is where `Σ(1 − v/λ)²` is least: `Σv² / Σv`. */
function bestLambda(points: readonly ThroughputPoint[], sigma: number, kappa: number): number {
  let sum = 0
  let squares = 0
  for (const { poolSize, tasksPerSecond } of points) {
    const ratio = (slowdown(poolSize, sigma, kappa) / poolSize) * tasksPerSecond
    sum += ratio
    squares += ratio * ratio
  }
  return squares / sum
}

/** Sum of the squared relative errors of the fitted times, at the best λ. */
function misfit(points: readonly ThroughputPoint[], sigma: number, kappa: number): number {
  const lambda = bestLambda(points, sigma, kappa)
  let sum = 0
  for (const { poolSize, tasksPerSecond } of points) {
    const error = 1 - ((slowdown(poolSize, sigma, kappa) / poolSize) * tasksPerSecond) / lambda
    sum += error * error
  }
  return sum
}

/** Where `of` is least between `low` and `high`, for an `of` that falls and then rises. The lower end is tried itself: no contention is zero. */
function minimum(low: number, high: number, of: (at: number) => number): number {
  const ratio = (Math.sqrt(5) - 1) / 2
  let from = low
  let to = high
  let left = to - ratio * (to - from)
  let right = from + ratio * (to - from)
  let atLeft = of(left)
  let atRight = of(right)
  for (let step = 0; step < SECTION_STEPS; step++) {
    // A tie keeps the lower part: of equally good answers, the one with less contention.
    if (atLeft <= atRight) {
      to = right
      right = left
      atRight = atLeft
      left = to - ratio * (to - from)
      atLeft = of(left)
    } else {
      from = left
      left = right
      atLeft = atRight
      right = from + ratio * (to - from)
      atRight = of(right)
    }
  }
  const middle = (from + to) / 2
  return of(low) <= of(middle) ? low : middle
}

/** The whole size from 1 to `reach` with the largest fitted throughput. */
function peak(sigma: number, kappa: number, reach: number): number {
  let best = 1
  for (let size = 2; size <= reach; size++) {
    if (size / slowdown(size, sigma, kappa) > best / slowdown(best, sigma, kappa)) best = size
  }
  return best
}
