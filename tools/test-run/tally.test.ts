import { expect, test } from 'vitest'
import { exitCodeOf, renderSummary, type PartResult } from './tally.ts'

const noted = (name: string): { name: string; reason: string } => ({ name, reason: 'why' })
const part = (of: Partial<PartResult>): PartResult => ({ part: 'unit', passed: 3, failed: [], skipped: [], ...of })

test('the last line alone is the count over all parts', () => {
  const text = renderSummary([part({}), part({ part: 'system', passed: 4, failed: [noted('x')], skipped: [noted('y'), noted('z')] })], [])
  expect(text.split('\n').at(-1)).toBe('7 passed, 1 failed, 2 skipped')
})

test('failures, skips and missing programs are named', () => {
  const text = renderSummary([part({ failed: [noted('breaks')], skipped: [noted('runs')] })], [{ name: 'k6', reason: 'Go is not on PATH' }])
  expect(text).toContain('FAILED unit: breaks: why')
  expect(text).toContain('skipped unit: runs: why')
  expect(text).toContain('missing k6: Go is not on PATH')
})

test.for([
  { what: 'all passed', of: {}, skipsAllowed: false, code: 0 },
  { what: 'one failed', of: { failed: [noted('x')] }, skipsAllowed: true, code: 1 },
  { what: 'one skipped at home', of: { skipped: [noted('x')] }, skipsAllowed: true, code: 0 },
  { what: 'one skipped on a build server', of: { skipped: [noted('x')] }, skipsAllowed: false, code: 1 },
  { what: 'nothing ran', of: { passed: 0 }, skipsAllowed: true, code: 1 },
])('exit code $code when $what', ({ of, skipsAllowed, code }) => {
  expect(exitCodeOf([part(of)], { skipsAllowed })).toBe(code)
})
