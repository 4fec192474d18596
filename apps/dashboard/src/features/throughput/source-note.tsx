import type { ThroughputState } from './use-throughput.ts'

/** Where the chart's past is from, in one sentence; the newest seconds always come from the live feed. */
export function SourceNote({ source, error }: Pick<ThroughputState, 'source' | 'error'>) {
  if (source === null) return <span data-source="none">{error === null ? 'Loading the past…' : `No past to show: ${error}`}</span>
  if (source.source === 'prometheus') {
    return <span data-source="prometheus">Past from Prometheus, newest seconds from the coordinator’s live feed; one point a second.</span>
  }
  return (
    <span data-source="built-in">
      From the coordinator’s own samples, one a second.
      {source.fallbackReason === null ? null : <> {source.fallbackReason}.</>}
    </span>
  )
}
