import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { needTool } from '@forkpool/tools/install/need-tool.mjs'
import { inRepository, runToEnd, startCoordinator } from '@forkpool/tools/service'
import type { Coordinator } from '@forkpool/tools/service'
import { SMOKE_COMPLETED, SMOKE_FAILED, SMOKE_ITERATIONS } from './thresholds.ts'
import type { SummaryData } from './lib/summary.ts'

const RUN_LIMIT_MS = 120_000

interface Run {
  readonly exitCode: number | null
  readonly output: string
  readonly count: (metric: string) => number | undefined
  readonly brokenThresholds: readonly string[]
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-k6-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function coordinatorFor(folder: string, ...args: string[]): Promise<Coordinator> {
  const coordinator = await startCoordinator({ port: 0, logFile: join(folder, 'coordinator.log'), args })
  onTestFinished(() => coordinator.process.stop())
  return coordinator
}

/** Runs a scenario to its end and reads what it wrote. */
async function runScenario(k6: string, scenario: string, folder: string, env: Record<string, string>): Promise<Run> {
  const summary = join(folder, 'summary.json')
  const logFile = join(folder, 'k6.log')
  const end = await runToEnd(
    {
      name: 'k6',
      command: k6,
      args: ['run', '--no-usage-report', '--no-color', '--quiet', inRepository('load-tests', 'scenarios', scenario)],
      env: { FORKPOOL_SUMMARY: summary, ...env },
      output: 'log',
      logFile,
    },
    AbortSignal.timeout(RUN_LIMIT_MS),
  )
  const output = readFileSync(logFile, 'utf8')
  const { metrics } = readSummary(summary)
  return {
    exitCode: end.exitCode,
    output,
    count: (metric) => metrics[metric]?.values['count'],
    brokenThresholds: Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
      Object.entries(thresholds).flatMap(([text, { ok }]) => (ok ? [] : [`${name} ${text}`])),
    ),
  }
}

/** A run that was refused before it began leaves no summary. */
function readSummary(file: string): SummaryData {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as SummaryData
  } catch {
    return { metrics: {} }
  }
}

/** Tasks by outcome, as the coordinator's own metrics count them. */
async function countedTasks(coordinator: Coordinator): Promise<Record<string, number>> {
  const page = await (await fetch(`${coordinator.httpUrl}/metrics`)).text()
  const counts: Record<string, number> = {}
  for (const [, labels = '', value] of page.matchAll(/^forkpool_tasks_total\{(.*)\} (\S+)$/gm)) {
    const outcome = /outcome="(\w+)"/.exec(labels)?.[1] ?? ''
    counts[outcome] = (counts[outcome] ?? 0) + Number(value)
  }
  return counts
}

test('smoke: every answer is right, and the coordinator counted exactly the tasks that were sent', async (context) => {
  const k6 = needTool(context, 'k6')
  const folder = temporaryFolder()
  const coordinator = await coordinatorFor(folder)
  const run = await runScenario(k6, 'smoke.ts', folder, { FORKPOOL_URL: coordinator.url })
  expect(run).toMatchObject({ exitCode: 0, brokenThresholds: [] })
  const sent = { completed: SMOKE_ITERATIONS * SMOKE_COMPLETED, failed: SMOKE_ITERATIONS * SMOKE_FAILED }
  expect(run.count('forkpool_tasks_sent')).toBe(sent.completed + sent.failed)
  expect(await countedTasks(coordinator)).toEqual({ ...sent, quarantined: 0, cancelled: 0 })
})

test('throughput, shortened: the promises hold while sessions come and go', async (context) => {
  const k6 = needTool(context, 'k6')
  const folder = temporaryFolder()
  const coordinator = await coordinatorFor(folder)
  const run = await runScenario(k6, 'throughput.ts', folder, { FORKPOOL_URL: coordinator.url, FORKPOOL_STAGE_SECONDS: '1' })
  expect(run).toMatchObject({ exitCode: 0, brokenThresholds: [] })
  const completed = run.count('forkpool_tasks_completed')
  expect(completed).toBeGreaterThan(10_000)
  expect(await countedTasks(coordinator)).toMatchObject({ completed, failed: 0 })
})

test('a coordinator that breaks off is a broken threshold, not a quiet success', async (context) => {
  const k6 = needTool(context, 'k6')
  const folder = temporaryFolder()
  const coordinator = await coordinatorFor(folder)
  await coordinator.process.stop()
  const run = await runScenario(k6, 'smoke.ts', folder, { FORKPOOL_URL: coordinator.url })
  // 99 is k6's own code for a threshold that was not kept.
  expect(run.exitCode).toBe(99)
  expect(run.brokenThresholds).toContain('forkpool_faults count==0')
})

test('another machine is refused before anything is sent', async (context) => {
  const run = await runScenario(needTool(context, 'k6'), 'smoke.ts', temporaryFolder(), { FORKPOOL_URL: 'ws://192.0.2.1:7070' })
  expect(run.exitCode).not.toBe(0)
  expect(run.output).toContain('192.0.2.1 is not this machine')
  expect(run.count('iterations')).toBeUndefined()
})

test('the token of a coordinator that asks for one is sent in the header', async (context) => {
  const k6 = needTool(context, 'k6')
  const folder = temporaryFolder()
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'correct-horse-battery\n')
  const coordinator = await coordinatorFor(folder, '--token-file', tokenFile)
  const right = await runScenario(k6, 'smoke.ts', folder, { FORKPOOL_URL: coordinator.url, FORKPOOL_TOKEN: 'correct-horse-battery' })
  expect(right).toMatchObject({ exitCode: 0, brokenThresholds: [] })
  const wrong = await runScenario(k6, 'smoke.ts', folder, { FORKPOOL_URL: coordinator.url, FORKPOOL_TOKEN: 'wrong' })
  expect(wrong.exitCode).toBe(99)
  expect(wrong.output).not.toContain('correct-horse-battery')
})
