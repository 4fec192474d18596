import type { ScalabilityFit } from '@forkpool/pool-core/protocol'
import { expect, test } from 'vitest'
import { amdahlSpeedup, curve, uslSpeedup, uslThroughput } from './scaling-laws.ts'

const fit = (fields: Partial<ScalabilityFit>): ScalabilityFit => ({
  sigma: 0,
  kappa: 0,
  lambda: 100,
  amdahlSerial: 0,
  peakPoolSize: 1,
  ...fields,
})

test('without contention, work scales with its workers', () => {
  expect(uslThroughput(fit({}), 8)).toBe(800)
  expect(uslSpeedup(fit({}), 8)).toBe(8)
  expect(amdahlSpeedup(fit({}), 8)).toBe(8)
})

test('with κ = 0 the universal law is Amdahl’s', () => {
  for (const size of [1, 2, 4, 8, 64])
    expect(uslSpeedup(fit({ sigma: 0.1 }), size)).toBeCloseTo(amdahlSpeedup(fit({ amdahlSerial: 0.1 }), size), 12)
})

test('with coherency cost throughput has its peak at √((1 − σ)/κ)', () => {
  const known = fit({ sigma: 0.05, kappa: 0.02 })
  const peak = Math.sqrt((1 - 0.05) / 0.02)
  for (const off of [-1, 1]) expect(uslThroughput(known, peak)).toBeGreaterThan(uslThroughput(known, peak + off))
})

test('a curve goes from one worker to the largest', () => {
  const points = curve((size) => size * 2, 8)
  expect(points.at(0)).toEqual([1, 2])
  expect(points.at(-1)).toEqual([8, 16])
})
