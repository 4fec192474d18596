'use client'

import { type KeyboardEvent, type PointerEvent, useId, useState } from 'react'
import { formatClock, formatRate } from '../format.ts'
import { spreadLabels } from './labels.ts'
import { linePath, type PathPoint } from './path.ts'
import { linearScale } from './scale.ts'
import { timeTicks, valueTicks } from './ticks.ts'
import { useWidth } from './use-width.ts'
import { ValueAxis } from './value-axis.tsx'

export interface TimeLine {
  readonly key: string
  /** At the line's end. */
  readonly label: string
  readonly hue: number
  readonly dash?: string | undefined
  /** As many as the chart's moments. */
  readonly values: readonly (number | null)[]
}

export interface TimeChartProps {
  readonly label: string
  /** Moments in ascending order, wall-clock milliseconds. */
  readonly at: readonly number[]
  readonly lines: readonly TimeLine[]
  readonly domain: readonly [number, number]
  /** Index into `at` of the moment that is read off; null: the newest. */
  readonly cursor: number | null
  readonly onCursor: (index: number | null) => void
  /** The reader has drawn a stretch of time. */
  readonly onZoom: (from: number, to: number) => void
  readonly onZoomBy: (factor: number, around: number) => void
  readonly onPan: (share: number) => void
  /** Back to the newest. */
  readonly onFollow: () => void
}

const HEIGHT = 280
const EDGE = { left: 52, right: 34, top: 10, bottom: 26 }
/** Moments further apart than this are not joined: nothing is known in between. */
const GAP_MS = 3_500
/** A shorter drag is a click. */
const DRAG_MIN_PX = 6

/**
 * Lines over time. Our own SVG, for 900 points of a dozen lines once a second are little for it, the page's colours, tests and screen readers
 * reach into it, and no dependency has to be trusted. Pointing reads a moment off, dragging zooms, double click or Escape goes back; on the
 * keyboard it is a slider over time: arrows read, with Shift they move along, plus and minus zoom.
 */
export function TimeChart(props: TimeChartProps) {
  const { label, at, lines, domain, cursor, onCursor, onZoom, onFollow } = props
  const [ref, width] = useWidth()
  const clip = useId()
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number } | null>(null)

  const inner = { from: EDGE.left, to: Math.max(EDGE.left + 1, width - EDGE.right), top: EDGE.top, bottom: HEIGHT - EDGE.bottom }
  const x = linearScale(domain, [inner.from, inner.to])
  const [first, last] = visibleRange(at, domain)
  const max = lines.reduce((most, { values }) => values.slice(first, last + 1).reduce<number>((top, v) => Math.max(top, v ?? 0), most), 0)
  const ticks = valueTicks(max, 4)
  const y = linearScale([0, ticks.at(-1) ?? 1], [inner.bottom, inner.top])

  const ends = lines.flatMap((line) => {
    const index = line.values.findLastIndex((value, i) => value !== null && i <= last && i >= first)
    const value = line.values[index]
    return value === null || value === undefined ? [] : [{ line, y: y(value) }]
  })
  const labelsAt = spreadLabels(
    ends.map((end) => end.y),
    12,
    inner.top + 4,
    inner.bottom,
  )

  const indexAt = (event: PointerEvent<SVGSVGElement>): number => nearest(at, x.invert(pixelOf(event)), first, last)
  const clamped = (event: PointerEvent<SVGSVGElement>): number => Math.min(inner.to, Math.max(inner.from, pixelOf(event)))

  const read = cursor === null ? null : at[cursor]
  return (
    <div className="chart chart-tall" ref={ref}>
      {width === 0 ? null : (
        <svg
          className="chart-surface"
          width={width}
          height={HEIGHT}
          role="slider"
          tabIndex={0}
          aria-label={label}
          aria-valuemin={Math.round(domain[0])}
          aria-valuemax={Math.round(domain[1])}
          aria-valuenow={Math.round(read ?? domain[1])}
          aria-valuetext={spoken(lines, at, cursor ?? last)}
          onPointerMove={(event) => {
            if (drag === null) onCursor(at.length === 0 ? null : indexAt(event))
            else setDrag({ ...drag, to: clamped(event) })
          }}
          onPointerLeave={() => onCursor(null)}
          onPointerDown={(event) => {
            if (event.button !== 0 || event.pointerType === 'touch') return
            event.currentTarget.setPointerCapture(event.pointerId)
            setDrag({ from: clamped(event), to: clamped(event) })
          }}
          onPointerUp={() => {
            if (drag !== null && Math.abs(drag.to - drag.from) >= DRAG_MIN_PX) onZoom(x.invert(drag.from), x.invert(drag.to))
            setDrag(null)
          }}
          onPointerCancel={() => setDrag(null)}
          onDoubleClick={onFollow}
          onBlur={() => onCursor(null)}
          onKeyDown={(event) => onKey(event, props, first, last)}
        >
          <defs>
            <clipPath id={clip}>
              <rect x={inner.from} y={0} width={inner.to - inner.from} height={inner.bottom + 1} />
            </clipPath>
          </defs>
          <ValueAxis ticks={ticks} y={y} from={inner.from} to={inner.to} format={formatRate} />
          {timeTicks(domain[0], domain[1], Math.max(2, Math.floor(width / 110)), zoneOffset(domain[1])).map((tick) => (
            <text key={tick} x={x(tick)} y={HEIGHT - 8} textAnchor="middle">
              {formatClock(tick)}
            </text>
          ))}
          <g clipPath={`url(#${clip})`}>
            {lines.map((line) => (
              <path
                key={line.key}
                className={`chart-line hue-${line.hue}`}
                strokeDasharray={line.dash}
                data-line={line.key}
                d={linePath(pointsOf(line.values, at, first, last, x, y))}
              />
            ))}
            {drag === null ? null : (
              <rect
                className="chart-selection"
                x={Math.min(drag.from, drag.to)}
                y={inner.top}
                width={Math.abs(drag.to - drag.from)}
                height={inner.bottom - inner.top}
              />
            )}
          </g>
          {ends.map(({ line }, i) => (
            <text key={line.key} className={`chart-end hue-${line.hue}`} x={inner.to + 6} y={labelsAt[i]} dy="0.32em">
              {line.label}
            </text>
          ))}
          {read === null || read === undefined || drag !== null ? null : (
            <g aria-hidden="true">
              <line className="chart-cursor" x1={x(read)} x2={x(read)} y1={inner.top} y2={inner.bottom} />
              {lines.map((line) => {
                const value = line.values[cursor ?? -1]
                return value === null || value === undefined ? null : (
                  <circle key={line.key} className={`chart-point hue-${line.hue}`} cx={x(read)} cy={y(value)} r="4" />
                )
              })}
            </g>
          )}
        </svg>
      )}
      {lines.length === 0 && width > 0 ? <p className="chart-empty">Nothing ran in this time.</p> : null}
    </div>
  )
}

