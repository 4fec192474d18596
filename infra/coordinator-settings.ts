import { COORDINATOR_OPTIONS } from '../apps/coordinator/src/config/coordinator-options.ts'
import { variableName } from '../apps/coordinator/src/config/flag-name.ts'

const OPTIONS = new Map(Object.entries(COORDINATOR_OPTIONS).map(([key, option]) => [variableName(key), option]))

/** The environment variables of the dashboard: its `sources/settings.ts`, and what Next.js itself reads. */
export const DASHBOARD_VARIABLES: ReadonlySet<string> = new Set([
  'FORKPOOL_URL',
  'FORKPOOL_TOKEN_FILE',
  'FORKPOOL_DASHBOARD_HOSTS',
  'PROMETHEUS_URL',
  'PORT',
])

/** Sentences about every variable that the coordinator would not know or would refuse; none when all is well. */
export function refusedSettings(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const option = OPTIONS.get(name)
    if (option === undefined) return [`${name}: the coordinator knows no such variable`]
    try {
      option.read(value, name)
      return []
    } catch (error) {
      return [String(error)]
    }
  })
}
