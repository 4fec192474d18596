import { wholeNumber } from './whole-number.ts'

export interface MandelbrotRow {
  /** Size of the picture, pixels. */
  readonly width: number
  readonly height: number
  /** Which row, 0 at the top. */
  readonly row: number
  /** Points that stay bounded for so long count as inside; 1 to 65,535, default 256. */
  readonly maxIterations?: number | undefined
  /** Middle of the picture in the complex plane; default −0.5 + 0i, where the whole set is seen. */
  readonly centerX?: number | undefined
  readonly centerY?: number | undefined
  /** Width of the picture in the complex plane; default 3. */
  readonly span?: number | undefined
}

/** One row of a picture of the Mandelbrot set: for each pixel the iterations until it escapes, `maxIterations` for a point inside. */
export function mandelbrotRow(options: MandelbrotRow): Uint16Array {
  const { maxIterations = 256, centerX = -0.5, centerY = 0, span = 3 } = options ?? {}
  const width = wholeNumber('mandelbrotRow', 'width', options?.width, 1, 100_000)
  const height = wholeNumber('mandelbrotRow', 'height', options?.height, 1, 100_000)
  const row = wholeNumber('mandelbrotRow', 'row', options?.row, 0, height - 1)
  wholeNumber('mandelbrotRow', 'maxIterations', maxIterations, 1, 65_535)
  const step = span / width
  const y = centerY + (row - (height - 1) / 2) * step
  const iterations = new Uint16Array(width)
  for (let column = 0; column < width; column++) {
    iterations[column] = escapeTime(centerX + (column - (width - 1) / 2) * step, y, maxIterations)
  }
  return iterations
}
mandelbrotRow.description = 'Iterations until each pixel of one row escapes the Mandelbrot set.'

function escapeTime(x: number, y: number, maxIterations: number): number {
  let re = 0
  let im = 0
  let reSquared = 0
  let imSquared = 0
  let n = 0
  while (n < maxIterations && reSquared + imSquared <= 4) {
    im = 2 * re * im + y
    re = reSquared - imSquared + x
    reSquared = re * re
    imSquared = im * im
    n++
  }
  return n
}
