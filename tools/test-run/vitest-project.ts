import { existsSync, readFileSync, rmSync } from 'node:fs'
import { inRepository, ROOT, runToEnd } from '../service/index.ts'
import type { PartResult } from './tally.ts'
import { readVitestReport } from './vitest-report.ts'

/** Runs one project of vitest.config.ts, its output on this terminal, and counts its tests. `filters`: vitest's own further arguments. */
export async function runVitestProject(project: string, filters: readonly string[], signal: AbortSignal): Promise<PartResult> {
  const reportFile = inRepository('.cache', 'tests', `${project}.json`)
  // A report of an earlier run must never be taken for this one's.
  rmSync(reportFile, { force: true })
  const end = await runToEnd(
    {
      name: `vitest ${project}`,
      command: process.execPath,
      args: [
        inRepository('node_modules', 'vitest', 'vitest.mjs'),
        'run',
        `--project=${project}`,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${reportFile}`,
        ...(filters.length === 0 ? [] : ['--passWithNoTests', ...filters]),
      ],
      cwd: ROOT,
      output: 'terminal',
    },
    signal,
  )
  signal.throwIfAborted()
  const report = existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : undefined
  return readVitestReport(project, report, end.exitCode, { emptyAllowed: filters.length > 0 })
}
