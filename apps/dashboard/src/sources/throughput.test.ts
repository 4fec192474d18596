import { expect, test } from 'vitest'
import { Throughput } from './throughput.ts'
import type { ThroughputHistory, ThroughputSource } from './throughput-source.ts'

const url = new URL('http://user:secret@127.0.0.1:9090')
const series = [{ pool: 'a', poolSize: 2, tasksPerSecond: [1] }]

function source(name: 'prometheus' | 'built-in', history: () => Partial<ThroughputHistory>): ThroughputSource {
  return { name, history: async () => ({ intervalMs: 1000, at: [1], series, ...history() }) }
}

const builtIn = source('built-in', () => ({}))

test('without Prometheus the built-in source answers, and nothing fell back', async () => {
  expect(await new Throughput(builtIn, null).view(300)).toMatchObject({ source: 'built-in', fallbackReason: null })
})

test('Prometheus answers where it can', async () => {
  const prometheus = { source: source('prometheus', () => ({})), url }
  expect(await new Throughput(builtIn, prometheus).view(300)).toMatchObject({ source: 'prometheus', fallbackReason: null, series })
})

test('where Prometheus fails or is empty, the built-in source answers and says why, without credentials', async () => {
  const failing = source('prometheus', () => {
    throw new Error('connection refused')
  })
  const empty = source('prometheus', () => ({ series: [] }))
  expect(await new Throughput(builtIn, { source: failing, url }).view(60)).toMatchObject({
    source: 'built-in',
    fallbackReason: 'Prometheus at http://127.0.0.1:9090 does not answer: connection refused',
  })
  expect(await new Throughput(builtIn, { source: empty, url }).view(60)).toMatchObject({
    source: 'built-in',
    fallbackReason: 'Prometheus at http://127.0.0.1:9090 has no tasks counted in this time',
  })
})

test('before any work both are empty, and Prometheus is the source; so it is where only the coordinator is gone', async () => {
  const empty = source('prometheus', () => ({ series: [] }))
  const idle = source('built-in', () => ({ series: [] }))
  const gone = source('built-in', () => {
    throw new Error('connection refused')
  })
  for (const own of [idle, gone]) {
    expect(await new Throughput(own, { source: empty, url }).view(60)).toMatchObject({
      source: 'prometheus',
      fallbackReason: null,
      series: [],
    })
  }
  await expect(new Throughput(gone, null).view(60)).rejects.toThrow('connection refused')
})
