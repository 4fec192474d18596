'use client'

import { useState } from 'react'
import { useLive } from '../../live/use-live.ts'
import { Card } from '../../ui/card.tsx'
import { TimeChart } from '../../ui/chart/time-chart.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { seriesDashes, seriesHue } from '../../ui/series-color.ts'
import { type ChartView, domainOf, follow, panBy, VIEW_INITIAL, WINDOWS_MINUTES, zoomBy, zoomTo } from './chart-view.ts'
import { type LegendRow, LegendTable } from './legend-table.tsx'
import { SourceNote } from './source-note.tsx'
import { byPool, bySize } from './timeline.ts'
import { useThroughput } from './use-throughput.ts'

/** More lines than this at once cannot be told apart; the table says how many are left out. */
const LINES_MAX = 12

/** Tasks per second by pool size over time: the question that the whole service is about. */
export function ThroughputPanel() {
  const { timeline, source, error } = useThroughput()
  const { link } = useLive()
  const [view, setView] = useState<ChartView>(VIEW_INITIAL)
  const [grouping, setGrouping] = useState<'size' | 'pool'>('size')
  const [cursor, setCursor] = useState<number | null>(null)
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set())

  const newest = timeline.at.at(-1)
  const isLoading = newest === undefined && error === null && link.kind !== 'unreachable' && link.kind !== 'refused'
  const domain = domainOf(view, newest ?? 0)
  const groups = grouping === 'size' ? bySize(timeline) : byPool(timeline)
  const visible = groups.filter(({ values }) => values.some((value, i) => value !== null && isWithin(timeline.at[i], domain)))
  const shown = visible.length <= LINES_MAX ? visible : largest(visible, LINES_MAX)
  const hues = shown.map((group) => seriesHue(group.poolSize))
  const dashes = seriesDashes(hues)
  const rows: readonly LegendRow[] = shown.map(({ poolSize, pools, values }, i) => {
    const key = grouping === 'size' ? `${poolSize}` : `${poolSize} ${pools[0]}`
    return { key, poolSize, pools, values, hue: hues[i] ?? 0, dash: dashes[i], isHidden: hidden.has(key) }
  })

  const toggle = (key: string): void =>
    setHidden(hidden.has(key) ? new Set([...hidden].filter((other) => other !== key)) : new Set([...hidden, key]))
  const windowNow = view.kind === 'follow' ? view.windowMs / 60_000 : null
  return (
    <Card
      title="Tasks per second by pool size"
      actions={
        <div className="row">
          {view.kind === 'fixed' ? (
            <button type="button" className="button button-small" onClick={() => setView(follow(view))}>
              Back to live
            </button>
          ) : null}
          <Segmented
            label="One line per"
            options={[
              { value: 'size', text: 'By size' },
              { value: 'pool', text: 'By pool' },
            ]}
            value={grouping}
            onChoose={setGrouping}
          />
          <Segmented
            label="Time shown"
            options={WINDOWS_MINUTES.map((minutes) => ({ value: minutes, text: `${minutes} min` }))}
            value={windowNow}
            onChoose={(minutes) => setView(follow(view, minutes * 60_000))}
          />
        </div>
      }
      footer={<SourceNote source={source} error={error} />}
      flush
    >
      {isLoading ? (
        <Loading what="throughput" />
      ) : newest === undefined ? (
        <Empty title="Not known" />
      ) : (
        <>
          <TimeChart
            label="Tasks per second by pool size, over time"
            at={timeline.at}
            lines={rows.filter((row) => !row.isHidden).map((row) => ({ ...row, label: `${row.poolSize}` }))}
            domain={domain}
            cursor={cursor !== null && cursor < timeline.at.length ? cursor : null}
            onCursor={setCursor}
            onZoom={(from, to) => setView(zoomTo(view, from, to))}
            onZoomBy={(factor, around) => setView(zoomBy(view, newest, factor, around))}
            onPan={(share) => setView(panBy(view, newest, share))}
            onFollow={() => setView(follow(view))}
          />
          <LegendTable
            at={timeline.at}
            rows={rows}
            domain={domain}
            cursor={cursor !== null && cursor < timeline.at.length ? cursor : null}
            left={visible.length - shown.length}
            onToggle={toggle}
          />
        </>
      )}
    </Card>
  )
}

function isWithin(at: number | undefined, [from, to]: readonly [number, number]): boolean {
  return at !== undefined && at >= from && at <= to
}

/** The groups with the highest peaks, in their old order. */
function largest<Group extends { readonly values: readonly (number | null)[] }>(groups: readonly Group[], count: number): readonly Group[] {
  const peak = ({ values }: Group): number => values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
  const kept = new Set([...groups].sort((a, b) => peak(b) - peak(a)).slice(0, count))
  return groups.filter((group) => kept.has(group))
}
