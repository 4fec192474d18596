import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatAge,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatExact,
  formatMoment,
  formatPercent,
  formatRate,
  formatTimes,
  plural,
} from './format.ts'

/** The narrow no-break space reads as a plain one here. */
const plain = (text: string): string => text.replaceAll(' ', ' ')

test.each([
  [0, '0'],
  [9999, '9,999'],
  [10_000, '10 k'],
  [12_345, '12.3 k'],
  [999_499, '999 k'],
  [999_500, '1 M'],
  [1_254_000, '1.25 M'],
  [5e9, '5 G'],
])('count %d is %s', (count, text) => expect(plain(formatCount(count))).toBe(text))

test.each([
  [0, '0'],
  [0.001, '<0.01'],
  [0.25, '0.25'],
  [8.44, '8.4'],
  [99.94, '99.9'],
  [99.96, '100'],
  [312.4, '312'],
  [412_345.6, '412 k'],
])('rate %d is %s', (rate, text) => expect(plain(formatRate(rate))).toBe(text))

test.each([
  [0, '0 s'],
  [0.85, '850 µs'],
  [1.25, '1.3 ms'],
  [999, '999 ms'],
  [999.6, '1 s'],
  [1254, '1.25 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [7_800_000, '2 h 10 min'],
  [273_600_000, '3 d 4 h'],
  [-1000, '−1 s'],
])('duration %d ms is %s', (ms, text) => expect(plain(formatDuration(ms))).toBe(text))

test.each([
  [-5, '0 s'],
  [4_400, '4 s'],
  [59_499, '59 s'],
  [59_500, '1 min'],
  [3_569_000, '59 min'],
  [3_570_000, '59 min 30 s'],
  [7_800_000, '2 h 10 min'],
])('age %d ms is %s', (ms, text) => expect(plain(formatAge(ms))).toBe(text))

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1536, '1.5 KiB'],
  [190_840_832, '182 MiB'],
  [1.21 * 2 ** 30, '1.21 GiB'],
])('%d bytes are %s', (bytes, text) => expect(plain(formatBytes(bytes))).toBe(text))

test.each([
  [0, '0 %'],
  [0.0001, '<1 %'],
  [0.873, '87 %'],
  [0.9999, '99 %'],
  [1, '100 %'],
  [1.04, '104 %'],
])('share %d is %s', (share, text) => expect(plain(formatPercent(share))).toBe(text))

test('small ones', () => {
  expect(formatExact(1_234_567)).toBe('1,234,567')
  expect(formatTimes(3.4159)).toBe('3.42×')
  expect(plural(1, 'batch', 'batches')).toBe('1 batch')
  expect(plural(1200, 'task')).toBe('1,200 tasks')
})

test('a moment names its day only where that is not today', () => {
  const noon = new Date(2025, 10, 22, 12, 3, 7).getTime()
  expect(formatClock(noon)).toBe('12:03:07')
  expect(formatMoment(noon, noon + 3_600_000)).toBe('12:03:07')
  expect(formatMoment(noon, noon + 86_400_000)).toBe('2025-11-22 12:03:07')
})

test('no number breaks a format, and none is longer than a table column', () => {
  const number = fc.double({ min: 0, max: 1e15, noNaN: true })
  fc.assert(
    fc.property(number, (value) => {
      for (const format of [formatCount, formatRate, formatDuration, formatAge, formatBytes]) {
        expect(format(value)).not.toMatch(/NaN|undefined|e\+/)
        expect(format(value).length).toBeLessThanOrEqual(14)
      }
    }),
  )
})
