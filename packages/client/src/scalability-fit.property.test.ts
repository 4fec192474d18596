import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitScalability, fittedThroughput } from './scalability-fit.ts'

const sizes = fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 3, maxLength: 8 })
const law = fc.record({
  lambda: fc.double({ min: 1, max: 1e7, noNaN: true }),
  sigma: fc.double({ min: 0, max: 0.9, noNaN: true }),
  kappa: fc.double({ min: 0, max: 0.1, noNaN: true }),
})
/** Factors between 0.9 and 1.1. */
const noise = fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 8, maxLength: 8 })

function measure(
  model: { lambda: number; sigma: number; kappa: number },
  at: number[],
  factors: number[] = [],
): { poolSize: number; tasksPerSecond: number }[] {
  return at.map((poolSize, i) => ({ poolSize, tasksPerSecond: fittedThroughput(model, poolSize) * (factors[i] ?? 1) }))
}

/** Sum of the squared relative errors of the times. */
function misfit(model: { lambda: number; sigma: number; kappa: number }, points: { poolSize: number; tasksPerSecond: number }[]): number {
  return points.reduce((sum, { poolSize, tasksPerSecond }) => sum + (1 - tasksPerSecond / fittedThroughput(model, poolSize)) ** 2, 0)
}

test('a law without noise is found again', () => {
  fc.assert(
    fc.property(law, sizes, (model, at) => {
      const points = measure(model, at)
      const fit = fitScalability(points, 64)
      for (const { poolSize, tasksPerSecond } of points) expect(fittedThroughput(fit, poolSize) / tasksPerSecond).toBeCloseTo(1, 4)
    }),
  )
})

test('with noise, no other law fits better, and all stays within bounds', () => {
  fc.assert(
    fc.property(law, law, sizes, noise, (model, other, at, factors) => {
      const points = measure(model, at, factors)
      const fit = fitScalability(points, 64)
      const best = misfit(fit, points)
      for (const candidate of [model, other, { ...fit, sigma: Math.min(1, fit.sigma + 0.01) }, { ...fit, kappa: fit.kappa + 0.001 }]) {
        expect(best).toBeLessThanOrEqual(misfit(candidate, points) + 1e-9)
      }
      expect(fit.sigma).toBeGreaterThanOrEqual(0)
      expect(fit.sigma).toBeLessThanOrEqual(1)
      expect(fit.kappa).toBeGreaterThanOrEqual(0)
      expect(fit.amdahlSerial).toBeGreaterThanOrEqual(0)
      expect(fit.amdahlSerial).toBeLessThanOrEqual(1)
    }),
  )
})

test('twice the throughput is twice λ and the same shape; the order of the points does not count', () => {
  fc.assert(
    fc.property(law, sizes, noise, (model, at, factors) => {
      const points = measure(model, at, factors)
      const fit = fitScalability(points, 64)
      const doubled = fitScalability(points.map((point) => ({ ...point, tasksPerSecond: point.tasksPerSecond * 2 })).toReversed(), 64)
      expect(doubled).toEqual({ ...fit, lambda: 2 * fit.lambda })
    }),
  )
})

test('the peak is where the fitted throughput is largest', () => {
  fc.assert(
    fc.property(law, sizes, noise, (model, at, factors) => {
      const fit = fitScalability(measure(model, at, factors), 64)
      const best = fittedThroughput(fit, fit.peakPoolSize)
      for (let size = 1; size <= 64; size++) expect(fittedThroughput(fit, size)).toBeLessThanOrEqual(best * (1 + 1e-12))
    }),
  )
})
