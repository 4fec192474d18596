import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { DurationHistogram } from '../pool/duration-histogram.ts'
import type { LocalPoolStatistics } from '../pool/statistics.ts'
import { POOL_METRICS } from './pool-metric-names.ts'
import type { PoolMetricName } from './pool-metric-names.ts'
import { POOL_SAMPLES } from './pool-samples.ts'
import { registerMetrics } from './register-metrics.ts'

function figures(size: number): LocalPoolStatistics {
  const run = new DurationHistogram()
  run.record(0.00005, 3)
  run.record(0.1024, 2)
  run.record(0.103)
  run.record(1e9)
  const nothing = new DurationHistogram().figures()
  return {
    state: 'running',
    size,
    workers: {
      starting: 0,
      idle: 1,
      busy: 1,
      stopping: 0,
      standby: 1,
      started: 7,
      lost: 2,
      recycled: { tasks: 1, memory: 3 },
      memory: { bytes: 4096, largestBytes: 8192 },
    },
    openCalls: 1,
    tasks: { queued: 5, running: 2, completed: 6, failed: 1, cancelled: 0 },
    durations: { queueWait: nothing, run: run.figures(), roundTrip: nothing },
    byTask: { 'square "x"': { ran: 7, failed: 1, retried: 1, timedOut: 0, runMs: 250, run: run.figures() } },
  }
}

const linesOf = async (register: Registry, name: string): Promise<string[]> =>
  (await register.getSingleMetricAsString(name)).split('\n').filter((line) => !line.startsWith('#'))

test('every metric is read from the statistics of the pool, under its labels', async () => {
  const register = new Registry()
  registerMetrics(register, { statistics: () => figures(2) }, { name: 'images', labels: { app: 'shop' } })
  const text = await register.metrics()
  expect(text).toContain('# TYPE forkpool_tasks_total counter')
  expect(text).toContain('forkpool_tasks_total{app="shop",pool="images",outcome="completed"} 6')
  expect(text).toContain('forkpool_worker_restarts_total{app="shop",pool="images",reason="memory"} 3')
  expect(text).toContain('forkpool_workers{app="shop",pool="images",state="standby"} 1')
  expect(text).toContain('forkpool_worker_memory_bytes{app="shop",pool="images"} 4096')
  expect(text).toContain('forkpool_task_runs_total{app="shop",pool="images",task="square \\"x\\"",outcome="succeeded"} 6')
  expect(text).toContain('forkpool_task_run_seconds_total{app="shop",pool="images",task="square \\"x\\""} 0.25')
  for (const name of Object.keys(POOL_METRICS)) expect(text).toContain(`# TYPE forkpool_${name} `)
})

test('each sample has the labels that the list of metrics names', () => {
  for (const [name, samplesOf] of Object.entries(POOL_SAMPLES)) {
    const { labels, type } = POOL_METRICS[name as PoolMetricName]
    const samples = samplesOf(figures(2))
    expect(samples.length, name).toBeGreaterThan(0)
    for (const sample of samples) {
      const own = type === 'histogram' ? Object.keys(sample.labels).filter((label) => label !== 'le') : Object.keys(sample.labels)
      expect(['pool', ...own], name).toEqual(labels)
    }
  }
})

test('a histogram counts up, in seconds, to all that there are', async () => {
  const register = new Registry()
  registerMetrics(register, { statistics: () => figures(2) })
  const lines = await linesOf(register, 'forkpool_task_run_seconds')
  expect(lines[0]).toBe('forkpool_task_run_seconds_bucket{pool="default",le="0.0000256"} 3')
  expect(lines[1]).toBe('forkpool_task_run_seconds_bucket{pool="default",le="0.0001024"} 5')
  expect(lines[2]).toBe('forkpool_task_run_seconds_bucket{pool="default",le="0.0004096"} 6')
  expect(lines.at(-4)).toMatch(/le="6871\.94\d*"\} 6$/)
  expect(lines.at(-3)).toBe('forkpool_task_run_seconds_bucket{pool="default",le="+Inf"} 7')
  expect(lines.at(-2)).toMatch(/_sum\{pool="default"\} 1000000\.000\d*$/)
  expect(lines.at(-1)).toBe('forkpool_task_run_seconds_count{pool="default"} 7')
})

test('pools share the metrics of a register; the last to leave takes them along', async () => {
  const register = new Registry()
  const leaveA = registerMetrics(register, { statistics: () => figures(2) }, { name: 'a' })
  const leaveB = registerMetrics(register, { statistics: () => figures(8) }, { name: 'b' })
  expect(await linesOf(register, 'forkpool_pool_size')).toEqual(['forkpool_pool_size{pool="a"} 2', 'forkpool_pool_size{pool="b"} 8'])
  expect(() => registerMetrics(register, { statistics: () => figures(1) }, { name: 'b' })).toThrow(/"b"/)
  leaveA()
  leaveA()
  expect(await linesOf(register, 'forkpool_pool_size')).toEqual(['forkpool_pool_size{pool="b"} 8'])
  leaveB()
  expect(register.getMetricsAsArray()).toEqual([])
  registerMetrics(register, { statistics: () => figures(3) }, { name: 'a', prefix: 'app_' })
  expect(await linesOf(register, 'app_pool_size')).toEqual(['app_pool_size{pool="a"} 3'])
})

test('one reading of the register asks a pool once; the next asks again', async () => {
  const register = new Registry()
  let asked = 0
  registerMetrics(register, {
    statistics: () => {
      asked++
      return figures(asked)
    },
  })
  await register.metrics()
  expect(asked).toBe(1)
  expect(await linesOf(register, 'forkpool_pool_size')).toEqual(['forkpool_pool_size{pool="default"} 2'])
})

test('a reset of the register leaves the figures, and OpenMetrics has its own names of counters', async () => {
  const register = new Registry()
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
  registerMetrics(register as never, { statistics: () => figures(2) })
  register.resetMetrics()
  for (const text of [await register.metrics(), await register.metrics()]) {
    expect(text).toContain('# TYPE forkpool_tasks counter')
    expect(text).toContain('forkpool_tasks_total{pool="default",outcome="completed"} 6')
    expect(text).toContain('forkpool_pool_size{pool="default"} 2')
  }
})

test.each([
  [{ prefix: '9a' }, /prefix/],
  [{ prefix: 'a-b' }, /prefix/],
  [{ labels: { 'a-b': 'c' } }, /a-b/],
  [{ labels: { __name__: 'c' } }, /__name__/],
  [{ labels: { task: 'c' } }, /task/],
])('%j is refused', (options, message) => {
  expect(() => registerMetrics(new Registry(), { statistics: () => figures(1) }, options)).toThrow(
    expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringMatching(message) as string }) as Error,
  )
})
