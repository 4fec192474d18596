import type { NotedTest, PartResult } from './tally.ts'

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

/**
 * Counts a project's run from vitest's JSON report and its exit code. Whatever went wrong counts at least once: a file that could not be
 * loaded, a run that left no report, a test that never ended, a run without a test, an error outside of any test.
 * @param reportText undefined when vitest wrote no report.
 * @param options `emptyAllowed`: a run without a test is fine, because only some tests were asked for.
 */
export function readVitestReport(
  part: string,
  reportText: string | undefined,
  exitCode: number | null,
  options: { readonly emptyAllowed: boolean } = { emptyAllowed: false },
): PartResult {
  if (reportText === undefined)
    return { part, passed: 0, failed: [{ name: 'vitest', reason: `ended without a report (exit code ${String(exitCode)})` }], skipped: [] }
  const files = (JSON.parse(reportText) as VitestReport).testResults
  const failed: NotedTest[] = []
  const skipped: NotedTest[] = []
  let passed = 0
  for (const file of files) {
    const failedBefore = failed.length
    for (const { fullName: name, status, failureMessages } of file.assertionResults) {
      if (status === 'passed') passed++
      else if (status === 'failed') failed.push({ name, reason: firstLine(failureMessages[0]) })
      else if (status === 'skipped' || status === 'todo') skipped.push({ name, reason: '' })
      else failed.push({ name, reason: 'did not end' })
    }
    if (file.status !== 'passed' && failed.length === failedBefore) failed.push({ name: file.name, reason: firstLine(file.message) })
  }
  if (passed + failed.length + skipped.length === 0 && !options.emptyAllowed) failed.push({ name: 'vitest', reason: 'no test was found' })
  if (exitCode !== 0 && failed.length === 0)
    failed.push({ name: 'vitest', reason: `exit code ${String(exitCode)}: an error outside of the tests` })
  return { part, passed, failed, skipped }
}

function firstLine(text: string | undefined): string {
  return text?.split('\n', 1)[0] ?? ''
}
