import { spawnSync } from 'node:child_process'
import { inRepository, ROOT } from '../service/index.ts'
import type { Problem } from './repository-file.ts'

/** The part of oxlint's JSON that is read here. */
interface LintReport {
  readonly diagnostics: readonly {
    readonly message: string
    readonly filename: string
    readonly labels: readonly { readonly span: { readonly line: number } }[]
  }[]
}

/** No function is longer than 70 lines, blank lines and comments not counted. oxlint measures: it has a parser. */
export function functionLength(paths: readonly string[]): readonly Problem[] {
  const oxlint = inRepository('node_modules', 'oxlint', 'bin', 'oxlint')
  const run = spawnSync(process.execPath, [oxlint, '--config=tools/tidy/function-length.json', '--format=json', ...paths], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (run.stdout === '') throw new Error(`oxlint gave no report: ${run.stderr}`)
  const { diagnostics } = JSON.parse(run.stdout) as LintReport
  return diagnostics.map(({ filename, labels, message }) => ({ path: filename, line: labels[0]?.span.line, message }))
}
