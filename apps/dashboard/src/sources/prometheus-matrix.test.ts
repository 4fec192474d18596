import { expect, test } from 'vitest'
import { readMatrix } from './prometheus-matrix.ts'

function answer(...result: unknown[]): unknown {
  return { status: 'success', data: { resultType: 'matrix', result } }
}

test('labels and scrapes are read, in milliseconds; what is no number is left out', () => {
  const values = [[1_700_000_000, '12.5'], [1_700_000_001.002, '13'], [1_700_000_002, 'NaN'], [1_700_000_003, '+Inf'], 'nonsense']
  expect(readMatrix(answer({ metric: { pool: 'a', pool_size: '4' }, values }, {}))).toEqual([
    {
      labels: { pool: 'a', pool_size: '4' },
      scrapes: [
        { at: 1_700_000_000_000, value: 12.5 },
        { at: 1_700_000_001_002, value: 13 },
      ],
    },
    { labels: {}, scrapes: [] },
  ])
  expect(readMatrix(answer())).toEqual([])
})

test.each([
  [{ status: 'error', errorType: 'bad_data', error: 'parse error at char 3' }, 'parse error at char 3'],
  ['<html>', 'the answer is not one of Prometheus'],
  [{ status: 'success', data: { resultType: 'vector', result: [] } }, 'expected a matrix, got vector'],
])('%j is refused: %s', (wrong, message) => {
  expect(() => readMatrix(wrong)).toThrow(message)
})
