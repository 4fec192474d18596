import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { needTool } from '@forkpool/tools/install/need-tool.mjs'
import { inRepository } from '@forkpool/tools/service'
import { panelExpressions, readDashboard, readRules, RULES_FILE, variableExpressions } from './expressions.ts'
import type { PlacedExpression } from './expressions.ts'
import { knownSeries, unknownIn } from './known-metrics.ts'
import { readQuery, withoutGrafanaVariables } from './promql.ts'

/** Everything of Grafana's and Prometheus's that is PromQL, as Prometheus gets it. */
function allExpressions(): readonly PlacedExpression[] {
  const dashboard = readDashboard()
  const panels = [...panelExpressions(dashboard), ...variableExpressions(dashboard)]
  return [
    ...panels.map(({ where, expression }) => ({ where, expression: withoutGrafanaVariables(expression) })),
    ...readRules().map((rule) => ({ where: rule.record ?? rule.alert ?? 'a rule without a name', expression: rule.expr })),
  ]
}

function promtool(program: string, ...args: string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 })
  return { ok: status === 0, output: stdout + stderr }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-infra-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** promtool parses expressions as rules only, so each becomes one. */
function writeAsRules(expressions: readonly PlacedExpression[]): string {
  const file = join(temporaryFolder(), 'expressions.yml')
  const rules = expressions.map(({ where, expression }, at) => ({ record: `checked:${at}`, expr: expression, labels: { where } }))
  writeFileSync(file, stringify({ groups: [{ name: 'expressions', rules }] }))
  return file
}

describe('PromQL', () => {
  test('promtool parses every expression of dashboards, variables and rules', (context) => {
    const program = needTool(context, 'promtool')
    const expressions = allExpressions()
    expect(expressions.length).toBeGreaterThan(40)
    const { ok, output } = promtool(program, 'check', 'rules', writeAsRules(expressions))
    expect(output).toContain(`SUCCESS: ${expressions.length} rules found`)
    expect(ok).toBe(true)
  })

  test('promtool refuses an expression that does not parse', (context) => {
    const program = needTool(context, 'promtool')
    const { ok } = promtool(program, 'check', 'rules', writeAsRules([{ where: 'here', expression: 'sum by (pool (up)' }]))
    expect(ok).toBe(false)
  })

  test('every metric and label is one that the coordinator has', () => {
    const series = new Map(knownSeries())
    for (const rule of readRules()) {
      if (rule.record === undefined) continue
      // A recorded series has the labels that its expression keeps.
      series.set(rule.record, new Set(readQuery(rule.expr).groupings.filter((label) => label !== 'le')))
    }
    const faults = allExpressions().flatMap(({ where, expression }) =>
      unknownIn(readQuery(expression), series).map((fault) => `${where}: ${fault}`),
    )
    expect(faults).toEqual([])
  })

  test('a wrong metric, matcher or grouping is found', () => {
    const series = knownSeries()
    const faultsOf = (expression: string): string[] => unknownIn(readQuery(expression), series)
    expect(faultsOf('rate(forkpool_task_total[1m])')).toEqual(['no metric forkpool_task_total'])
    expect(faultsOf('forkpool_batch_seconds')).toEqual(['no metric forkpool_batch_seconds'])
    expect(faultsOf('forkpool_workers{status="idle"}')).toEqual(['forkpool_workers has no label status'])
    expect(faultsOf('sum by (pool) (forkpool_workers)')).toEqual(['nothing here has the label pool to group by'])
    expect(faultsOf('sum by (pool, le) (rate(forkpool_batch_seconds_bucket{job="x"}[1m])) > 3')).toEqual([])
    expect(() => readQuery('sum by (pool (up)')).toThrow('does not parse')
    expect(() => withoutGrafanaVariables('rate(x[$window])')).toThrow('$window')
  })
})

describe('Prometheus', () => {
  test('promtool accepts the configuration and finds its rules', (context) => {
    const { ok, output } = promtool(needTool(context, 'promtool'), 'check', 'config', inRepository('infra', 'prometheus', 'prometheus.yml'))
    expect({ ok, output }).toMatchObject({ ok: true, output: expect.stringContaining('1 rule files found') })
  })

  // Their token and rules are mounted where they run, so only what stands in the files can be checked.
  test.for(['docker/prometheus.yml', 'kubernetes/prometheus/prometheus.yml'])('promtool accepts %s', (file, context) => {
    const { ok, output } = promtool(needTool(context, 'promtool'), 'check', 'config', '--syntax-only', inRepository('infra', file))
    expect({ ok, output }).toMatchObject({ ok: true, output: expect.stringContaining('SUCCESS') })
  })

  test('promtool accepts the rules, and their unit tests pass', (context) => {
    const program = needTool(context, 'promtool')
    const rules = readRules()
    expect(promtool(program, 'check', 'rules', RULES_FILE).output).toContain(`SUCCESS: ${rules.length} rules found`)
    const { ok, output } = promtool(program, 'test', 'rules', RULES_FILE.replace(/\.yml$/, '.test.yml'))
    expect({ ok, output }).toMatchObject({ ok: true })
  })

  test('the unit tests of the rules notice a changed threshold', (context) => {
    const program = needTool(context, 'promtool')
    const folder = join(temporaryFolder(), 'rules')
    mkdirSync(folder)
    const rules = readText(RULES_FILE)
    expect(rules).toContain('> 0.05')
    writeFileSync(join(folder, 'forkpool.rules.yml'), rules.replace('> 0.05', '> 0.5'))
    const tests = join(folder, 'forkpool.rules.test.yml')
    writeFileSync(tests, readText(RULES_FILE.replace(/\.yml$/, '.test.yml')))
    const { ok, output } = promtool(program, 'test', 'rules', tests)
    expect({ ok, output }).toMatchObject({ ok: false, output: expect.stringContaining('ForkpoolTasksFailing') })
  })

  test('every alert has a severity, a summary, a description and a unit test', () => {
    const tests = readText(RULES_FILE.replace(/\.yml$/, '.test.yml'))
    for (const { alert, labels, annotations } of readRules()) {
      if (alert === undefined) continue
      expect(labels?.['severity'], alert).toMatch(/^(critical|warning)$/)
      expect(annotations, alert).toMatchObject({ summary: expect.any(String), description: expect.any(String) })
      expect(tests.includes(`alertname: ${alert}\n`), alert).toBe(true)
    }
  })
})

function readText(file: string): string {
  return readFileSync(file, 'utf8')
}
