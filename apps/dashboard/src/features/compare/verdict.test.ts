import type { ComparisonReport, ComparisonRun } from '@forkpool/pool-core/protocol'
import { expect, test } from 'vitest'
import { differingSizes, verdictOf } from './verdict.ts'

function run(poolSize: number, seconds: number, speedup: number): ComparisonRun {
  return {
    poolSize,
    seconds,
    speedup,
    tasksPerSecond: 1000 / seconds,
    efficiency: speedup / poolSize,
    workers: poolSize,
    resultDigest: 'd1',
  }
}

const report: ComparisonReport = {
  task: 'primeCount',
  items: 1000,
  cores: 4,
  repeats: 3,
  oneWorkerSeconds: 10,
  runs: [run(1, 10, 1), run(2, 5.2, 1.92), run(4, 2.9, 3.45), run(8, 2.8, 3.57)],
  fit: { sigma: 0.05, kappa: 0.001, lambda: 100, amdahlSerial: 0.052, peakPoolSize: 6 },
  recommendedPoolSize: 4,
}

test('names the size that pays, how fast it is, and that the fastest costs more than it gives', () => {
  const { headline, detail } = verdictOf(report)
  expect(headline.replaceAll(' ', ' ')).toBe('4 workers: 3.45× the speed of one, each 86 % useful.')
  expect(detail.replaceAll(' ', ' ')).toBe(
    '8 workers were fastest, 3.57×, each 45 % useful. By the fitted law throughput peaks at 6 workers; 5 % of the work is serial by Amdahl.',
  )
})

test('a recommended size that was not run is still named', () => {
  expect(verdictOf({ ...report, recommendedPoolSize: 6 }).headline).toBe('Use 6 workers.')
})

test('different results are noticed by their digest', () => {
  expect(differingSizes(report)).toEqual([])
  const wrong = { ...report, runs: [run(1, 10, 1), { ...run(2, 5, 2), resultDigest: 'd2' }] }
  expect(differingSizes(wrong)).toEqual([2])
})
