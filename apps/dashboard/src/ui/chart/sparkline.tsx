import { linePath } from './path.ts'

const WIDTH = 300
const HEIGHT = 56

export interface SparklineProps {
  /** Oldest first. The newest stands at the right edge; while there are fewer than `capacity` the left stays empty. */
  readonly values: readonly number[]
  readonly capacity: number
  readonly label: string
}

/** A line from zero without axes, as wide as its place; what it says must stand in words beside it. */
export function Sparkline({ values, capacity, label }: SparklineProps) {
  const max = Math.max(...values, Number.MIN_VALUE)
  const step = WIDTH / Math.max(1, capacity - 1)
  const first = WIDTH - (values.length - 1) * step
  const points = values.map((value, i) => [first + i * step, HEIGHT - 1 - (value / max) * (HEIGHT - 4)] as const)
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {points.length === 0 ? null : <path className="sparkline-area" d={`${linePath([[first, HEIGHT], ...points, [WIDTH, HEIGHT]])}Z`} />}
      <path className="sparkline-line" d={linePath(points)} />
    </svg>
  )
}
