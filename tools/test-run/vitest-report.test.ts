import { expect, test } from 'vitest'
import { readVitestReport } from './vitest-report.ts'

interface FileOutcome {
  readonly status?: string
  readonly message?: string
  readonly tests?: readonly (readonly [name: string, status: string, failure?: string])[]
}

function report(...files: readonly FileOutcome[]): string {
  return JSON.stringify({
    testResults: files.map(({ status = 'passed', message = '', tests = [] }, i) => ({
      name: `file-${i}.test.ts`,
      status,
      message,
      assertionResults: tests.map(([fullName, outcome, failure]) => ({
        fullName,
        status: outcome,
        failureMessages: failure === undefined ? [] : [failure],
      })),
    })),
  })
}

test('counts passed, failed and skipped tests, with the first line of each failure', () => {
  const text = report(
    {
      tests: [
        ['a', 'passed'],
        ['b', 'skipped'],
      ],
    },
    {
      status: 'failed',
      tests: [
        ['c', 'failed', 'Error: no\n  at here'],
        ['d', 'passed'],
        ['e', 'todo'],
      ],
    },
  )
  expect(readVitestReport('unit', text, 1)).toEqual({
    part: 'unit',
    passed: 2,
    failed: [{ name: 'c', reason: 'Error: no' }],
    skipped: [
      { name: 'b', reason: '' },
      { name: 'e', reason: '' },
    ],
  })
})

test('a file that could not be loaded is a failure of its own', () => {
  const text = report({ tests: [['a', 'passed']] }, { status: 'failed', message: 'Cannot find module x' })
  expect(readVitestReport('unit', text, 1).failed).toEqual([{ name: 'file-1.test.ts', reason: 'Cannot find module x' }])
})

test('a test that never ended is a failure', () => {
  expect(readVitestReport('unit', report({ status: 'failed', tests: [['a', 'pending']] }), 1).failed).toEqual([
    { name: 'a', reason: 'did not end' },
  ])
})

test('a run without a report, without a test, or with an error outside of the tests is a failure', () => {
  expect(readVitestReport('unit', undefined, 139).failed).toHaveLength(1)
  expect(readVitestReport('unit', report(), 0).failed).toEqual([{ name: 'vitest', reason: 'no test was found' }])
  expect(readVitestReport('unit', report({ tests: [['a', 'passed']] }), 1).failed).toHaveLength(1)
  expect(readVitestReport('unit', report({ tests: [['a', 'passed']] }), null).failed).toHaveLength(1)
})

test('a run that asked for some tests only may find none in a project', () => {
  expect(readVitestReport('unit', report(), 0, { emptyAllowed: true }).failed).toEqual([])
})
