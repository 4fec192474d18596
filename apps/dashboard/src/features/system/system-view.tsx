'use client'

import { HEALTH_SAMPLES_MAX } from '../../live/live-state.ts'
import { useLive } from '../../live/use-live.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Sparkline } from '../../ui/chart/sparkline.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { formatAge, formatBytes, formatDuration, formatExact, formatMoment } from '../../ui/format.ts'
import { Tiles } from '../../ui/tiles.tsx'

/** The coordinator itself: is it well, and what is it? */
export function SystemView() {
  const { snapshot, link, health } = useLive()
  if (snapshot === null) return link.kind === 'connecting' ? <Loading what="the system" /> : <Empty title="Not known" />
  const { status } = snapshot
  const peakBytes = Math.max(...health.map((sample) => sample.residentBytes))
  const peakLag = Math.max(...health.map((sample) => sample.eventLoopLagMs))
  const span = formatAge((health.at(-1)?.at ?? 0) - (health.at(0)?.at ?? 0))
  return (
    <>
      <Tiles
        label="The coordinator"
        tiles={[
          {
            name: 'State',
            value: status.draining ? 'Draining' : 'Serving',
            note: status.draining ? 'takes no new work' : `for ${formatAge(snapshot.at - status.startedAt)}`,
          },
          { name: 'Memory', value: formatBytes(status.residentBytes), note: 'resident' },
          { name: 'Event loop lag', value: formatDuration(status.eventLoopLagMs), bad: status.eventLoopLagMs > 100 },
          { name: 'Sessions', value: formatExact(status.sessions), note: 'clients connected' },
          { name: 'Engine', value: status.engine },
          { name: 'Cores', value: formatExact(status.cores), note: `${formatExact(status.maxWorkers)} workers at most` },
        ]}
      />
      <div className="columns">
        <Card title="Memory of the coordinator" note={`Peak ${formatBytes(peakBytes)} in the last ${span}`}>
          <Sparkline
            capacity={HEALTH_SAMPLES_MAX}
            values={health.map((sample) => sample.residentBytes)}
            label={`Memory, peak ${formatBytes(peakBytes)}`}
          />
        </Card>
        <Card title="Event loop lag" note={`Peak ${formatDuration(peakLag)} in the last ${span}`}>
          <Sparkline
            capacity={HEALTH_SAMPLES_MAX}
            values={health.map((sample) => sample.eventLoopLagMs)}
            label={`Event loop lag, peak ${formatDuration(peakLag)}`}
          />
        </Card>
      </div>
      <div className="columns">
        <Card title="Service">
          <dl className="pairs">
            <dt>Server</dt>
            <dd>{status.server}</dd>
            <dt>Node</dt>
            <dd className="mono">{status.node}</dd>
            <dt>Started</dt>
            <dd>{formatMoment(status.startedAt, snapshot.at)}</dd>
            <dt>Draining</dt>
            <dd>{status.draining ? <Badge tone="warn">Yes</Badge> : 'no'}</dd>
            <dt>Workers</dt>
            <dd>
              {status.workers.busy} busy, {status.workers.idle} idle, {status.workers.starting} starting
            </dd>
          </dl>
        </Card>
        <Card title="Since the start">
          <dl className="pairs">
            <dt>Tasks completed</dt>
            <dd>{formatExact(status.tasks.completed)}</dd>
            <dt>Tasks failed</dt>
            <dd>{formatExact(status.tasks.failed)}</dd>
            <dt>Tasks cancelled</dt>
            <dd>{formatExact(status.tasks.cancelled)}</dd>
            <dt>Batches ended</dt>
            <dd>{formatExact(status.batches.ended)}</dd>
            <dt>Batches open</dt>
            <dd>{formatExact(status.batches.open)}</dd>
          </dl>
        </Card>
      </div>
    </>
  )
}
