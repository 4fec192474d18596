/** Mean and peak of a line over a stretch of time; null where nothing was measured. A second without a value does not count as zero. */
export function summarise(
  values: readonly (number | null)[],
  at: readonly number[],
  [from, to]: readonly [number, number],
): { readonly mean: number | null; readonly peak: number | null } {
  let sum = 0
  let count = 0
  let peak = 0
  for (let i = 0; i < at.length; i++) {
    const moment = at[i]
    const value = values[i]
    if (moment === undefined || moment < from || moment > to || value === null || value === undefined) continue
    sum += value
    count++
    peak = Math.max(peak, value)
  }
  return count === 0 ? { mean: null, peak: null } : { mean: sum / count, peak }
}