function onKey(
  event: KeyboardEvent,
  { at, cursor, domain, onCursor, onPan, onZoomBy, onFollow }: TimeChartProps,
  first: number,
  last: number,
): void {
  const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
  if (step !== 0 && event.shiftKey) onPan(step * 0.1)
  else if (step !== 0 && at.length > 0) onCursor(Math.min(last, Math.max(first, (cursor ?? last) + step)))
  else if (event.key === 'Home') onCursor(at.length === 0 ? null : first)
  else if (event.key === 'End') onCursor(at.length === 0 ? null : last)
  else if (event.key === '+' || event.key === '=') onZoomBy(0.5, at[cursor ?? -1] ?? domain[1])
  else if (event.key === '-') onZoomBy(2, at[cursor ?? -1] ?? domain[1])
  else if (event.key === 'Escape') {
    onCursor(null)
    onFollow()
  } else return
  event.preventDefault()
}

/** What a screen reader says of the moment that is read off. */
function spoken(lines: readonly TimeLine[], at: readonly number[], index: number): string {
  const moment = at[index]
  if (moment === undefined || lines.length === 0) return 'Nothing ran in this time'
  const values = lines.map((line) => `${line.label}: ${formatRate(line.values[index] ?? 0)}`)
  return `${formatClock(moment)}, ${values.join(', ')}`
}

function pointsOf(
  values: readonly (number | null)[],
  at: readonly number[],
  first: number,
  last: number,
  x: (value: number) => number,
  y: (value: number) => number,
): PathPoint[] {
  const points: PathPoint[] = []
  let before: number | undefined
  for (let i = Math.max(0, first - 1); i <= Math.min(at.length - 1, last + 1); i++) {
    const moment = at[i]
    const value = values[i]
    if (moment === undefined) continue
    if (before !== undefined && moment - before > GAP_MS) points.push(null)
    points.push(value === null || value === undefined ? null : [x(moment), y(value)])
    before = moment
  }
  return points
}

/** First and last index whose moment lies in the domain; `[0, -1]` where there is none. */
function visibleRange(at: readonly number[], [from, to]: readonly [number, number]): readonly [number, number] {
  const first = at.findIndex((moment) => moment >= from && moment <= to)
  return first < 0 ? [0, -1] : [first, at.findLastIndex((moment) => moment <= to)]
}

function nearest(at: readonly number[], moment: number, first: number, last: number): number {
  let best = first
  for (let i = first; i <= last; i++) if (Math.abs((at[i] ?? 0) - moment) < Math.abs((at[best] ?? 0) - moment)) best = i
  return best
}

function pixelOf(event: PointerEvent<SVGSVGElement>): number {
  return event.clientX - event.currentTarget.getBoundingClientRect().left
}

function zoneOffset(at: number): number {
  return -new Date(at).getTimezoneOffset() * 60_000
}
