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

/** The body of a `describe` is a list of tests, not one function. */
const TEST_FILE = /\.(test|bench)\.tsx?$/

/** Functions that were longer when the rule came, by file and name, with the lines they may have. Entries go down or go away; none comes in. */
const EXCEPTIONS: ReadonlyMap<string, number> = new Map()

/**
 * No function is longer than 70 lines, blank lines and comments not counted; a component, which is mostly markup, than 130.
 * oxlint measures: it has a parser.
 */
export function functionLength(paths: readonly string[], exceptions: ReadonlyMap<string, number> = EXCEPTIONS): readonly Problem[] {
  const oxlint = inRepository('node_modules', 'oxlint', 'bin', 'oxlint')
  const run = spawnSync(process.execPath, [oxlint, '--config=tools/tidy/function-length.json', '--format=json', ...paths], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (run.stdout === '') throw new Error(`oxlint gave no report: ${run.stderr}`)
  const { diagnostics } = JSON.parse(run.stdout) as LintReport
  const unused = new Map(exceptions)
  const problems = diagnostics.flatMap(({ filename, labels, message }): Problem[] => {
    const [, name = '', lines = ''] = /(?:`(.*)` )?has too many lines \((\d+)\)/.exec(message) ?? []
    const key = `${filename} ${name}`
    const allowed = exceptions.get(key)
    unused.delete(key)
    if (TEST_FILE.test(filename) || allowed === Number(lines)) return []
    const shrunk = allowed !== undefined && Number(lines) < allowed
    return [
      { path: filename, line: labels[0]?.span.line, message: shrunk ? `\`${name}\` has shrunk to ${lines} lines: ${LOWER}` : message },
    ]
  })
  return [...problems, ...[...unused.keys()].map((key) => ({ path: key, message: `is no longer too long: ${LOWER}` }))]
}

const LOWER = 'lower or remove its entry in tools/tidy/function-length.ts'
