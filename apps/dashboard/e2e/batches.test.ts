import type { BatchView } from '@forkpool/pool-core/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FixtureWorld } from './fixture-world.ts'
import { type Stack, startStack } from './stack.ts'

const now = Date.now()
const ended: readonly BatchView[] = Array.from({ length: 130 }, (_, i) => ({
  id: `old-${i}`,
  task: 'square',
  pool: 'size-2',
  poolSize: 2,
  state: 'completed',
  priority: 0,
  submitted: 100,
  total: 100,
  completed: 100,
  failed: 0,
  cancelled: 0,
  submittedAt: now - 60_000 - i * 1000,
  endedAt: now - 59_000 - i * 1000,
  tasksPerSecond: 100,
  remainingMs: null,
  workers: 2,
  failures: [],
}))
let stack: Stack

beforeAll(async () => {
  const pools = [
    { name: 'size-4', size: 4, from: 0, to: 3000 },
    { name: 'size-8', size: 8, from: 0, to: 3000 },
  ]
  stack = await startStack({ world: new FixtureWorld({ past: 30, pools, batches: ended }) })
})
afterAll(() => stack.stop())

test('a list that is cut says so, and older ones come page by page', async () => {
  const page = await stack.open('/batches')
  const shown = page.getByTestId('batches-shown')
  await shown.filter({ hasText: 'Showing 50 of 132.' }).waitFor()
  await page.getByRole('button', { name: 'Show older ones' }).click()
  await shown.filter({ hasText: 'Showing 100 of 132.' }).waitFor()
  await page.getByRole('button', { name: 'Show older ones' }).click()
  await shown.filter({ hasText: 'Showing 132 of 132.' }).waitFor()
  expect(await page.getByRole('button', { name: 'Show older ones' }).count()).toBe(0)
  const ids = await page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-row')))
  expect(new Set(ids).size).toBe(132)
  expect(ids.at(-1)).toBe('old-129')
  await page.close()
})

test('a batch shows its progress and its failures, and can be cancelled after a question', async () => {
  const page = await stack.open('/batches')
  const row = page.locator('tbody tr').filter({ hasText: 'size-4' })
  expect(await row.getByRole('progressbar').getAttribute('aria-valuetext')).toMatch(/^\d+ %, [\d,]+ of [\d,]+$|^<1/)
  await row.getByRole('link').click()
  await page.getByText('n must not be negative, got -3').waitFor()
  expect(await page.getByText('Showing the first 2 of 12.').count()).toBe(1)
  expect(await page.locator('[data-tile=Failed] dd').first().textContent()).toBe('12')

  await page.getByRole('button', { name: 'Cancel batch' }).click()
  const dialog = page.getByRole('dialog', { name: 'Cancel this batch?' })
  await dialog.getByRole('button', { name: 'Keep it running' }).click()
  expect(stack.coordinator.requests.filter((request) => request.method === 'POST')).toEqual([])
  await page.getByRole('button', { name: 'Cancel batch' }).click()
  await dialog.getByRole('button', { name: 'Cancel batch' }).click()
  await page.locator('h1 .badge').filter({ hasText: 'Cancelled' }).waitFor()
  expect(stack.coordinator.requests.filter((request) => request.method === 'POST').map((request) => request.path)).toEqual([
    `/api/v1/batches/${new URL(page.url()).pathname.split('/').at(-1)}/cancel`,
  ])
  await page.close()
})

test('an old batch has its own page, an unknown one says so', async () => {
  const page = await stack.open('/batches/old-100')
  await page.locator('h1 .badge').filter({ hasText: 'Completed' }).waitFor()
  await page.goto(`${stack.dashboard.url}/batches/never%25`)
  await page.getByText('No batch has this identifier').waitFor()
  expect(await page.locator('h1').textContent()).toBe('never%')
  await page.close()
})

test('nothing complained', () => {
  expect(stack.browser.complaints).toEqual([])
})
