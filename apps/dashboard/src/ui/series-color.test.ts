import { expect, test } from 'vitest'
import { SERIES_HUES, seriesDashes, seriesHue } from './series-color.ts'

test('the sizes that are usually compared have different hues', () => {
  expect(new Set([1, 2, 4, 8, 16].map(seriesHue)).size).toBe(5)
  expect(new Set([2, 3, 4, 6, 8].map(seriesHue)).size).toBe(5)
})

test('every size has a hue of the palette', () => {
  for (let size = 1; size <= 2000; size++) expect([...Array(SERIES_HUES).keys()]).toContain(seriesHue(size))
})

test('lines of one hue differ by dashes', () => {
  expect(seriesDashes([0, 1, 0, 0, 1])).toEqual([undefined, undefined, '7 3', '2 3', '7 3'])
})
