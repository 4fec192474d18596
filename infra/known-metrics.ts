import { collectDefaultMetrics, Registry } from 'prom-client'
import { METRICS } from '../apps/coordinator/src/metrics/metric-names.ts'

/** Labels that Prometheus itself adds to every sample. */
const ADDED_LABELS = ['job', 'instance']

/** Every series name that Prometheus can have of a coordinator, with its labels: histograms as the three series that they are. */
export function knownSeries(): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, ReadonlySet<string>>([['up', new Set(ADDED_LABELS)]])
  for (const [name, { type, labels }] of Object.entries(METRICS)) {
    const all = new Set([...ADDED_LABELS, ...labels])
    if (type !== 'histogram') series.set(name, all)
    else {
      series.set(`${name}_bucket`, new Set([...all, 'le']))
      series.set(`${name}_sum`, all)
      series.set(`${name}_count`, all)
    }
  }
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const { name } of registry.getMetricsAsArray()) series.set(name, new Set(ADDED_LABELS))
  registry.clear()
  return series
}

/** Sentences about everything that a query names and a coordinator does not have; none when all is well. */
export function unknownIn(
  query: {
    readonly selectors: readonly { readonly metric: string; readonly labels: readonly string[] }[]
    readonly groupings: readonly string[]
  },
  series: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const faults: string[] = []
  const labelsOfAll = new Set<string>()
  for (const { metric, labels } of query.selectors) {
    const known = series.get(metric)
    if (known === undefined) {
      faults.push(`no metric ${metric}`)
      continue
    }
    for (const label of known) labelsOfAll.add(label)
    for (const label of labels) if (!known.has(label)) faults.push(`${metric} has no label ${label}`)
  }
  for (const label of query.groupings) if (!labelsOfAll.has(label)) faults.push(`nothing here has the label ${label} to group by`)
  return faults
}
