'use client'

import type { ComparisonView } from '@forkpool/pool-core/protocol'
import Link from 'next/link'
import { useParams } from 'next/navigation'
import { useEffect, useState } from 'react'
import { useFetched } from '../../live/use-fetched.ts'
import { useLive } from '../../live/use-live.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { formatCount, formatMoment } from '../../ui/format.ts'

/** What `GET /api/comparisons` answers. */
interface ComparisonsView {
  readonly comparisons: readonly ComparisonView[]
}

const SHOWN_MAX = 20
/** While one runs, its state in the list changes soon; otherwise only a comparison that somebody else starts can change it. */
const AGAIN_RUNNING_MS = 1_000
const AGAIN_MS = 15_000

const STATES: Readonly<Record<ComparisonView['state'], { readonly label: string; readonly tone: Tone }>> = {
  running: { label: 'Running', tone: 'accent' },
  completed: { label: 'Completed', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
}

/** Earlier comparisons, newest first; one of them may be the one on the page. */
export function ComparisonList() {
  const { id: picked } = useParams<{ id?: string }>()
  const { link, snapshot } = useLive()
  const [isRunning, setRunning] = useState(false)
  const { view, error, refresh } = useFetched<ComparisonsView>('/comparisons', isRunning ? AGAIN_RUNNING_MS : AGAIN_MS)
  const isLive = link.kind === 'live'
  // A new one on the page, or a coordinator that is back: what is listed is out of date.
  useEffect(() => refresh(), [picked, isLive, refresh])
  const comparisons = view?.comparisons ?? []
  const isRunningNow = comparisons.some((comparison) => comparison.state === 'running')
  if (isRunningNow !== isRunning) setRunning(isRunningNow)
  const shown = comparisons.slice(0, SHOWN_MAX)
  const now = snapshot?.at ?? comparisons[0]?.startedAt ?? 0
  return (
    <Card
      title="Earlier comparisons"
      flush
      footer={comparisons.length > shown.length ? `Showing ${shown.length} of ${comparisons.length}.` : null}
    >
      {view === null ? (
        error === null ? (
          <Loading what="comparisons" />
        ) : (
          <Empty title="Not known">{error.message}</Empty>
        )
      ) : shown.length === 0 ? (
        <Empty title="None yet" />
      ) : (
        <ul className="comparisons">
          {shown.map(({ id, state, startedAt, request, report }) => (
            <li key={id}>
              <Link href={`/compare/${encodeURIComponent(id)}`} aria-current={id === picked ? 'page' : undefined} prefetch={false}>
                <span className="row">
                  <span>
                    <code>{request.task}</code> × {formatCount(request.items)}
                  </span>
                  {report === null ? (
                    <Badge tone={STATES[state].tone}>{STATES[state].label}</Badge>
                  ) : (
                    <span className="soft">recommended: {report.recommendedPoolSize}</span>
                  )}
                </span>
                <span className="row soft">
                  <span>sizes {request.poolSizes.join(', ')}</span>
                  <span>{formatMoment(startedAt, now)}</span>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
