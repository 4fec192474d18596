import { expect, test } from 'vitest'
import { formatBytes, formatCount, formatDuration, renderTable } from './table.ts'

test('columns line up and no line ends in blanks', () => {
  const table = renderTable<readonly [string, number]>(
    [
      { heading: 'NAME', cell: ([name]) => name },
      { heading: 'N', right: true, cell: ([, n]) => String(n) },
    ],
    [
      ['a', 1],
      ['longer', 1000],
    ],
  )
  expect(table).toBe('NAME       N\na          1\nlonger  1000\n')
})

test.each([
  [0, '0'],
  [0.123_45, '0.123'],
  [12, '12'],
  [99.96, '100'],
  [1234.5, '1,235'],
  [1_234_567, '1,234,567'],
])('counts: %s → %s', (value, text) => expect(formatCount(value)).toBe(text))

test.each([
  [340, '340 ms'],
  [12_400, '12.4 s'],
  [200_000, '3 min 20 s'],
  [18_120_000, '5 h 2 min'],
])('durations: %s → %s', (value, text) => expect(formatDuration(value)).toBe(text))

test.each([
  [512, '512 B'],
  [35_760_640, '34.1 MiB'],
])('bytes: %s → %s', (value, text) => expect(formatBytes(value)).toBe(text))
