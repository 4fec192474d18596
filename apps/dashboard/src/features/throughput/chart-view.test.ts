import { expect, test } from 'vitest'
import { domainOf, follow, panBy, VIEW_INITIAL, zoomBy, zoomTo } from './chart-view.ts'

const newest = 1_000_000

test('following, the newest sample is the right edge', () => {
  expect(domainOf(VIEW_INITIAL, newest)).toEqual([700_000, newest])
  expect(domainOf(follow(VIEW_INITIAL, 60_000), newest + 1)).toEqual([940_001, newest + 1])
})

test('a zoom stays where it is while time goes on, until the reader goes back', () => {
  const zoomed = zoomTo(VIEW_INITIAL, 900_000, 800_000)
  expect(domainOf(zoomed, newest)).toEqual([800_000, 900_000])
  expect(domainOf(zoomed, newest + 600_000)).toEqual([800_000, 900_000])
  expect(domainOf(follow(zoomed), newest)).toEqual([700_000, newest])
})

test('a stretch too short to be a chart grows around its middle', () => {
  expect(domainOf(zoomTo(VIEW_INITIAL, 800_000, 800_001), newest)).toEqual([795_000.5, 805_000.5])
})

test('zooming keeps the moment under the cursor, within its bounds', () => {
  const closer = zoomBy(VIEW_INITIAL, newest, 0.5, 775_000)
  expect(domainOf(closer, newest)).toEqual([737_500, 887_500])
  const [from, to] = domainOf(zoomBy(VIEW_INITIAL, newest, 1000, 800_000), newest)
  expect(to - from).toBe(900_000)
  const [near, far] = domainOf(zoomBy(VIEW_INITIAL, newest, 0.0001, 800_000), newest)
  expect(far - near).toBeCloseTo(10_000)
})

test('panning stops at the newest sample', () => {
  expect(domainOf(panBy(VIEW_INITIAL, newest, -0.5), newest)).toEqual([550_000, 850_000])
  expect(domainOf(panBy(zoomTo(VIEW_INITIAL, 950_000, 990_000), newest, 0.5), newest)).toEqual([960_000, 1_000_000])
  expect(domainOf(panBy(VIEW_INITIAL, newest, 0.5), newest)).toEqual([700_000, newest])
})
