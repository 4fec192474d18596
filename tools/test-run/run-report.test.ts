import { expect, test } from 'vitest'
import { countRun, type ModuleReport, type RunReport } from './run-report.ts'

function report(...modules: readonly Partial<ModuleReport>[]): RunReport {
  return {
    modules: modules.map((module, i) => ({ path: `${i}.test.ts`, state: 'passed', errors: [], tests: [], ...module })),
    unhandled: [],
  }
}

const passing = { name: 'a', state: 'passed', reason: '' } as const

test('counts passed, failed and skipped tests, with the reason of each', () => {
  const failing = { name: 'b', state: 'failed', reason: 'expected 1 to be 2' } as const
  const skipping = { name: 'c', state: 'skipped', reason: 'k6 is missing' } as const
  expect(countRun('unit', report({ tests: [passing, skipping] }, { state: 'failed', tests: [failing, passing] }), 1)).toEqual({
    part: 'unit',
    passed: 2,
    failed: [{ name: 'b', reason: 'expected 1 to be 2' }],
    skipped: [{ name: 'c', reason: 'k6 is missing' }],
  })
})

test('a file that could not be loaded is a failure of its own', () => {
  const broken = report({ tests: [passing] }, { state: 'failed', errors: ['Cannot find module x'] })
  expect(countRun('unit', broken, 1).failed).toEqual([{ name: '1.test.ts', reason: 'Cannot find module x' }])
})

test('a file that failed for no reason given, or that did not end, is a failure', () => {
  expect(countRun('unit', report({ state: 'failed', tests: [passing] }), 1).failed).toEqual([{ name: '0.test.ts', reason: 'failed' }])
  expect(countRun('unit', report({ state: 'queued' }), 1).failed).toEqual([{ name: '0.test.ts', reason: 'queued' }])
})

test('a test that never ended is a failure', () => {
  const hanging = report({ state: 'pending', tests: [{ name: 'a', state: 'pending', reason: '' }] })
  expect(countRun('unit', hanging, 1).failed).toEqual([{ name: 'a', reason: 'did not end' }])
})

test('a run without a report, without a test, or with an error outside of the tests is a failure', () => {
  expect(countRun('unit', undefined, 139).failed).toHaveLength(1)
  expect(countRun('unit', report(), 0).failed).toEqual([{ name: 'vitest', reason: 'no test was found' }])
  expect(countRun('unit', { ...report({ tests: [passing] }), unhandled: ['socket hang up'] }, 1).failed).toEqual([
    { name: 'an error outside of the tests', reason: 'socket hang up' },
  ])
  expect(countRun('unit', report({ tests: [passing] }), 1).failed).toHaveLength(1)
  expect(countRun('unit', report({ tests: [passing] }), null).failed).toHaveLength(1)
})

test('a run that asked for some tests only may find none in a project', () => {
  expect(countRun('unit', report(), 0, { emptyAllowed: true }).failed).toEqual([])
})
