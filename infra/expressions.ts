import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { inRepository } from '@forkpool/tools/service'

/** A PromQL expression and where it stands. */
export interface PlacedExpression {
  readonly where: string
  readonly expression: string
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}
/** A rule of Prometheus: it either records a series or raises an alert. */
export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** What a Grafana dashboard is to these tests; the whole model is checked against Grafana's own types. */
export interface DashboardFile {
  readonly uid: string
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[] }
  readonly panels: readonly Panel[]
}
export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly options?: unknown
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string; readonly custom?: unknown } }
  readonly targets?: readonly {
    readonly refId: string
    readonly expr: string
    readonly datasource: { readonly type: string; readonly uid: string }
  }[]
}

export const RULES_FILE: string = inRepository('infra', 'prometheus', 'rules', 'forkpool.rules.yml')
export const DASHBOARD_FILE: string = inRepository('infra', 'grafana', 'dashboards', 'forkpool.json')

export function readRules(): readonly Rule[] {
  const file = parse(readFileSync(RULES_FILE, 'utf8')) as RuleFile
  return file.groups.flatMap((group) => group.rules)
}

export function readDashboard(): DashboardFile {
  return JSON.parse(readFileSync(DASHBOARD_FILE, 'utf8')) as DashboardFile
}

/** The expressions of every panel, as they stand in the file. */
export function panelExpressions(dashboard: DashboardFile): readonly PlacedExpression[] {
  return dashboard.panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ refId, expr }) => ({ where: `panel "${panel.title}" ${refId}`, expression: expr })),
  )
}

/** The series selector within each `label_values(selector, label)` of the dashboard's variables, with the label as a grouping. */
export function variableExpressions(dashboard: DashboardFile): readonly PlacedExpression[] {
  return dashboard.templating.list.flatMap(({ name, query }) => {
    if (typeof query === 'string') return []
    const found = /^label_values\((.+), (\w+)\)$/.exec(query.query)
    if (found === null) throw new Error(`variable ${name}: expected label_values(selector, label), got ${query.query}`)
    return [{ where: `variable ${name}`, expression: `count by (${found[2]}) (${found[1]})` }]
  })
}
