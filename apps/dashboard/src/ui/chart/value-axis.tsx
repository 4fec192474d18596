export interface ValueAxisProps {
  readonly ticks: readonly number[]
  readonly y: (value: number) => number
  /** Pixels at which the lines begin and end. */
  readonly from: number
  readonly to: number
  readonly format: (value: number) => string
}

/** Horizontal lines with their values at the left; the one at zero is the axis. */
export function ValueAxis({ ticks, y, from, to, format }: ValueAxisProps) {
  return ticks.map((tick) => (
    <g key={tick}>
      <line className={tick === 0 ? 'chart-axis' : 'chart-grid'} x1={from} x2={to} y1={y(tick)} y2={y(tick)} />
      <text x={from - 8} y={y(tick)} dy="0.32em" textAnchor="end">
        {format(tick)}
      </text>
    </g>
  ))
}
