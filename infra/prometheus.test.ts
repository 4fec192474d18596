import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connect } from '@forkpool/client'
import { needTool } from '@forkpool/tools/install/need-tool.mjs'
import { freePort, startCoordinator, startPrometheus } from '@forkpool/tools/service'
import type { Coordinator } from '@forkpool/tools/service'
import { panelExpressions, readDashboard, readRules } from './expressions.ts'
import { PrometheusApi } from './prometheus-api.ts'
import { withoutGrafanaVariables } from './promql.ts'

/** What each pool size computes: `sleep`, so that it takes seconds and leaves the machine alone. */
const WORK = [
  { poolSize: 2, tasks: 1000 },
  { poolSize: 4, tasks: 2000 },
]
const SLEEP_MS = 10
/** Tasks a shard: results come every tenth of a second. */
const CHUNK_SIZE = 10

/** Prometheus is asked until it has seen what there is to see: its own scrapes are the only signal that it gives. */
const PATIENCE = { interval: 100, timeout: 40_000 }

interface Running {
  readonly coordinator: Coordinator
  readonly prometheus: PrometheusApi
}

/** A coordinator, and the real Prometheus with the shipped configuration, which scrapes it. */
async function start(program: string): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-infra-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const coordinator = await startCoordinator({ port: 0, logFile: join(folder, 'coordinator.log') })
  onTestFinished(() => coordinator.process.stop())
  const prometheus = await startPrometheus({
    program,
    port: await freePort(9190),
    coordinatorUrl: coordinator.httpUrl,
    logFile: join(folder, 'prometheus.log'),
  })
  onTestFinished(() => prometheus.stop())
  return { coordinator, prometheus: new PrometheusApi(prometheus.url) }
}

/** Values by pool size, as Prometheus has them now. */
async function byPoolSize(prometheus: PrometheusApi, expression: string): Promise<Record<string, number>> {
  const series = await prometheus.query(expression)
  return Object.fromEntries(series.map(({ labels, samples }) => [labels['pool_size'] ?? '', samples[0]?.[1] ?? Number.NaN]))
}

const COUNTED = 'sum by (pool_size) (forkpool_tasks_total{job="forkpool", outcome="completed"})'

/** When Prometheus took the newest sample, seconds since 1970. All series of one scrape have the same time. */
async function lastSampleAt(prometheus: PrometheusApi): Promise<number> {
  const [series] = await prometheus.query('timestamp(forkpool_build_info)')
  return series?.samples[0]?.[1] ?? Number.NaN
}

test('tasks per second by pool size agree with the counted tasks within 2 %', async (context) => {
  const { coordinator, prometheus } = await start(needTool(context, 'prometheus'))
  await using cluster = await connect(coordinator.url)

  // One task each: a rate is seen from the second sample of a series on.
  for (const { poolSize } of WORK) await cluster.pool({ size: poolSize }).map('square', [1])
  await expect.poll(() => byPoolSize(prometheus, COUNTED), PATIENCE).toEqual({ 2: 1, 4: 1 })
  const begin = await lastSampleAt(prometheus)

  await Promise.all(
    WORK.map(({ poolSize, tasks }) => {
      const pool = cluster.pool({ size: poolSize, chunkSize: CHUNK_SIZE })
      return pool.map(
        'sleep',
        Array.from({ length: tasks }, () => SLEEP_MS),
      )
    }),
  )
  await expect
    .poll(() => byPoolSize(prometheus, COUNTED), PATIENCE)
    .toEqual(Object.fromEntries(WORK.map(({ poolSize, tasks }) => [poolSize, tasks + 1])))
  const end = await lastSampleAt(prometheus)

  // From the sample before the work to the one after it; ten milliseconds more, as newer versions leave out the window's first instant.
  const seconds = end - begin
  const windowMs = Math.round(seconds * 1000) + 10
  const rates = await byPoolSize(prometheus, `sum by (pool_size) (rate(forkpool_tasks_total{outcome="completed"}[${windowMs}ms] @ ${end}))`)
  // The recording rule looks back ten seconds, so it has seen some of it.
  const recorded = await prometheus.queryRange('pool_size:forkpool_tasks_completed:rate10s', begin, end, 1)
  for (const { poolSize, tasks } of WORK) {
    const rate = rates[poolSize] ?? Number.NaN
    expect(
      Math.abs((rate * seconds) / tasks - 1),
      `${rate} tasks/s in ${seconds} s, ${tasks} counted, at pool size ${poolSize}`,
    ).toBeLessThan(0.02)
    const highest = Math.max(
      ...(recorded.find(({ labels }) => labels['pool_size'] === String(poolSize))?.samples ?? []).map(([, value]) => value),
    )
    expect(highest).toBeGreaterThan(0)
    expect(highest).toBeLessThan(tasks)
  }
})

test('the target is up, every rule is healthy, and every chart of the dashboard has an answer', async (context) => {
  const { coordinator, prometheus } = await start(needTool(context, 'prometheus'))
  await using cluster = await connect(coordinator.url)
  const pool = cluster.pool({ size: 2 })
  await pool.map('square', [1, 2, 3])
  await expect.poll(() => byPoolSize(prometheus, COUNTED), PATIENCE).toEqual({ 2: 3 })
  await pool.map(
    'square',
    Array.from({ length: 1000 }, (_, index) => index),
  )
  await expect.poll(() => byPoolSize(prometheus, COUNTED), PATIENCE).toEqual({ 2: 1003 })

  expect(await prometheus.targets()).toMatchObject([{ labels: { job: 'forkpool' }, health: 'up', lastError: '' }])
  await expect.poll(() => prometheus.rules().then((rules) => rules.filter(({ health }) => health === 'unknown')), PATIENCE).toEqual([])
  const rules = await prometheus.rules()
  expect(rules.length).toBe(readRules().length)
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])

  const empty: string[] = []
  for (const { where, expression } of panelExpressions(readDashboard())) {
    const answer = await prometheus.query(withoutGrafanaVariables(expression))
    if (answer.length === 0) empty.push(where)
  }
  expect(empty).toEqual([])
})
