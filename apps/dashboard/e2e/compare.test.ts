import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FixtureWorld } from './fixture-world.ts'
import { type Stack, startStack } from './stack.ts'

let stack: Stack
let page: Page

beforeAll(async () => {
  stack = await startStack({ world: new FixtureWorld({ past: 30 }) })
  page = await stack.open('/compare')
  await page.locator('select[name=task] option[value=primeCount]').waitFor({ state: 'attached' })
})
afterAll(() => stack.stop())

const errors = () => page.locator('.field-error').allTextContents()

test('the tasks are those that the workers know, with their parameters', async () => {
  expect(await page.locator('select[name=task] option').allTextContents()).toEqual([
    'square(n)',
    'factorial(n)',
    'primeCount(n)',
    'sha256File(path)',
    'thumbnail(path, width)',
  ])
})

test('wrong fields are named before anything is sent', async () => {
  await page.fill('input[name=to]', '0')
  await page.fill('input[name=poolSizes]', '2, zero')
  await page.fill('input[name=repeats]', '99')
  await page.click('button[type=submit]')
  expect(await errors()).toEqual([
    'Expected at least 1: the range goes up.',
    '"zero" is not a pool size: expected whole numbers from 1.',
    'Expected a whole number from 1 to 20.',
  ])
  expect(await page.locator('input[name=to]').getAttribute('aria-invalid')).toBe('true')
  await page.fill('input[name=poolSizes]', '1, 64')
  expect(await errors()).toContain("64 is more than this coordinator's 32 workers.")
  await page.getByRole('radio', { name: 'JSON' }).click()
  await page.fill('textarea[name=items]', '1\n{')
  expect(await errors()).toContain('Line 2 is not JSON: {')
  await page.getByRole('radio', { name: 'Numbers from A to B' }).click()
  expect(stack.coordinator.requests.filter((request) => request.method === 'POST')).toEqual([])
})

test('a comparison runs, shows its progress, then time, speed-up with its laws, throughput, and the size that pays', async () => {
  await page.selectOption('select[name=task]', 'square')
  await page.fill('input[name=from]', '1')
  await page.fill('input[name=to]', '1000000')
  await page.fill('input[name=poolSizes]', '8, 1, 2, 4')
  await page.fill('input[name=repeats]', '2')
  await page.click('button[type=submit]')
  await page.waitForURL('**/compare/c1')
  await page.getByRole('progressbar', { name: 'Progress of the comparison' }).waitFor()
  await page.locator('[data-comparison=c1][data-state=completed]').waitFor()

  const report = stack.coordinator.world.comparison('c1')?.report
  const rows = await page
    .getByRole('table', { name: 'Comparison of pool sizes' })
    .locator('tbody tr')
    .evaluateAll((elements) => elements.map((row) => [...row.children].map((cell) => cell.textContent ?? '')))
  expect(rows.map((row) => row[0]?.replace('recommended', ''))).toEqual(['1', '2', '4', '8'])
  expect(rows.map((row) => row[3])).toEqual(report?.runs.map((run) => `${run.speedup.toFixed(2)}×`))
  expect(await page.getByTestId('recommended').textContent()).toBe(`${report?.recommendedPoolSize}recommended`)
  expect(await page.getByText('All sizes gave the same results.').count()).toBe(1)

  for (const curve of ['ideal', 'amdahl', 'usl']) {
    const drawn = page.getByRole('img', { name: /^Speed-up by pool size/ }).locator(`[data-curve=${curve}]`)
    expect((await drawn.getAttribute('d'))?.length).toBeGreaterThan(10)
  }
  for (const chart of [/^Time by pool size: .* with one worker, .* with 8 workers$/, /^Tasks per second by pool size/]) {
    const points = page.getByRole('img', { name: chart }).locator('[data-point]')
    expect(await points.evaluateAll((elements) => elements.map((element) => element.getAttribute('data-point')))).toEqual([
      '1',
      '2',
      '4',
      '8',
    ])
  }
})

test('earlier comparisons are listed, and each has an address of its own', async () => {
  await page.locator('.comparisons a[aria-current=page]').filter({ hasText: 'sizes 1, 2, 4, 8' }).waitFor()
  const other = await stack.open('/compare')
  await other.locator('.comparisons a').filter({ hasText: 'square' }).click()
  await other.locator('[data-comparison=c1][data-state=completed]').waitFor()
  await other.goto(`${stack.dashboard.url}/compare/never`)
  await other.getByText('No comparison has this identifier').waitFor()
  await other.close()
})

test('what the coordinator refuses is said in its own words', async () => {
  const { url } = stack.dashboard
  const refused = await fetch(`${url}/api/comparisons`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ task: 'sqare', range: { from: 1, to: 2 }, poolSizes: [1] }),
  })
  expect(refused.status).toBe(400)
  expect(await refused.json()).toEqual({ error: { code: 'BAD_ARGUMENT', message: 'No task function has the name sqare.' } })
})

test('nothing complained', () => {
  expect(stack.browser.complaints).toEqual([])
})
