/** A point of a line in pixels; null breaks the line. */
export type PathPoint = readonly [x: number, y: number] | null

/** The `d` of an SVG path through the points. A point alone between two breaks becomes a dot, which a path with round caps shows. */
export function linePath(points: readonly PathPoint[]): string {
  let path = ''
  let drawing = false
  for (const point of points) {
    if (point === null) {
      drawing = false
      continue
    }
    path += `${drawing ? 'L' : 'M'}${round(point[0])},${round(point[1])}`
    if (!drawing) path += 'h0'
    drawing = true
  }
  return path
}

/** A tenth of a pixel is finer than any screen, and the text stays short. */
function round(pixel: number): number {
  return Math.round(pixel * 10) / 10
}
