import type { Page } from 'playwright-core'
import { type BrowserOptions, type RunningBrowser, startBrowser } from './browser.ts'
import { CoordinatorFixture } from './coordinator-fixture.ts'
import { type RunningDashboard, startDashboard } from './dashboard-server.ts'
import type { FixtureWorld } from './fixture-world.ts'

export interface Stack {
  readonly coordinator: CoordinatorFixture
  readonly dashboard: RunningDashboard
  readonly browser: RunningBrowser
  /** A page of the dashboard, live. */
  readonly open: (path: string) => Promise<Page>
  readonly stop: () => Promise<void>
}

export interface StackOptions {
  readonly world?: FixtureWorld
  readonly token?: string
  readonly env?: Readonly<Record<string, string>>
  readonly browser?: BrowserOptions
}

/** A made-up coordinator, the real dashboard in front of it, and a browser. */
export async function startStack({ world, token, env, browser: browserOptions }: StackOptions): Promise<Stack> {
  const coordinator = await new CoordinatorFixture({ ...(world && { world }), ...(token !== undefined && { token }) }).start()
  const dashboard = await startDashboard({ FORKPOOL_URL: coordinator.url, ...(token !== undefined && { FORKPOOL_TOKEN: token }), ...env })
  const browser = await startBrowser(browserOptions)
  return {
    coordinator,
    dashboard,
    browser,
    open: async (path) => {
      const page = await browser.page()
      await page.goto(dashboard.url + path)
      await page.waitForSelector('[data-link=live]')
      return page
    },
    stop: async () => {
      await browser.close()
      await dashboard.stop()
      await coordinator.stop()
    },
  }
}

/** The numbers in a column of the chart's table, by pool size, as the page itself states them; null where it shows a dash. */
export async function readThroughput(page: Page, column: 'now' | 'peak' = 'now'): Promise<ReadonlyMap<number, number | null>> {
  const rows = await page
    .locator(`[data-testid=throughput] [data-column=${column}]`)
    .evaluateAll((cells) =>
      cells.map((cell) => [Number(cell.closest('tr')?.getAttribute('data-pool-size')), cell.getAttribute('data-value')] as const),
    )
  return new Map(rows.map(([size, value]) => [size, value === null ? null : Number(value)]))
}

/** Waits until the page's own state fulfils the condition, and fails with what it was at the end. */
export async function eventually<Value>(read: () => Promise<Value>, isGood: (value: Value) => boolean, withinMs = 10_000): Promise<Value> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const value = await read()
    if (isGood(value)) return value
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms; at the end it was ${describe(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function describe(value: unknown): string {
  return JSON.stringify(value instanceof Map ? [...value] : value)
}
