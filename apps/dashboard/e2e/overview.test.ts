import type { PoolView } from '@forkpool/pool-core/protocol'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningBrowser, startBrowser } from './browser.ts'
import { type RunningDashboard, startDashboard } from './dashboard-server.ts'
import { forkpool, type RunningService, startCoordinator, startPrometheus } from './service.ts'
import { eventually, readThroughput } from './stack.ts'

/** The real thing: coordinator, workers, Prometheus, dashboard, browser. */
let coordinator: RunningService
let prometheus: RunningService
let builtIn: RunningDashboard
let withPrometheus: RunningDashboard
let browser: RunningBrowser
let page: Page

const SIZES = [2, 3] as const
const ITEMS = 400_000

beforeAll(async () => {
  coordinator = await startCoordinator()
  prometheus = await startPrometheus(coordinator.url)
  builtIn = await startDashboard({ FORKPOOL_URL: coordinator.url })
  withPrometheus = await startDashboard({ FORKPOOL_URL: coordinator.url, PROMETHEUS_URL: prometheus.url })
  browser = await startBrowser()
  page = await browser.page()
  await page.goto(builtIn.url)
  await page.waitForSelector('[data-link=live]')
})
afterAll(async () => {
  await browser?.close()
  await withPrometheus?.stop()
  await builtIn?.stop()
  await prometheus?.stop()
  await coordinator?.stop()
})

async function pools(): Promise<readonly PoolView[]> {
  return ((await (await fetch(`${coordinator.url}/api/v1/pools`)).json()) as { pools: readonly PoolView[] }).pools
}

test('before any work the page says how to begin', async () => {
  await page.getByText('No pool yet').waitFor()
  await page.getByText('No batch is open').waitFor()
})

test('the overview shows a line for each pool size within two seconds of the work', async () => {
  for (const size of SIZES) {
    const work = forkpool(coordinator.url, 'map', 'square', '--items', `1..${ITEMS}`, '--pool-size', `${size}`, '--output', '/dev/null')
    await eventually(pools, (now) => now.some((pool) => pool.size === size && pool.tasks.completed > 0))
    // The work may be over before the page shows it; then its peak remains.
    await eventually(
      () => readThroughput(page, 'peak'),
      (shown) => (shown.get(size) ?? 0) > 1000,
      2_000,
    )
    await page.locator(`[data-line="${size}"]`).waitFor({ state: 'attached' })
    await work
  }
})

test('the page counts what the coordinator counted', async () => {
  const completed = (size: number) => page.locator(`[data-row=size-${size}] [data-column=completed] span`).getAttribute('title')
  for (const size of SIZES)
    expect(
      await eventually(
        () => completed(size),
        (title) => title === '400,000',
      ),
    ).toBe('400,000')
  expect(await page.locator('[data-source=built-in]').textContent()).toContain('From the coordinator’s own samples')
})

interface Throughput {
  readonly source: string
  readonly at: readonly number[]
  readonly series: readonly { readonly poolSize: number; readonly tasksPerSecond: readonly (number | null)[] }[]
}

/** The area below a line: tasks per second times seconds. */
function tasksBelow({ at, series }: Throughput, size: number): number {
  const values = series.find((entry) => entry.poolSize === size)?.tasksPerSecond ?? []
  return values.reduce<number>((sum, value, i) => sum + (value ?? 0) * (((at[i] ?? 0) - (at[i - 1] ?? (at[i] ?? 0) - 1000)) / 1000), 0)
}

test.each(['built-in', 'prometheus'])('the area below each line of %s is the number of tasks', async (source) => {
  const { url } = source === 'prometheus' ? withPrometheus : builtIn
  const read = async () => (await (await fetch(`${url}/api/throughput?seconds=300`)).json()) as Throughput
  const isWithin = (tasks: number) => Math.abs(tasks - ITEMS) <= ITEMS * 0.02
  await eventually(
    async () => {
      const answer = await read()
      return { source: answer.source, tasks: SIZES.map((size) => tasksBelow(answer, size)) }
    },
    (now) => now.source === source && now.tasks.every(isWithin),
  )
})

test('with Prometheus the page says so and shows the same sizes', async () => {
  const other = await browser.page()
  await other.goto(withPrometheus.url)
  await other.locator('[data-source=prometheus]').waitFor()
  for (const size of SIZES) await other.locator(`[data-line="${size}"]`).waitFor({ state: 'attached' })
  await other.close()
})

test('a comparison from the form to the size that pays', async () => {
  await page.goto(`${builtIn.url}/compare`)
  await page.locator('select[name=task] option[value=primeCount]').waitFor({ state: 'attached' })
  await page.selectOption('select[name=task]', 'primeCount')
  await page.fill('input[name=to]', '1500')
  await page.fill('input[name=poolSizes]', '1, 2')
  await page.fill('input[name=repeats]', '2')
  await page.click('button[type=submit]')
  await page.locator('[data-comparison][data-state=completed]').waitFor()
  const id = new URL(page.url()).pathname.split('/').at(-1)
  const { report } = (await (await fetch(`${coordinator.url}/api/v1/comparisons/${id}`)).json()) as {
    report: { recommendedPoolSize: number; runs: readonly { poolSize: number; speedup: number }[] }
  }
  const rows = await page
    .getByRole('table', { name: 'Comparison of pool sizes' })
    .locator('tbody tr')
    .evaluateAll((elements) =>
      elements.map((row) => [row.getAttribute('data-row'), row.querySelector('[data-column=speedup]')?.textContent]),
    )
  expect(rows).toEqual(report.runs.map((run) => [`${run.poolSize}`, `${run.speedup.toFixed(2)}×`]))
  expect(await page.getByTestId('recommended').textContent()).toBe(`${report.recommendedPoolSize}recommended`)
  expect(await page.getByText('All sizes gave the same results.').count()).toBe(1)
})

test('a batch that fails shows why, and a running one can be cancelled', async () => {
  await forkpool(coordinator.url, 'map', 'fail', '--items', '1..3', '--output', '/dev/null').catch(() => undefined)
  const work = forkpool(coordinator.url, 'map', 'sleep', '--items', '20000..20040', '--output', '/dev/null').catch(
    (error: Error) => error.message,
  )
  await page.goto(`${builtIn.url}/batches`)
  await page.locator('tbody tr').filter({ hasText: 'fail' }).locator('.badge').filter({ hasText: 'Failed' }).waitFor()
  await page.locator('tbody tr').filter({ hasText: 'sleep' }).getByRole('link').click()
  await page.getByRole('button', { name: 'Cancel batch' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel batch' }).click()
  await page.locator('h1 .badge').filter({ hasText: 'Cancelled' }).waitFor()
  await work
})

test('nothing complained', () => {
  expect(browser.complaints).toEqual([])
})
