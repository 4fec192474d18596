import { readFileSync } from 'node:fs'
import { inRepository, ROOT, runToEnd } from '../service/index.ts'
import type { NotedTest, PartResult } from '../test-run/tally.ts'
import { CHECKS, type Check } from './checks.ts'

/** Runs all checks, one after the other, a line each and the tool's output where it failed. Each counts as one test. */
export async function runChecks(signal: AbortSignal): Promise<PartResult> {
  const failed: NotedTest[] = []
  for (const check of CHECKS) {
    const startedAt = performance.now()
    const failure = await runCheck(check, signal)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`check ${check.name.padEnd(10)} ${failure === undefined ? 'ok    ' : 'FAILED'} ${seconds.padStart(5)} s  (${check.about})`)
    if (failure === undefined) continue
    console.log(failure.output)
    failed.push({ name: check.name, reason: failure.reason })
  }
  return { part: 'check', passed: CHECKS.length - failed.length, failed, skipped: [] }
}

/** Undefined when the check holds. */
async function runCheck(check: Check, signal: AbortSignal): Promise<{ readonly reason: string; readonly output: string } | undefined> {
  const logFile = inRepository('.cache', 'checks', `${check.name.replaceAll(' ', '-')}.log`)
  const spec = {
    name: check.name,
    command: process.execPath,
    args: check.args,
    cwd: ROOT,
    env: { FORCE_COLOR: '0' },
    output: 'log',
    logFile,
  } as const
  const end = await runToEnd(spec, signal)
  signal.throwIfAborted()
  if (end.exitCode === 0) return undefined
  const output = readFileSync(logFile, 'utf8').trimEnd()
  return { reason: `exit code ${String(end.exitCode)}, its output stands above`, output }
}
