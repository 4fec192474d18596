/** How many hues the palette has (`--series-0` … in tokens.css). */
export const SERIES_HUES = 8

/** The usual sizes get hues that are far from each other; 2, 4 and 8 are what everybody compares first. */
const USUAL: Readonly<Record<number, number>> = { 1: 4, 2: 0, 3: 6, 4: 1, 6: 7, 8: 2, 12: 5, 16: 3, 32: 5, 64: 7 }

/**
 * The hue of a pool size, 0 to 7: always the same for the same size, on every page, whatever else is drawn, so that "four is orange" can be
 * learned. Two unusual sizes may share a hue; their lines then differ by dashes and by the number at their end.
 */
export function seriesHue(poolSize: number): number {
  return USUAL[poolSize] ?? (poolSize * 5 + 3) % SERIES_HUES
}

/** A dash pattern for each line: lines of one hue differ, in the order given. Solid first. */
export function seriesDashes(hues: readonly number[]): readonly (string | undefined)[] {
  const seen = new Map<number, number>()
  return hues.map((hue) => {
    const before = seen.get(hue) ?? 0
    seen.set(hue, before + 1)
    return DASHES[before % DASHES.length]
  })
}

const DASHES = [undefined, '7 3', '2 3', '10 3 2 3'] as const
