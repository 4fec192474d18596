import type { NotedTest, PartResult } from './tally.ts'

/** What is kept of one vitest run: written by run-reporter.ts inside of vitest, counted here. */
export interface RunReport {
  readonly modules: readonly ModuleReport[]
  /** Errors that no test caused: their first lines. */
  readonly unhandled: readonly string[]
}

/** One test file. */
export interface ModuleReport {
  readonly path: string
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending' | 'queued'
  /** First lines of errors outside of the tests: the file could not be loaded, a hook of the whole file threw. */
  readonly errors: readonly string[]
  readonly tests: readonly TestReport[]
}

export interface TestReport {
  readonly name: string
  /** `pending`: it did not end. */
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending'
  /** First line of the failure, or why it was skipped. */
  readonly reason: string
}

/**
 * Counts a project's run from its report and vitest's exit code. Whatever went wrong counts at least once: a file that could not be
 * loaded, a run that left no report, a test that never ended, a run without a test, an error outside of any test.
 * @param report undefined when vitest left none.
 * @param options `emptyAllowed`: a run without a test is fine, because only some tests were asked for.
 */
export function countRun(
  part: string,
  report: RunReport | undefined,
  exitCode: number | null,
  options: { readonly emptyAllowed: boolean } = { emptyAllowed: false },
): PartResult {
  if (report === undefined)
    return { part, passed: 0, failed: [{ name: 'vitest', reason: `ended without a report (exit code ${String(exitCode)})` }], skipped: [] }
  const failed: NotedTest[] = report.unhandled.map((reason) => ({ name: 'an error outside of the tests', reason }))
  const skipped: NotedTest[] = []
  let passed = 0
  for (const { path, state, errors, tests } of report.modules) {
    const failedBefore = failed.length
    for (const test of tests) {
      if (test.state === 'passed') passed++
      else if (test.state === 'skipped') skipped.push({ name: test.name, reason: test.reason })
      else failed.push({ name: test.name, reason: test.state === 'pending' ? 'did not end' : test.reason })
    }
    failed.push(...errors.map((reason) => ({ name: path, reason })))
    if (state !== 'passed' && state !== 'skipped' && failed.length === failedBefore) failed.push({ name: path, reason: state })
  }
  if (passed + failed.length + skipped.length === 0 && !options.emptyAllowed) failed.push({ name: 'vitest', reason: 'no test was found' })
  if (exitCode !== 0 && failed.length === 0) failed.push({ name: 'vitest', reason: `exit code ${String(exitCode)}` })
  return { part, passed, failed, skipped }
}
