import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningBrowser, startBrowser } from './browser.ts'
import { CoordinatorFixture } from './coordinator-fixture.ts'
import { type RunningDashboard, startDashboard } from './dashboard-server.ts'
import { FixtureWorld } from './fixture-world.ts'
import { eventually } from './stack.ts'

let browser: RunningBrowser
let dashboard: RunningDashboard
const coordinator = new CoordinatorFixture({
  world: new FixtureWorld({ past: 60, pools: [{ name: 'size-4', size: 4, from: 0, to: 3000 }] }),
})

beforeAll(async () => {
  await coordinator.start()
  await coordinator.stop()
  dashboard = await startDashboard({ FORKPOOL_URL: coordinator.url })
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
  await dashboard.stop()
  await coordinator.stop()
})

test('without a coordinator every page says what to run; it finds it by itself, loses it, and finds it again', async () => {
  const page = await browser.page()
  for (const path of ['/batches', '/workers', '/compare', '/system', '/']) {
    await page.goto(dashboard.url + path)
    const banner = page.getByRole('alert').filter({ hasText: 'No coordinator answers at' })
    await banner.waitFor()
    expect(await banner.textContent()).toContain('connection refused')
    expect(await banner.textContent()).toContain('npx forkpool serve')
  }

  await coordinator.start()
  await page.waitForSelector('[data-link=live]')
  await page.locator('[data-line="4"]').waitFor()
  expect(await page.getByText('No coordinator answers').count()).toBe(0)

  await coordinator.stop()
  await page.waitForSelector('[data-link=unreachable]')
  // What was known last stays, dimmed, with its time.
  expect(await page.locator('[data-line="4"]').count()).toBe(1)
  expect(await page.getByText(/What is shown is from \d\d:\d\d:\d\d\./).count()).toBe(1)
  expect(await page.locator('.stale').count()).toBe(1)

  await coordinator.start()
  await page.waitForSelector('[data-link=live]')
  expect(await page.locator('.stale').count()).toBe(0)
  await page.close()
})

test('many browsers share one connection to the coordinator, and it closes with the last of them', async () => {
  const pages = await Promise.all([browser.page(), browser.page(), browser.page()])
  for (const page of pages) {
    await page.goto(dashboard.url)
    await page.waitForSelector('[data-link=live]')
  }
  expect(coordinator.liveReaders).toBe(1)
  await Promise.all(pages.map((page) => page.close()))
  await eventually(
    async () => coordinator.liveReaders,
    (readers) => readers === 0,
  )
})

test('a page says so when the dashboard’s own server is gone', async () => {
  const other = await startDashboard({ FORKPOOL_URL: coordinator.url })
  const page = await browser.page()
  await page.goto(other.url)
  await page.waitForSelector('[data-link=live]')
  // It ends at once and by itself, although a page still listens.
  expect(await other.end('SIGTERM')).toBe('code 143')
  await page.waitForSelector('[data-link=dashboard-lost]')
  expect(await page.getByRole('alert').filter({ hasText: 'own server does not answer' }).count()).toBe(1)
  await page.close()
})

test('a missing token is named, with the variable to set', async () => {
  const guarded = await new CoordinatorFixture({ token: 'right' }).start()
  const other = await startDashboard({ FORKPOOL_URL: guarded.url, FORKPOOL_TOKEN: 'another-token' })
  const page = await browser.page()
  await page.goto(other.url)
  await page.waitForSelector('[data-link=refused]')
  const text = await page.getByRole('alert').filter({ hasText: 'refuses this dashboard' }).textContent()
  expect(text).toContain('FORKPOOL_TOKEN')
  expect(text).not.toContain('another-token')
  await page.close()
  await other.stop()
  await guarded.stop()
})

test('nothing complained', () => {
  expect(browser.complaints).toEqual([])
})
