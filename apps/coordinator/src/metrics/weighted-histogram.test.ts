import { Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { WeightedHistogram } from './weighted-histogram.ts'

test('prints the same as a histogram of prom-client that saw every observation alone', async () => {
  const help = 'Time'
  const bounds = [0.1, 0.5, 1]
  const ours = new Registry()
  const theirs = new Registry()
  const weighted = new WeightedHistogram('t', { type: 'histogram', labels: ['pool'], help }, bounds, ours)
  const plain = new Histogram({ name: 't', help, labelNames: ['pool'], buckets: bounds, registers: [theirs] })
  for (const [value, weight] of [
    [0.0625, 3],
    [0.1, 2],
    [0.75, 4],
    [2, 1],
  ] as const) {
    weighted.series('a').observe(value, weight)
    for (let i = 0; i < weight; i++) plain.observe({ pool: 'a' }, value)
  }
  expect((await ours.metrics()).trim().split('\n').toSorted()).toEqual((await theirs.metrics()).trim().split('\n').toSorted())
})
