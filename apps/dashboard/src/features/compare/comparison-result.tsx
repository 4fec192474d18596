'use client'

import type { ComparisonReport, ComparisonView } from '@forkpool/pool-core/protocol'
import { useState } from 'react'
import { useFetched } from '../../live/use-fetched.ts'
import { Card } from '../../ui/card.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { plural } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { ComparisonCharts } from './comparison-charts.tsx'
import { ComparisonTable } from './comparison-table.tsx'
import { verdictOf } from './verdict.ts'

/** A running comparison is asked for again after this pause; it changes only when one of its batches ends. */
const AGAIN_MS = 700

/** One comparison: its progress while it runs, then what came out. */
export function ComparisonResult({ id }: { readonly id: string }) {
  const [isOver, setOver] = useState(false)
  const { view, error } = useFetched<ComparisonView>(`/comparisons/${encodeURIComponent(id)}`, isOver ? null : AGAIN_MS)
  const isOverNow = view !== null ? view.state !== 'running' : error?.status === 404
  if (isOverNow !== isOver) setOver(isOverNow)
  if (view === null) {
    if (error === null) return <Loading what="the comparison" />
    if (error.status === 404) return <Empty title="No comparison has this identifier">They are kept for a while only.</Empty>
    return (
      <Notice tone="bad" title="The comparison cannot be shown">
        {error.message}
      </Notice>
    )
  }
  return (
    <div className="stack" data-comparison={view.id} data-state={view.state}>
      {error !== null && view.state === 'running' ? (
        <Notice tone="warn" title="No news of this comparison">
          {error.message} Asking again.
        </Notice>
      ) : null}
      {view.state === 'running' ? <Running view={view} /> : null}
      {view.state === 'failed' ? (
        <Notice tone="bad" title="The comparison failed">
          {view.error ?? 'The coordinator gives no reason.'}
        </Notice>
      ) : null}
      {view.report === null ? null : <Report report={view.report} />}
    </div>
  )
}

function Running({ view }: { readonly view: ComparisonView }) {
  const { request, progress } = view
  return (
    <Card
      title={`Comparing ${request.task}`}
      note={`${plural(request.items, 'task')} with ${request.poolSizes.join(', ')} workers, ${plural(request.repeats, 'repeat')} each`}
    >
      <Progress label="Progress of the comparison" done={progress.done} failed={0} total={progress.of} tone="running" />
      <p className="soft" role="status">
        {progress.done} of {plural(progress.of, 'batch', 'batches')} ended
      </p>
    </Card>
  )
}

function Report({ report }: { readonly report: ComparisonReport }) {
  const { headline, detail } = verdictOf(report)
  return (
    <>
      <section className="card verdict" aria-label="Recommended pool size">
        <p className="verdict-size" data-testid="recommended">
          {report.recommendedPoolSize}
          <small>recommended</small>
        </p>
        <div>
          <p>
            <strong>{headline}</strong>
          </p>
          <p>{detail}</p>
        </div>
      </section>
      <ComparisonCharts report={report} />
      <ComparisonTable report={report} />
    </>
  )
}
