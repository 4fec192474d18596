import { expect, test } from 'vitest'
import { readMatrix } from './prometheus-matrix.ts'

const grid = { startMs: 1_700_000_000_000, stepMs: 1000, points: 4 }

function answer(...result: unknown[]): unknown {
  return { status: 'success', data: { resultType: 'matrix', result } }
}

test('samples land on their moment; a missing one is null', () => {
  const history = readMatrix(
    answer({
      metric: { pool: 'a', pool_size: '4' },
      values: [
        [1_700_000_000, '12.5'],
        [1_700_000_002.001, '0'],
      ],
    }),
    grid,
  )
  expect(history.at).toEqual([1_700_000_000_000, 1_700_000_001_000, 1_700_000_002_000, 1_700_000_003_000])
  expect(history.series).toEqual([{ pool: 'a', poolSize: 4, tasksPerSecond: [12.5, null, 0, null] }])
})

test('NaN, infinities and moments outside the grid are left out', () => {
  const values = [
    [1_699_999_999, '9'],
    [1_700_000_000, 'NaN'],
    [1_700_000_001, '+Inf'],
    [1_700_000_003, '7'],
    [1_700_000_004, '8'],
  ]
  const [series] = readMatrix(answer({ metric: { pool: 'a', pool_size: '2' }, values }), grid).series
  expect(series?.tasksPerSecond).toEqual([null, null, null, 7])
})

test('no series is an answer too', () => {
  expect(readMatrix(answer(), grid).series).toEqual([])
})

test.each([
  [{ status: 'error', errorType: 'bad_data', error: 'parse error at char 3' }, 'parse error at char 3'],
  ['<html>', 'the answer is not one of Prometheus'],
  [{ status: 'success', data: { resultType: 'vector', result: [] } }, 'expected a matrix, got vector'],
  [answer({ metric: { pool: 'a' }, values: [] }), 'a series has no labels pool and pool_size'],
])('%j is refused: %s', (wrong, message) => {
  expect(() => readMatrix(wrong, grid)).toThrow(message)
})
