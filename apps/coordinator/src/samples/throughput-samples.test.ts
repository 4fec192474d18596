import { expect, test } from 'vitest'
import { FakeClock } from '@forkpool/pool-core/testing'
import { ThroughputSamples } from './throughput-samples.ts'

const TWO = { name: 'size-2', size: 2 }
const FOUR = { name: 'size-4', size: 4 }

function sampled(): { readonly samples: ThroughputSamples; readonly clock: FakeClock } {
  const clock = new FakeClock()
  const samples = new ThroughputSamples(clock)
  samples.start()
  return { samples, clock }
}

test('a sample a second for each pool; a pool that came later has zeros before', () => {
  const { samples, clock } = sampled()
  samples.tasksSettled(TWO, 'completed', 500)
  clock.advance(1000)
  samples.tasksSettled(TWO, 'completed', 100)
  samples.tasksSettled(FOUR, 'completed', 300)
  clock.advance(1000)
  clock.advance(1000)
  const view = samples.view(300)
  expect(view.at).toHaveLength(3)
  expect(view.series).toEqual([
    { pool: 'size-2', poolSize: 2, tasksPerSecond: [500, 100, 0] },
    { pool: 'size-4', poolSize: 4, tasksPerSecond: [0, 300, 0] },
  ])
  expect(samples.view(2).series.map((series) => series.tasksPerSecond)).toEqual([
    [100, 0],
    [300, 0],
  ])
})

test('only completed tasks count', () => {
  const { samples, clock } = sampled()
  samples.tasksSettled(TWO, 'failed', 5)
  samples.tasksSettled(TWO, 'completed', 1)
  clock.advance(1000)
  expect(samples.latest().series).toEqual([{ pool: 'size-2', poolSize: 2, tasksPerSecond: 1 }])
})

test('the last quarter of an hour is kept, and a rate is a mean over the seconds asked for', () => {
  const { samples, clock } = sampled()
  for (let second = 0; second < 1000; second++) {
    samples.tasksSettled(TWO, 'completed', second)
    clock.advance(1000)
  }
  const { at, series } = samples.view(900)
  expect(at).toHaveLength(900)
  expect(series[0]?.tasksPerSecond).toHaveLength(900)
  expect(series[0]?.tasksPerSecond.at(-1)).toBe(999)
  expect(samples.rate('size-2', 10)).toBe(994.5)
})

test('nothing runs after stop', () => {
  const { samples, clock } = sampled()
  samples.stop()
  expect(clock.pending).toBe(0)
})
