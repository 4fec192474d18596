import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserFiles } from './dashboard-server.ts'
import { FixtureWorld } from './fixture-world.ts'
import { type Stack, startStack } from './stack.ts'

const TOKEN = 'fixture-token-2f61c0'

const world = new FixtureWorld({
  past: 400,
  workers: 14,
  batchesTotal: 1234,
  pools: [
    { name: 'size-2', size: 2, from: 120, to: 320 },
    { name: 'size-4', size: 4, from: 180, to: 3000 },
    { name: 'size-8', size: 8, from: 260, to: 3000 },
  ],
})
let stack: Stack

beforeAll(async () => {
  stack = await startStack({ world, token: TOKEN })
})
afterAll(() => stack.stop())

const PAGES = [
  ['/', 'Overview', 'Tasks per second by pool size'],
  ['/batches', 'Batches', 'Showing 3 of 1,234'],
  ['/workers', 'Workers', 'w14'],
  ['/compare', 'Compare', 'New comparison'],
  ['/system', 'System', 'forkpool 0.1.0'],
] as const

test.each(PAGES)('%s has its title, its content, and one heading of its own', async (path, title, content) => {
  const page = await stack.open(path)
  await page.getByText(content).first().waitFor()
  expect(await page.locator('h1').allTextContents()).toEqual([title])
  expect(await page.title()).toContain('Forkpool')
  expect(await page.locator('nav [aria-current=page]').allTextContents()).toEqual([title])
  await page.close()
})

test('nothing on any page broke a script or the content policy', () => {
  expect(stack.browser.complaints).toEqual([])
})

test('the same at 400 pixels, without a page that scrolls sideways', async () => {
  const page = await stack.open('/')
  await page.setViewportSize({ width: 400, height: 800 })
  for (const [path] of PAGES) {
    await page.goto(stack.dashboard.url + path)
    await page.waitForSelector('[data-link=live]')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400)
  }
  await page.close()
})

test('every control can be reached by the keyboard, beginning with the way to the content', async () => {
  const page = await stack.open('/')
  const names: string[] = []
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab')
    names.push(
      await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? ''),
    )
  }
  expect(names[0]).toBe('Skip to the content')
  for (const name of ['Workers', 'Tasks per second by pool size, over time', 'All batches', 'Tasks/s (10 s)']) expect(names).toContain(name)
  await page.close()
})

describe('what every answer carries', () => {
  test('a content policy with a fresh nonce, no eval, no frames', async () => {
    const [first, second] = await Promise.all([fetch(stack.dashboard.url), fetch(stack.dashboard.url)])
    const policy = first.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/script-src 'self' 'nonce-[^']{20,}' 'strict-dynamic'(;|$)/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(second.headers.get('content-security-policy')).not.toBe(policy)
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? 'none'
    const scripts = [...(await first.text()).matchAll(/<script\b[^>]*>/g)].map((match) => match[0])
    expect(scripts.length).toBeGreaterThan(0)
    expect(scripts.filter((script) => !script.includes(`nonce="${nonce}"`))).toEqual([])
  })

  test('headers against sniffing, framing and leaking, and no boast of its maker', async () => {
    const { headers } = await fetch(`${stack.dashboard.url}/api/healthz`)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-powered-by')).toBeNull()
  })

  test('never the token', async () => {
    const bodies = await Promise.all(
      ['/', '/batches', '/system', '/api/throughput', '/api/tasks', '/api/batches'].map(async (path) =>
        (await fetch(stack.dashboard.url + path)).text(),
      ),
    )
    expect([...bodies, browserFiles(), stack.dashboard.output()].filter((text) => text.includes(TOKEN))).toEqual([])
    expect(stack.coordinator.requests.length).toBeGreaterThan(0)
    expect(stack.coordinator.requests.filter((request) => request.authorization !== `Bearer ${TOKEN}`)).toEqual([])
  })
})
