import type { COORDINATOR_OPTIONS } from './coordinator-options.ts'
import type { CoordinatorConfig } from './read-config.ts'

type Setting = keyof typeof COORDINATOR_OPTIONS

/**
 * Settings that a running coordinator takes anew at SIGHUP. Of all others something has been made already: a socket that listens, workers, a data directory, what
 * clients were told when they connected.
 */
export const RELOADABLE = ['logLevel', 'tokenFile', 'tokens', 'tlsCert', 'tlsKey', 'allowedHosts', 'allowedOrigins'] as const

/** Which settings are others than before: those that can be taken now, and those that a restart would take. */
export function changedSettings(
  before: CoordinatorConfig,
  next: CoordinatorConfig,
): { readonly now: readonly Setting[]; readonly atRestart: readonly Setting[] } {
  const { credentials: _before, ...settings } = before
  const changed = (Object.keys(settings) as Setting[]).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(next[key]))
  const isReloadable = (key: Setting): boolean => (RELOADABLE as readonly string[]).includes(key)
  return { now: changed.filter(isReloadable), atRestart: changed.filter((key) => !isReloadable(key)) }
}
