import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dashboard } from '@grafana/schema'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { inRepository } from '@forkpool/tools/service'
import { DASHBOARD_FILE, readDashboard } from './expressions.ts'
import type { DashboardFile, Panel } from './expressions.ts'

/** The types of the options of each kind of panel in use, in `@grafana/schema`. */
const PANEL_TYPES: Readonly<Record<string, { readonly module: string; readonly hasCustomFields: boolean }>> = {
  stat: { module: 'stat/panelcfg/x/StatPanelCfg_types.gen', hasCustomFields: false },
  timeseries: { module: 'timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen', hasCustomFields: true },
}

const SCHEMA = '@grafana/schema/dist/esm/raw/composable'

/**
 * A TypeScript program that compiles only if the dashboard is what Grafana's own types say. `Plain` is a type as it stands in JSON:
 * its enums as their values.
 */
function asProgram(dashboard: DashboardFile): string {
  const lines = [
    `import type { Dashboard } from '@grafana/schema'`,
    ...Object.entries(PANEL_TYPES).map(([type, { module }]) => `import type * as ${type} from '${SCHEMA}/${module}'`),
    'type Plain<T> = T extends string ? `${T}` : T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T',
    `export const dashboard: Plain<Dashboard> = ${JSON.stringify(dashboard)}`,
  ]
  for (const { id, type, options, fieldConfig } of dashboard.panels) {
    const known = PANEL_TYPES[type]
    if (known === undefined) continue
    lines.push(`export const options${id}: Partial<Plain<${type}.Options>> = ${JSON.stringify(options)}`)
    if (known.hasCustomFields)
      lines.push(`export const custom${id}: Plain<${type}.FieldConfig> = ${JSON.stringify(fieldConfig?.defaults.custom)}`)
  }
  return lines.join('\n')
}

/** What the compiler says about the dashboard; nothing when it fits Grafana's types. */
function typeErrors(dashboard: DashboardFile): string {
  // Below the repository, so that packages are found.
  const cache = inRepository('.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'grafana-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'dashboard.ts'), asProgram(dashboard))
  const options = { strict: true, noEmit: true, skipLibCheck: true, module: 'esnext', moduleResolution: 'bundler', types: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['dashboard.ts'] }))
  const tsc = inRepository('node_modules', 'typescript', 'bin', 'tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', timeout: 60_000 })
  return stdout + stderr
}

/** Fields of Grafana's model, with any values. */
type AnyFields = Partial<Record<keyof Dashboard, unknown>>

function changed(change: (dashboard: AnyFields & { panels: Record<string, unknown>[]; refreshInterval?: string }) => void): DashboardFile {
  const copy = JSON.parse(readFileSync(DASHBOARD_FILE, 'utf8'))
  change(copy)
  return copy as DashboardFile
}

describe('the dashboard', () => {
  test('is what Grafana’s own types say', () => {
    expect(typeErrors(readDashboard())).toBe('')
  })

  test('a wrong field, value or panel option is found by them', () => {
    const wrong: DashboardFile[] = [
      changed((dashboard) => (dashboard.graphTooltip = 'shared')),
      changed((dashboard) => (dashboard.refreshInterval = '5s')),
      changed((dashboard) => (dashboard.panels[2] = { ...dashboard.panels[2], gridPos: { x: '0', y: 0, w: 4, h: 4 } })),
      changed((dashboard) => (dashboard.panels[0] = { ...dashboard.panels[0], options: { graphMode: 'sparkline' } })),
    ]
    for (const dashboard of wrong) expect(typeErrors(dashboard)).toContain('error TS')
  })

  const { uid, schemaVersion, templating, panels } = readDashboard()
  const charts = panels.filter(({ type }) => type !== 'row')

  test('has a fixed address and schema version, and its three variables', () => {
    expect({ uid, schemaVersion }).toEqual({ uid: 'forkpool', schemaVersion: 41 })
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'pool'])
  })

  test('every panel asks the data source of the variable', () => {
    expect(charts.length).toBeGreaterThan(20)
    for (const panel of charts) {
      const sources = [panel.datasource, ...(panel.targets ?? []).map(({ datasource }) => datasource)]
      expect(sources.length, panel.title).toBeGreaterThan(1)
      for (const source of sources) expect(source, panel.title).toEqual({ type: 'prometheus', uid: '${datasource}' })
    }
  })

  test('every panel has an id of its own, a description, a unit and a type whose options are checked', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { title, type, description, fieldConfig } of charts) {
      expect(description, title).toMatch(/\.$/)
      expect(fieldConfig?.defaults.unit, title).toMatch(/^(short|s|bytes|percentunit)$/)
      expect(Object.keys(PANEL_TYPES), title).toContain(type)
    }
  })

  test('panels stay within the 24 columns and never lie on each other', () => {
    const taken = new Map<string, Panel>()
    for (const panel of panels) {
      const { x, y, w, h } = panel.gridPos
      expect(x + w, panel.title).toBeLessThanOrEqual(24)
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          expect(taken.get(`${column} ${line}`)?.title, `${panel.title} lies on another`).toBeUndefined()
          taken.set(`${column} ${line}`, panel)
        }
      }
    }
  })
})

describe('provisioning', () => {
  const read = (file: string): unknown => parse(readFileSync(inRepository('infra', 'grafana', 'provisioning', file), 'utf8'))

  test('one data source, the default, whose interval is that of the scrapes', () => {
    const { scrape_interval } = (
      parse(readFileSync(inRepository('infra', 'prometheus', 'prometheus.yml'), 'utf8')) as { global: { scrape_interval: string } }
    ).global
    expect(read('datasources/prometheus.yml')).toMatchObject({
      apiVersion: 1,
      datasources: [{ type: 'prometheus', url: '$PROMETHEUS_URL', isDefault: true, jsonData: { timeInterval: scrape_interval } }],
    })
  })

  test('the provider reads the folder that compose.yaml mounts', () => {
    const { providers } = read('dashboards/forkpool.yml') as { providers: { type: string; options: { path: string } }[] }
    expect(providers.map(({ type }) => type)).toEqual(['file'])
    const compose = readFileSync(inRepository('infra', 'docker', 'compose.yaml'), 'utf8')
    expect(compose).toContain(`../grafana/dashboards:${providers[0]?.options.path}:ro`)
    expect(readdirSync(inRepository('infra', 'grafana', 'dashboards'))).toEqual(['forkpool.json'])
  })
})
