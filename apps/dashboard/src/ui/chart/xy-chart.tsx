'use client'

import { formatExact } from '../format.ts'
import { linePath } from './path.ts'
import { linearScale } from './scale.ts'
import { valueTicks } from './ticks.ts'
import { useWidth } from './use-width.ts'
import { ValueAxis } from './value-axis.tsx'

export interface XYCurve {
  readonly key: string
  readonly points: readonly (readonly [number, number])[]
  /** `ideal`: what cannot be beaten, drawn quietly. */
  readonly kind: 'ideal' | 'fitted'
  readonly hue: number
  readonly dash?: string | undefined
}

export interface XYPoint {
  readonly x: number
  readonly y: number
  readonly hue: number
  /** What the browser shows when pointing at it. */
  readonly title: string
}

export interface XYChartProps {
  /** In words what the picture shows: it is one image for assistive technology, its numbers stand in a table. */
  readonly label: string
  readonly xTitle: string
  readonly points: readonly XYPoint[]
  readonly curves: readonly XYCurve[]
  /** `bars`: from zero up to each point; `dots`: the points alone. */
  readonly marks: 'bars' | 'dots'
  readonly format: (value: number) => string
}

const HEIGHT = 240
const EDGE = { left: 50, right: 16, top: 14, bottom: 40 }

/** Measured points over pool sizes, with laws drawn through them. The axis begins at zero: half as high is half as much. */
export function XYChart({ label, xTitle, points, curves, marks, format }: XYChartProps) {
  const [ref, width] = useWidth()
  const inner = { from: EDGE.left, to: Math.max(EDGE.left + 1, width - EDGE.right), top: EDGE.top, bottom: HEIGHT - EDGE.bottom }
  const sizes = points.map((point) => point.x)
  const maxX = Math.max(...sizes, ...curves.flatMap((curve) => curve.points.map(([x]) => x)), 1)
  // Bars stand side by side, for their sizes are names; curves need a true scale.
  const slots = linearScale([-0.5, Math.max(0.5, points.length - 0.5)], [inner.from, inner.to])
  const trueScale = linearScale([0, maxX * 1.04], [inner.from, inner.to])
  const xOf = (point: XYPoint, index: number): number => (marks === 'bars' ? slots(index) : trueScale(point.x))
  const measured = Math.max(...points.map((point) => point.y), 0)
  const fitted = curves.filter((curve) => curve.kind === 'fitted').flatMap((curve) => curve.points.map(([, y]) => y))
  // An ideal far above what was reached is cut off rather than pressing everything else flat.
  const ideal = Math.min(
    Math.max(0, ...curves.filter((curve) => curve.kind === 'ideal').flatMap((curve) => curve.points.map(([, y]) => y))),
    measured * 2,
  )
  const ticks = valueTicks(Math.max(measured, ideal, ...fitted.map((y) => Math.min(y, measured * 1.5))), 4)
  const y = linearScale([0, ticks.at(-1) ?? 1], [inner.bottom, inner.top])
  const barWidth = Math.min(44, ((inner.to - inner.from) / Math.max(1, points.length)) * 0.56)
  const clip = `clip-${label.replaceAll(/\W+/g, '-')}`
  const labelled = spaced(points.map((point, i) => xOf(point, i)))
  return (
    <div className="chart chart-middle" ref={ref}>
      {width === 0 ? null : (
        <svg width={width} height={HEIGHT} role="img" aria-label={label}>
          <clipPath id={clip}>
            <rect x={inner.from} y={0} width={inner.to - inner.from} height={inner.bottom} />
          </clipPath>
          <ValueAxis ticks={ticks} y={y} from={inner.from} to={inner.to} format={format} />
          <g clipPath={`url(#${clip})`}>
            {curves.map((curve) => (
              <path
                key={curve.key}
                className={curve.kind === 'ideal' ? 'chart-ideal' : `chart-line chart-line-thin hue-${curve.hue}`}
                strokeDasharray={curve.dash}
                data-curve={curve.key}
                d={linePath(curve.points.map(([x, value]) => [trueScale(x), y(value)]))}
              />
            ))}
          </g>
          {points.map((point, i) => (
            <g key={point.x} className={`hue-${point.hue}`} data-point={point.x} data-value={point.y}>
              <title>{point.title}</title>
              {marks === 'bars' ? (
                <>
                  <rect
                    className="chart-bar"
                    x={xOf(point, i) - barWidth / 2}
                    y={y(point.y)}
                    width={barWidth}
                    height={Math.max(1, inner.bottom - y(point.y))}
                    rx="2"
                  />
                  <text x={xOf(point, i)} y={y(point.y) - 5} textAnchor="middle">
                    {format(point.y)}
                  </text>
                </>
              ) : (
                <circle className="chart-point" cx={xOf(point, i)} cy={y(point.y)} r="5" />
              )}
              {labelled.has(i) ? (
                <text x={xOf(point, i)} y={inner.bottom + 16} textAnchor="middle">
                  {formatExact(point.x)}
                </text>
              ) : null}
            </g>
          ))}
          <text className="chart-title" x={(inner.from + inner.to) / 2} y={HEIGHT - 6} textAnchor="middle">
            {xTitle}
          </text>
        </svg>
      )}
    </div>
  )
}

/** The indices whose labels fit beside each other, the last one always among them. */
function spaced(positions: readonly number[]): ReadonlySet<number> {
  const kept = new Set<number>()
  let next = Number.POSITIVE_INFINITY
  for (let i = positions.length - 1; i >= 0; i--) {
    const position = positions[i] ?? 0
    if (next - position < 18) continue
    kept.add(i)
    next = position
  }
  return kept
}
