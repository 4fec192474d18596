import { readFileSync } from 'node:fs'

/** Where the dashboard's server finds things. Read from the environment in this file only. */
export interface DashboardSettings {
  /** Base address of the coordinator's HTTP API, without a path at its end. */
  readonly coordinator: URL
  /** The bearer token of the coordinator, read anew each time so that a rotated file is honoured; null: none is configured. */
  readonly token: () => string | null
  /** Base address of Prometheus; null: the coordinator's own samples are used. */
  readonly prometheus: URL | null
}

const COORDINATOR_DEFAULT = 'ws://127.0.0.1:7070'

/** @throws Error naming the variable whose value cannot be used. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): DashboardSettings {
  return {
    coordinator: httpForm('FORKPOOL_URL', env['FORKPOOL_URL'] || COORDINATOR_DEFAULT),
    token: tokenReader(env['FORKPOOL_TOKEN'], env['FORKPOOL_TOKEN_FILE']),
    prometheus: env['PROMETHEUS_URL'] ? httpForm('PROMETHEUS_URL', env['PROMETHEUS_URL']) : null,
  }
}

/** Host names, besides loopback names and literal addresses, under which the dashboard may be opened. */
export function readHosts(env: Readonly<Record<string, string | undefined>>): ReadonlySet<string> {
  const names = (env['FORKPOOL_DASHBOARD_HOSTS'] ?? '').split(',').map((host) => host.trim().toLowerCase())
  return new Set(names.filter((host) => host !== ''))
}

/** `ws://host:1/` → `http://host:1`, `wss:` → `https:`. */
export function httpForm(variable: string, address: string): URL {
  const form = /^(ws|http)(s?):\/\//i.test(address) ? address.replace(/^ws/i, 'http') : ''
  if (!URL.canParse(form)) throw new Error(`${variable} is ${JSON.stringify(address)}; expected an address such as ws://127.0.0.1:7070.`)
  const url = new URL(form)
  url.search = ''
  url.hash = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

/** The address as it may be shown: without a user name or password. */
export function shownAddress(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`
}

function tokenReader(token: string | undefined, file: string | undefined): () => string | null {
  if (token) return () => token
  if (!file) return () => null
  return () => readFileSync(file, 'utf8').trim() || null
}
