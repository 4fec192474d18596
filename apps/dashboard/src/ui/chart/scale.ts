/** Maps a domain onto pixels, and back. */
export interface Scale {
  (value: number): number
  invert(pixel: number): number
}

/** A straight scale. An empty domain maps to the middle, so that one single value can be drawn. */
export function linearScale([from, to]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  const span = to - from
  const scale = (value: number): number => (span === 0 ? (start + end) / 2 : start + ((value - from) / span) * (end - start))
  scale.invert = (pixel: number): number => (end === start ? from : from + ((pixel - start) / (end - start)) * span)
  return scale
}
