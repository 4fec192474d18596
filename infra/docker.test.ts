import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { needTool } from '@forkpool/tools/install/need-tool.mjs'
import { inRepository } from '@forkpool/tools/service'
import { DASHBOARD_VARIABLES, refusedSettings } from './coordinator-settings.ts'

const DOCKERFILES = ['Dockerfile.coordinator', 'Dockerfile.dashboard']

interface Compose {
  readonly services: Readonly<Record<string, Service>>
}
interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly environment?: Readonly<Record<string, string>>
  readonly read_only?: boolean
  readonly ports?: readonly { readonly host_ip?: string; readonly published: string }[]
  readonly volumes?: readonly { readonly type: string; readonly source: string }[]
  readonly stop_grace_period?: string
}

/** The instructions of a Dockerfile, continued lines joined. */
function instructions(file: string): { readonly word: string; readonly rest: string }[] {
  const text = readFileSync(inRepository('infra', 'docker', file), 'utf8').replaceAll(/^#.*\n/gm, '')
  return [...text.replaceAll('\\\n', ' ').matchAll(/^([A-Z]+)\s+(.*)$/gm)].map(([, word = '', rest = '']) => ({ word, rest }))
}

/** Files of the build context that are copied, without those of other stages. */
function copiedSources(file: string): string[] {
  return instructions(file).flatMap(({ word, rest }) =>
    word !== 'COPY' || rest.startsWith('--from=') ? [] : rest.split(/\s+/).slice(0, -1),
  )
}

describe.each(DOCKERFILES)('%s', (file) => {
  test('hadolint finds nothing', (context) => {
    const { status, stdout } = spawnSync(needTool(context, 'hadolint'), [inRepository('infra', 'docker', file)], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })

  test('what it copies is there, and .dockerignore lets it in', () => {
    const sources = copiedSources(file)
    expect(sources.length).toBeGreaterThan(5)
    const allowed = readFileSync(inRepository('.dockerignore'), 'utf8').match(/(?<=^!).+$/gm) ?? []
    for (const source of sources) {
      expect(existsSync(inRepository(source)), source).toBe(true)
      expect(allowed, source).toContain(source.split('/', 1)[0])
    }
  })

  test('it runs as a number that is not root, gets signals itself, and says when it is ill', () => {
    const all = instructions(file)
    const last = all.slice(all.findLastIndex(({ word }) => word === 'FROM'))
    const restOf = (word: string): string | undefined => last.findLast((instruction) => instruction.word === word)?.rest
    expect(restOf('USER')).toMatch(/^[1-9]\d+:[1-9]\d+$/)
    expect(restOf('ENTRYPOINT')).toMatch(/^\["node", /)
    expect(restOf('HEALTHCHECK')).toMatch(/CMD \["node", /)
    expect(last.some(({ word }) => word === 'RUN')).toBe(false)
    expect(all.filter(({ word }) => word === 'FROM').every(({ rest }) => /^(\$\{BASE_IMAGE\}|manifests)/.test(rest))).toBe(true)
  })
})

test('hadolint refuses a Dockerfile with a fault', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-docker-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'Dockerfile')
  writeFileSync(file, 'FROM debian\nRUN cd /tmp && sudo ls\n')
  expect(spawnSync(needTool(context, 'hadolint'), [file], { timeout: 60_000 }).status).toBe(1)
})

test('compose.yaml follows the Compose specification and names what is there', (context) => {
  const program = needTool(context, 'compose-check')
  // Paths in the file are relative to the folder that it is read in.
  const cwd = inRepository('infra', 'docker')
  const { status, stdout, stderr } = spawnSync(program, ['-format', 'json', 'compose.yaml'], { cwd, encoding: 'utf8', timeout: 60_000 })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { services } = JSON.parse(stdout) as Compose
  expect(Object.keys(services).toSorted()).toEqual(['coordinator', 'dashboard', 'grafana', 'prometheus'])
  for (const [name, service] of Object.entries(services)) {
    expect(service.read_only, name).toBe(true)
    expect(
      service.ports?.map((port) => port.host_ip),
      name,
    ).toEqual(['127.0.0.1'])
    if (service.build !== undefined) expect(existsSync(join(service.build.context, service.build.dockerfile)), name).toBe(true)
    for (const { type, source } of service.volumes ?? []) if (type === 'bind') expect(existsSync(source), source).toBe(true)
  }
  expect(refusedSettings(services['coordinator']?.environment ?? {})).toEqual([])
  expect(Object.keys(services['dashboard']?.environment ?? {}).filter((name) => !DASHBOARD_VARIABLES.has(name))).toEqual([])
  const drainMs = Number(services['coordinator']?.environment?.['FORKPOOL_DRAIN_TIMEOUT_MS'])
  expect(services['coordinator']?.stop_grace_period).toBe('35s')
  expect(drainMs + 5_000).toBeLessThanOrEqual(35_000)
})

test('compose-check refuses a key that is not in the specification', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-compose-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'compose.yaml')
  writeFileSync(file, 'name: x\nservices:\n  a:\n    image: b\n    readonly: true\n')
  const { status, stderr } = spawnSync(needTool(context, 'compose-check'), [file], { encoding: 'utf8', timeout: 60_000 })
  expect(status).toBe(1)
  expect(stderr).toContain('readonly')
})

test('refused settings are found', () => {
  expect(refusedSettings({ FORKPOOL_PORT: '7070', FORKPOOL_PROT: '7070', FORKPOOL_MAX_WORKERS: '0' })).toEqual([
    expect.stringContaining('FORKPOOL_PROT'),
    expect.stringContaining('FORKPOOL_MAX_WORKERS'),
  ])
})
