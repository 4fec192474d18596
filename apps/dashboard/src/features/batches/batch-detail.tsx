'use client'

import { useLive } from '../../live/use-live.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { formatAge, formatCount, formatDuration, formatExact, formatMoment, formatRate, plural } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Tiles } from '../../ui/tiles.tsx'
import { BATCH_STATES, endedTasks, isOpen, tookMs, totalTasks } from './batch-state.ts'
import { CancelButton } from './cancel-button.tsx'
import { useBatch } from './use-batch.ts'

/** One batch: how far it is, what went wrong, and a way to stop it. */
export function BatchDetail({ id }: { readonly id: string }) {
  const { batch, error } = useBatch(id)
  const { snapshot } = useLive()
  if (batch === null) {
    return (
      <>
        <PageHead title={<span className="mono">{id}</span>} />
        {error === null ? (
          <Loading what="the batch" />
        ) : error.status === 404 ? (
          <Empty title="No batch has this identifier">Ended batches are kept for a while only.</Empty>
        ) : (
          <Notice tone="bad" title="The batch cannot be shown">
            {error.message}
          </Notice>
        )}
      </>
    )
  }
  const now = snapshot?.at ?? batch.endedAt ?? batch.submittedAt
  const { label, tone, progress } = BATCH_STATES[batch.state]
  const total = totalTasks(batch)
  const left = batch.failed - batch.failures.length
  return (
    <>
      <PageHead
        title={
          <span className="row">
            <span className="mono">{batch.id}</span>
            <Badge tone={tone}>{label}</Badge>
          </span>
        }
        actions={batch.state === 'open' ? <CancelButton id={batch.id} /> : null}
      >
        <code>{batch.task}</code> in pool {batch.pool} of {plural(batch.poolSize, 'worker')}
      </PageHead>
      <Tiles
        label="Progress"
        tiles={[
          {
            name: 'Tasks ended',
            value: formatCount(endedTasks(batch)),
            title: formatExact(endedTasks(batch)),
            note: total === null ? `${formatCount(batch.submitted)} submitted, open end` : `of ${formatExact(total)}`,
          },
          { name: 'Tasks/s', value: formatRate(batch.tasksPerSecond) },
          isOpen(batch)
            ? {
                name: 'Time left',
                value: batch.remainingMs === null ? null : formatAge(batch.remainingMs),
                note: `running for ${formatAge(tookMs(batch, now))}`,
              }
            : { name: 'Took', value: formatDuration(tookMs(batch, now)) },
          { name: 'Failed', value: formatCount(batch.failed), bad: batch.failed > 0 },
          { name: 'Cancelled', value: formatCount(batch.cancelled) },
          { name: 'Workers', value: formatCount(batch.workers), note: isOpen(batch) ? 'at work' : 'took part' },
        ]}
      />
      <Card title="Progress">
        <Progress label={`Progress of batch ${batch.id}`} done={endedTasks(batch)} failed={batch.failed} total={total} tone={progress} />
      </Card>
      <Card title="Failures" flush footer={left > 0 ? `Showing the first ${batch.failures.length} of ${formatExact(batch.failed)}.` : null}>
        {batch.failures.length === 0 ? (
          <Empty title={batch.failed === 0 ? 'No task has failed' : 'The failures are not kept'} />
        ) : (
          <ul className="failures">
            {batch.failures.map((failure) => (
              <li key={failure.index}>
                <span className="soft">task {formatExact(failure.index)}</span>
                <span>
                  <strong className="bad">{failure.name}</strong>: {failure.message}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title="Details">
        <dl className="pairs">
          <dt>Submitted</dt>
          <dd>{formatMoment(batch.submittedAt, now)}</dd>
          <dt>Ended</dt>
          <dd>{batch.endedAt === null ? 'not yet' : formatMoment(batch.endedAt, now)}</dd>
          <dt>Priority</dt>
          <dd>{batch.priority}</dd>
          <dt>Submitted tasks</dt>
          <dd>
            {formatExact(batch.submitted)}
            {batch.total === null ? ', more may follow' : ` of ${formatExact(batch.total)}`}
          </dd>
        </dl>
      </Card>
    </>
  )
}
