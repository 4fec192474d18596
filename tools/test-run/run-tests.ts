import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runChecks } from '../checks/run-checks.ts'
import { inRepository, ROOT, runToEnd, stopRequest } from '../service/index.ts'
import { exitCodeOf, renderSummary, type PartResult } from './tally.ts'
import { installTestTools } from './test-tools.ts'
import { runVitestProject } from './vitest-project.ts'

const PARTS = ['check', 'build', 'unit', 'process', 'system'] as const
type Part = (typeof PARTS)[number]

const USAGE = `npm test [-- [--project ${PARTS.join('|')}]… [path or vitest option]…]`

/** Ctrl-C before the end. */
const INTERRUPTED = 130

/**
 * All tests of the repository, or the parts that `args` name: checks, a build of everything, then vitest's projects. The last line is
 * the count. Resolves with the exit code.
 */
export async function runTests(args: readonly string[], isBuildServer: boolean): Promise<number> {
  const asked = stopRequest()
  const { parts, filters } = readArguments(args)
  if (parts === undefined) {
    console.error(`usage: ${USAGE}`)
    return 2
  }
  try {
    const needsTools = parts.includes('process') || parts.includes('system')
    const missing = needsTools ? installTestTools() : []
    const results: PartResult[] = []
    for (const part of parts) {
      asked.throwIfAborted()
      results.push(await runPart(part, filters, asked))
    }
    console.log(`\n${renderSummary(results, missing)}`)
    return exitCodeOf(results, { skipsAllowed: !isBuildServer })
  } catch (error) {
    if (!asked.aborted) throw error
    console.log('forkpool: tests stopped on request')
    return INTERRUPTED
  }
}

function readArguments(args: readonly string[]): { readonly parts: readonly Part[] | undefined; readonly filters: readonly string[] } {
  const filters: string[] = []
  const named: string[] = []
  const { tokens } = parseArgs({ args: [...args], options: { project: { type: 'string', multiple: true } }, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'option' && token.name === 'project') named.push(token.value ?? '')
    else if (token.kind !== 'option-terminator') filters.push(args[token.index] ?? '')
  }
  const parts = PARTS.filter((part) => named.includes(part))
  if (parts.length < new Set(named).size) return { parts: undefined, filters }
  // A path or an option is vitest's: the checks have none to take.
  if (named.length === 0) return { parts: filters.length === 0 ? PARTS : ['unit', 'process', 'system'], filters }
  return { parts, filters }
}

function runPart(part: Part, filters: readonly string[], signal: AbortSignal): Promise<PartResult> {
  if (part === 'check') return runChecks(signal)
  if (part === 'build') return runBuild(signal)
  return runVitestProject(part, filters, signal)
}

/** Everything that is built, as one test. */
async function runBuild(signal: AbortSignal): Promise<PartResult> {
  const logFile = inRepository('.cache', 'logs', 'build.log')
  const turbo = inRepository('node_modules', 'turbo', 'bin', 'turbo')
  console.log('build: turbo run build …')
  const end = await runToEnd(
    {
      name: 'build',
      command: process.execPath,
      args: [turbo, 'run', 'build', '--output-logs=errors-only'],
      cwd: ROOT,
      output: 'log',
      logFile,
    },
    signal,
  )
  signal.throwIfAborted()
  if (end.exitCode === 0) return { part: 'build', passed: 1, failed: [], skipped: [] }
  console.log(readFileSync(logFile, 'utf8').trimEnd())
  return { part: 'build', passed: 0, failed: [{ name: 'turbo run build', reason: `exit code ${String(end.exitCode)}` }], skipped: [] }
}
