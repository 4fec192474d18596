import { expect, test } from 'vitest'
import type { TaskMeasurements, WayFigures } from './advice.ts'
import { decide } from './decide.ts'

const way = (taskMs: number, speedup: number, size = 4, concurrency = 1): WayFigures => ({
  size,
  concurrency,
  taskMs,
  tasksPerSecond: 1_000 / taskMs,
  speedup,
  startMs: size === 1 ? 0 : 50,
})

/** A task of 10 ms that computes, on four cores. */
const COMPUTES: TaskMeasurements = {
  cores: 4,
  runs: 50,
  taskMs: 10,
  cpuShare: 1,
  loopShare: 1,
  payload: { argumentBytes: 10, resultBytes: 8, costMs: 0.002 },
  async: way(10, 1, 1),
  threads: way(2.6, 3.8),
  processes: way(2.7, 3.7),
}

test('what computes goes to threads, as many as there are cores', () => {
  const { recommended, size, concurrency, reasons } = decide('hash', COMPUTES)
  expect({ recommended, size, concurrency }).toEqual({ recommended: 'threads', size: 4, concurrency: 1 })
  expect(reasons[0]).toBe('A task takes 10 ms, 100 % of it on a processor: it computes.')
  expect(reasons.join(' ')).toContain('4 threads are 3.8 times as fast')
})

test('to processes where those are clearly faster, or threads fail', () => {
  expect(decide('hash', { ...COMPUTES, threads: way(4, 2.5) })).toMatchObject({ recommended: 'processes', size: 4 })
  const failed = decide('hash', { ...COMPUTES, threads: { failed: 'not context-aware' } })
  expect(failed.recommended).toBe('processes')
  expect(failed.reasons).toContain('It cannot run in threads: not context-aware')
})

test('nowhere, where sharing out costs more than it gains', () => {
  const short = { ...COMPUTES, taskMs: 0.0001, async: way(0.0001, 1, 1), threads: way(0.0011, 0.09), processes: way(0.0012, 0.08) }
  const { recommended, size, reasons } = decide('square', short)
  expect({ recommended, size }).toEqual({ recommended: 'async', size: 1 })
  expect(reasons[1]).toBe(
    '4 threads are 0.1 times as fast as one task after the other, since to share a task out costs 4.3 µs: a pool does not pay, unless the event loop must stay free.',
  )
})

test('what waits and lets others go on runs many at once in the program', () => {
  const waits = {
    ...COMPUTES,
    taskMs: 20,
    cpuShare: 0.002,
    loopShare: 0.002,
    async: way(0.33, 60, 1, 64),
    threads: way(5, 4),
    processes: way(5, 4),
  }
  const advice = decide('fetch', waits)
  expect(advice).toMatchObject({ recommended: 'async', size: 1, concurrency: 64 })
  expect(advice.reasons[1]).toBe(
    '64 at once in one program are 60 times as fast as one after the other, 4 threads 4.0 times: a pool is not needed.',
  )
})

test('what waits and blocks its thread gets more threads than there are cores', () => {
  const blocks = { ...COMPUTES, taskMs: 20, cpuShare: 0.1, loopShare: 0.1, async: way(20, 1, 1), threads: way(5, 4), processes: way(5, 4) }
  expect(decide('exec', blocks)).toMatchObject({ recommended: 'threads', size: 40, concurrency: 1 })
  expect(decide('exec', { ...blocks, cpuShare: 0.0001 }).size).toBe(64)
})

test('what waits a little and computes much gets a pool whose workers run several at once', () => {
  const both = { ...COMPUTES, cpuShare: 0.4, loopShare: 0.4, async: way(4, 2.5, 1, 3), threads: way(2.6, 3.8), processes: way(2.7, 3.7) }
  expect(decide('render', both)).toMatchObject({ recommended: 'threads', size: 4, concurrency: 3 })
})

test('a payload that weighs is named', () => {
  const heavy = { ...COMPUTES, payload: { argumentBytes: 8_000_000, resultBytes: 20, costMs: 6 } }
  expect(decide('blur', heavy).reasons.at(-1)).toBe(
    'Its arguments take 8.0 MB, its result 20 bytes, and 6.0 ms to encode and decode, 38 % of the whole: share what is large (SharedMemory).',
  )
})
