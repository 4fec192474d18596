/** What k6 hands to `handleSummary`, as far as it is used here. */
export interface SummaryData {
  readonly metrics: Readonly<
    Record<
      string,
      { readonly values: Readonly<Record<string, number>>; readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>> }
    >
  >
}

/** A line a metric, thresholds beside it, and where `FORKPOOL_SUMMARY` names a file, everything as JSON in it. */
export function summarise(data: SummaryData, file: string | undefined): Record<string, string> {
  const lines = Object.entries(data.metrics)
    .filter(([name, { thresholds }]) => name.startsWith('forkpool_') || thresholds !== undefined)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, { values, thresholds = {} }]) => {
      const figures = Object.entries(values).map(([key, value]) => `${key}=${Number(value.toFixed(3))}`)
      const verdicts = Object.entries(thresholds).map(([text, { ok }]) => `[${text}: ${ok ? 'kept' : 'BROKEN'}]`)
      return `${name.padEnd(26)} ${figures.join(' ')} ${verdicts.join(' ')}`.trimEnd()
    })
  const text = { stdout: `${lines.join('\n')}\n` }
  return file === undefined || file === '' ? text : { ...text, [file]: JSON.stringify(data) }
}
