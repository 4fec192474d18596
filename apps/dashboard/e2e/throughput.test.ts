import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FixtureWorld } from './fixture-world.ts'
import { eventually, readThroughput, type Stack, startStack } from './stack.ts'

const world = new FixtureWorld({
  past: 400,
  workers: 14,
  pools: [
    { name: 'size-2', size: 2, from: 20, to: 320 },
    { name: 'nightly', size: 2, from: 380, to: 3000 },
    { name: 'size-4', size: 4, from: 180, to: 3000 },
    { name: 'size-8', size: 8, from: 260, to: 3000 },
  ],
})
let stack: Stack
let page: Page

beforeAll(async () => {
  stack = await startStack({ world })
  page = await stack.open('/')
  await page.locator('[data-line="8"]').waitFor()
})
afterAll(() => stack.stop())

const chart = () => page.getByRole('slider', { name: 'Tasks per second by pool size, over time' })

test('there is a line for each pool size, and its number in the table is what the coordinator counted', async () => {
  expect(await page.locator('[data-line]').evaluateAll((lines) => lines.map((line) => line.getAttribute('data-line')))).toEqual([
    '2',
    '4',
    '8',
  ])
  await eventually(
    () => readThroughput(page),
    (shown) => {
      const { series } = world.snapshot().samples
      const of = (size: number) => series.filter((entry) => entry.poolSize === size).reduce((sum, entry) => sum + entry.tasksPerSecond, 0)
      return [2, 4, 8].every((size) => shown.get(size) === of(size))
    },
  )
  expect(await page.getByText('From the coordinator’s own samples, one a second.').count()).toBe(1)
})

test('a colour belongs to a size; pools of one size are one line or each its own', async () => {
  const hue = (line: string) => page.locator(`[data-line="${line}"]`).getAttribute('class')
  const bySize = await hue('2')
  await page.getByRole('radio', { name: 'By pool' }).click()
  await page.locator('[data-line="2 nightly"]').waitFor()
  expect(await hue('2 nightly')).toBe(bySize)
  expect(await hue('2 size-2')).toBe(bySize)
  await page.getByRole('radio', { name: 'By size' }).click()
  await page.locator('[data-line="2"]').waitFor()
})

test('it follows the work by itself', async () => {
  const before = await chart().getAttribute('aria-valuemax')
  await eventually(
    () => chart().getAttribute('aria-valuemax'),
    (now) => Number(now) >= Number(before) + 2000,
  )
})

test('the window can be chosen', async () => {
  const span = async () => Number(await chart().getAttribute('aria-valuemax')) - Number(await chart().getAttribute('aria-valuemin'))
  expect(await span()).toBe(300_000)
  await page.getByRole('radio', { name: '1 min', exact: true }).click()
  await eventually(span, (ms) => ms === 60_000)
  await page.getByRole('radio', { name: '5 min', exact: true }).click()
  await eventually(span, (ms) => ms === 300_000)
})

test('a zoom by dragging stays while the work goes on, until the reader goes back', async () => {
  const box = await chart().boundingBox()
  if (box === null) throw new Error('the chart is not on the page')
  await page.mouse.move(box.x + box.width * 0.4, box.y + 100)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, box.y + 120, { steps: 4 })
  await page.mouse.up()
  const back = page.getByRole('button', { name: 'Back to live' })
  await back.waitFor()
  const zoomed = await chart().getAttribute('aria-valuemax')
  const clock = await page.locator('[data-link=live]').textContent()
  await eventually(
    () => page.locator('[data-link=live]').textContent(),
    (now) => now !== clock,
  )
  expect(await chart().getAttribute('aria-valuemax')).toBe(zoomed)
  await back.click()
  await eventually(
    () => chart().getAttribute('aria-valuemax'),
    (now) => Number(now) > Number(zoomed),
  )
})

test('pointing at the chart reads that moment off in the table', async () => {
  const box = await chart().boundingBox()
  if (box === null) throw new Error('the chart is not on the page')
  await page.mouse.move(box.x + box.width * 0.5, box.y + 100)
  await page.getByRole('columnheader', { name: /^at \d\d:\d\d:\d\d$/ }).waitFor()
  await page.mouse.move(5, 5)
  await page.getByRole('columnheader', { name: 'Tasks/s now' }).waitFor()
})

test('all of it works by the keyboard, and is spoken', async () => {
  await chart().focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  await page.getByRole('columnheader', { name: /^at / }).waitFor()
  expect(await chart().getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d:\d\d, 2: .+, 4: .+, 8: .+$/)
  await page.keyboard.press('+')
  await page.getByRole('button', { name: 'Back to live' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Back to live' }).waitFor({ state: 'detached' })
})

test('a line can be hidden and shown again', async () => {
  const toggle = page.locator('[data-testid=throughput] tr[data-pool-size="4"] button')
  await toggle.click()
  await page.locator('[data-line="4"]').waitFor({ state: 'detached' })
  expect(await toggle.getAttribute('aria-pressed')).toBe('false')
  await toggle.click()
  await page.locator('[data-line="4"]').waitFor()
})

test('nothing complained', () => {
  expect(stack.browser.complaints).toEqual([])
})
