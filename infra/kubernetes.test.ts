import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { needTool } from '@forkpool/tools/install/need-tool.mjs'
import { inRepository } from '@forkpool/tools/service'
import { DASHBOARD_VARIABLES, refusedSettings } from './coordinator-settings.ts'

/** The oldest version of Kubernetes that is supported, and the newest that the schemas know. */
const KUBERNETES_VERSIONS = ['1.30', '1.37']

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly replicas?: number
    readonly selector?: Readonly<Record<string, unknown>>
    readonly template?: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: PodSpec }
  }
}
interface PodSpec {
  readonly serviceAccountName: string
  readonly automountServiceAccountToken: boolean
  readonly terminationGracePeriodSeconds: number
  readonly securityContext: {
    readonly runAsNonRoot: boolean
    readonly runAsUser: number
    readonly seccompProfile: { readonly type: string }
  }
  readonly containers: readonly Container[]
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[]
}
interface Container {
  readonly image: string
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[]
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } }
  readonly livenessProbe: { readonly httpGet: { readonly path: string } }
  readonly readinessProbe: { readonly httpGet: { readonly path: string } }
  readonly resources: { readonly requests: Readonly<Record<string, string>>; readonly limits: Readonly<Record<string, string>> }
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean
    readonly readOnlyRootFilesystem: boolean
    readonly capabilities: { readonly drop: readonly string[] }
  }
}

function build(program: string, folder: string): { readonly text: string; readonly manifests: readonly Manifest[] } {
  const { status, stdout, stderr } = spawnSync(program, ['build', inRepository('infra', 'kubernetes', folder)], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return { text: stdout, manifests: parseAllDocuments(stdout).map((document) => document.toJS() as Manifest) }
}

function validate(program: string, version: string, text: string): { readonly status: number | null; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'forkpool-kubernetes-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'manifests.yaml')
  writeFileSync(file, text)
  const { status, stdout, stderr } = spawnSync(program, ['--strict', '-k', version, file], { encoding: 'utf8', timeout: 120_000 })
  return { status, output: stdout + stderr }
}

function pick(manifests: readonly Manifest[], kind: string, part: string): Manifest {
  const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name.startsWith(part))
  if (found === undefined) throw new Error(`no ${kind} ${part}`)
  return found
}

function podOf(manifest: Manifest): PodSpec {
  if (manifest.spec?.template === undefined) throw new Error(`${manifest.kind} ${manifest.metadata.name} has no pods`)
  return manifest.spec.template.spec
}

describe.each(['base', 'overlays/local'])('%s', (folder) => {
  test('is valid for the oldest and the newest supported Kubernetes', (context) => {
    const { text, manifests } = build(needTool(context, 'kustomize'), folder)
    const program = needTool(context, 'kubernetes-validate')
    expect(manifests.length).toBeGreaterThanOrEqual(10)
    for (const version of KUBERNETES_VERSIONS) {
      const { status, output } = validate(program, version, text)
      expect({ status, output }).toMatchObject({ status: 0 })
      expect(output.match(/ passed for resource /g)?.length).toBe(manifests.length)
    }
  })

  test('pods keep to the restricted profile, are probed, and have requests and limits', (context) => {
    const { manifests } = build(needTool(context, 'kustomize'), folder)
    const workloads = manifests.filter((manifest) => manifest.spec?.template !== undefined)
    expect(workloads.map(({ kind }) => kind).toSorted()).toEqual(['Deployment', 'StatefulSet'])
    for (const workload of workloads) {
      const pod = podOf(workload)
      expect(pod).toMatchObject({ automountServiceAccountToken: false, serviceAccountName: 'forkpool' })
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0)
      expect(pod.volumes.map(({ secret }) => secret?.secretName)).toContain('forkpool-token')
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(Object.keys(container.resources.requests).toSorted()).toEqual(['cpu', 'memory'])
        expect(Object.keys(container.resources.limits).toSorted()).toEqual(['cpu', 'memory'])
        expect(container.livenessProbe.httpGet.path).toMatch(/healthz$/)
      }
    }
    expect(podOf(pick(manifests, 'StatefulSet', 'forkpool-coordinator')).containers[0]?.readinessProbe.httpGet.path).toBe('/readyz')
    expect(pick(manifests, 'StatefulSet', 'forkpool-coordinator').spec?.replicas).toBe(1)
  })

  test('every setting is one that the program knows and takes', (context) => {
    const { manifests } = build(needTool(context, 'kustomize'), folder)
    expect(refusedSettings(pick(manifests, 'ConfigMap', 'forkpool-coordinator').data ?? {})).toEqual([])
    expect(
      Object.keys(pick(manifests, 'ConfigMap', 'forkpool-dashboard').data ?? {}).filter((name) => !DASHBOARD_VARIABLES.has(name)),
    ).toEqual([])
    for (const [kind, name] of [
      ['StatefulSet', 'forkpool-coordinator'],
      ['Deployment', 'forkpool-dashboard'],
    ] as const) {
      const references = podOf(pick(manifests, kind, name)).containers[0]?.envFrom.map(({ configMapRef }) => configMapRef.name)
      expect(references).toEqual([pick(manifests, 'ConfigMap', name).metadata.name])
    }
  })

  test('the drain fits into the time that Kubernetes gives', (context) => {
    const { manifests } = build(needTool(context, 'kustomize'), folder)
    const pod = podOf(pick(manifests, 'StatefulSet', 'forkpool-coordinator'))
    const [, preStopMs = Number.NaN] =
      /setTimeout\(\(\) => \{\}, (\d+)\)/.exec(pod.containers[0]?.lifecycle.preStop.exec.command.at(-1) ?? '') ?? []
    const drainMs = Number(pick(manifests, 'ConfigMap', 'forkpool-coordinator').data?.['FORKPOOL_DRAIN_TIMEOUT_MS'])
    expect(Number(preStopMs) + drainMs + 5_000).toBeLessThanOrEqual(pod.terminationGracePeriodSeconds * 1000)
  })

  test('Services and policies select the pods that they mean', (context) => {
    const { manifests } = build(needTool(context, 'kustomize'), folder)
    for (const component of ['coordinator', 'dashboard']) {
      const name = `forkpool-${component}`
      const workload = manifests.find((manifest) => manifest.metadata.name === name && manifest.spec?.template !== undefined)
      const labels = workload?.spec?.template?.metadata.labels ?? {}
      expect(labels['app.kubernetes.io/component']).toBe(component)
      expect(labels).toMatchObject(pick(manifests, 'Service', name).spec?.selector ?? { none: 'such' })
    }
    expect(manifests.every(({ kind, metadata }) => kind === 'Namespace' || metadata.namespace === 'forkpool')).toBe(true)
    expect(manifests.some(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'forkpool-default-deny')).toBe(true)
    expect(manifests.some(({ kind }) => kind === 'Secret')).toBe(false)
  })
})

test('a field that Kubernetes does not know is refused', (context) => {
  const { text } = build(needTool(context, 'kustomize'), 'base')
  const program = needTool(context, 'kubernetes-validate')
  const { status, output } = validate(program, '1.37', text.replace('readinessProbe:', 'readynessProbe:'))
  expect(status).not.toBe(0)
  expect(output).toContain('readynessProbe')
})
