/** Longest name that is compared, UTF-16 code units: the cost is the product of two lengths, and a name may come from a stranger. */
const NAME_LENGTH_COMPARED = 100

/**
 * The candidates that a person most likely meant by `name`, nearest first, `max` at most; ties in the order of `candidates`. Upper and
 * lower case are equal. A candidate counts when it is at most a third of its letters away from `name` (one letter at least), or begins
 * with it; for a candidate with a prefix (`images.resize`) the last part counts as well as the whole.
 */
export function nearestNames(name: string, candidates: Iterable<string>, max: number): string[] {
  const wanted = fold(name)
  const near: { readonly candidate: string; readonly distance: number }[] = []
  for (const candidate of candidates) {
    const whole = fold(candidate)
    const last = whole.slice(whole.lastIndexOf('.') + 1)
    const distance = Math.min(nearness(wanted, whole), nearness(wanted, last))
    if (distance < Infinity) near.push({ candidate, distance })
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, max)
    .map(({ candidate }) => candidate)
}

/** The distance where it is small enough to count; the start of a name counts as nearly one typing error; `Infinity` where neither holds. */
function nearness(wanted: string, candidate: string): number {
  const distance = editDistance(wanted, candidate)
  if (distance <= Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))) return distance
  return wanted.length >= 3 && candidate.startsWith(wanted) ? 1.5 : Infinity
}

function fold(name: string): string {
  return name.slice(0, NAME_LENGTH_COMPARED).toLowerCase()
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, no part edited twice.
 * Source: F. Damerau, "A technique for computer detection and correction of spelling errors", 1964 (the restricted distance).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast = new Array<number>(b.length + 1).fill(0)
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = new Array<number>(b.length + 1)
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (beforeLast[j - 2] as number) + 1)
      row[j] = least
    }
    beforeLast = last
    last = row
  }
  return last[b.length] as number
}
