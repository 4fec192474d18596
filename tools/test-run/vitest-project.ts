import { existsSync, readFileSync, rmSync } from 'node:fs'
import { inRepository, ROOT, runToEnd } from '../service/index.ts'
import { countRun, type RunReport } from './run-report.ts'
import type { PartResult } from './tally.ts'

/** Runs one project of vitest.config.ts, its output on this terminal, and counts its tests. `filters`: vitest's own further arguments. */
export async function runVitestProject(project: string, filters: readonly string[], signal: AbortSignal): Promise<PartResult> {
  const reportFile = inRepository('.cache', 'tests', `${project}.json`)
  // A report of an earlier run must never be taken for this one's.
  rmSync(reportFile, { force: true })
  const reporters = ['--reporter=default', `--reporter=${inRepository('tools', 'test-run', 'run-reporter.ts')}`]
  const some = filters.length === 0 ? [] : ['--passWithNoTests', ...filters]
  const end = await runToEnd(
    {
      name: `vitest ${project}`,
      command: process.execPath,
      args: [inRepository('node_modules', 'vitest', 'vitest.mjs'), 'run', `--project=${project}`, ...reporters, ...some],
      cwd: ROOT,
      env: { TEST_RUN_REPORT: reportFile },
      output: 'terminal',
    },
    signal,
  )
  signal.throwIfAborted()
  const report = existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as RunReport) : undefined
  return countRun(project, report, end.exitCode, { emptyAllowed: filters.length > 0 })
}
