import { describe, expect, test } from 'vitest'
import { fitScalability, fittedThroughput, recommendPoolSize } from './scalability-fit.ts'

const points = (...pairs: [number, number][]): { poolSize: number; tasksPerSecond: number }[] =>
  pairs.map(([poolSize, tasksPerSecond]) => ({ poolSize, tasksPerSecond }))

describe('with few points', () => {
  test('one tells what one worker does, and no more', () => {
    expect(fitScalability(points([4, 400]), 8)).toEqual({ sigma: 0, kappa: 0, lambda: 100, amdahlSerial: 0, peakPoolSize: 8 })
  })

  test('two are met exactly, by contention alone', () => {
    // 100·4 / (1 + 0.2·3) = 250
    const fit = fitScalability(points([1, 100], [4, 250]), 4)
    expect(fit.sigma).toBeCloseTo(0.2, 6)
    expect(fit).toMatchObject({ kappa: 0, amdahlSerial: fit.sigma, peakPoolSize: 4 })
    expect(fit.lambda).toBeCloseTo(100, 4)
  })

  test('the same size twice is still one', () => {
    expect(fitScalability(points([2, 100], [2, 300]), 2)).toMatchObject({ sigma: 0, kappa: 0 })
  })
})

test('more than linear is no contention', () => {
  expect(fitScalability(points([1, 100], [2, 250], [4, 600]), 4)).toMatchObject({ sigma: 0, kappa: 0, peakPoolSize: 4 })
})

test('a throughput that no worker raises is all contention', () => {
  const fit = fitScalability(points([1, 100], [2, 100], [4, 100]), 4)
  expect([fit.sigma, fit.amdahlSerial]).toEqual([expect.closeTo(1, 9), expect.closeTo(1, 9)])
  expect(fit).toMatchObject({ lambda: expect.closeTo(100, 6), kappa: expect.closeTo(0, 9) })
})

test('a second worker that makes it slower is found, and the peak with it', () => {
  const fit = fitScalability(points([1, 100], [2, 80], [4, 40]), 4)
  expect(fit.peakPoolSize).toBe(1)
  expect(fit.kappa).toBeGreaterThan(0)
})

test("Gunther's example: the peak is near the root of (1 − σ) / κ", () => {
  const model = { lambda: 995.6486, sigma: 0.0267, kappa: 0.000769 }
  const measured = [1, 2, 4, 8, 16, 32, 48, 64].map((poolSize) => ({ poolSize, tasksPerSecond: fittedThroughput(model, poolSize) }))
  const fit = fitScalability(measured, 64)
  expect(fit.sigma).toBeCloseTo(model.sigma, 5)
  expect(fit.kappa).toBeCloseTo(model.kappa, 7)
  expect(fit.lambda).toBeCloseTo(model.lambda, 1)
  expect([35, 36]).toContain(fit.peakPoolSize)
})

test('the peak stays within the reach of the machine and of what was measured', () => {
  const linear = points([1, 100], [2, 200], [3, 300])
  expect(fitScalability(linear, 2).peakPoolSize).toBe(3)
  expect(fitScalability(linear, 16).peakPoolSize).toBe(16)
})

test.each([[[]], [points([0, 1])], [points([2, 0])]])('no measurement is a fault of ours: %j', (given) => {
  expect(() => fitScalability(given, 2)).toThrow('measurement')
})

describe('recommendation', () => {
  test.each([
    ['the best', points([1, 100], [2, 190], [4, 210]), 4],
    ['the smallest that is nearly as good', points([2, 200], [4, 206], [8, 208]), 2],
    ['whatever the order', points([8, 208], [2, 200], [4, 206]), 2],
    ['just not good enough', points([2, 94.9], [4, 100]), 4],
    ['just good enough', points([2, 95], [4, 100]), 2],
  ])('%s', (_name, measured, expected) => {
    expect(recommendPoolSize(measured)).toBe(expected)
  })
})
