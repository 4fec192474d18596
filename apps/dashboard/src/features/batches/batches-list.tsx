'use client'

import { useState } from 'react'
import { callApi } from '../../live/api.ts'
import { useLive } from '../../live/use-live.ts'
import { Card } from '../../ui/card.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { formatExact } from '../../ui/format.ts'
import { batchColumns } from './batch-columns.tsx'
import { BATCHES_MAX, type BatchesView, mergeBatches } from './merge-batches.ts'
import type { BatchView } from '@forkpool/pool-core/protocol'

const PAGE = 50

/** Every batch, newest first: the live ones by themselves, older ones page by page. */
export function BatchesList() {
  const { snapshot, link } = useLive()
  const [older, setOlder] = useState<readonly BatchView[]>([])
  const [asking, setAsking] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [isEnd, setEnd] = useState(false)

  if (snapshot === null) return link.kind === 'connecting' ? <Loading what="batches" /> : <Empty title="Not known" />
  const batches = mergeBatches(snapshot.batches, older)
  const total = Math.max(snapshot.batchesTotal, batches.length)
  const last = batches.at(-1)
  const more = async (): Promise<void> => {
    if (last === undefined) return
    setAsking(true)
    try {
      const page = await callApi<BatchesView>(`/batches?limit=${PAGE}&before=${encodeURIComponent(last.id)}`)
      setOlder((before) => mergeBatches(before, page.batches))
      setEnd(page.batches.length === 0)
      setError(null)
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason))
    } finally {
      setAsking(false)
    }
  }
  const columns = batchColumns(snapshot.at)
  const canMore = batches.length < total && batches.length < BATCHES_MAX && !isEnd
  return (
    <Card
      title="Batches"
      isTitleHidden
      flush
      footer={
        batches.length === 0 ? null : (
          <div className="row">
            <span data-testid="batches-shown">
              Showing {formatExact(batches.length)} of {formatExact(total)}
              {isEnd && batches.length < total ? '; the coordinator no longer keeps the older ones.' : '.'}
            </span>
            {canMore ? (
              <button type="button" className="button button-small" disabled={asking} onClick={() => void more()}>
                {asking ? 'Loading…' : 'Show older ones'}
              </button>
            ) : null}
            {error === null ? null : (
              <span className="bad" role="alert">
                {error}
              </span>
            )}
          </div>
        )
      }
    >
      {batches.length === 0 ? (
        <Empty title="No batch yet">
          Submit one: <code>npx forkpool map square --items 1..1000000 --pool-size 4</code>
        </Empty>
      ) : (
        <DataTable
          caption="Batches, newest first"
          columns={[
            columns.id,
            columns.state,
            columns.task,
            columns.pool,
            columns.progress,
            columns.tasks,
            columns.rate,
            columns.left,
            columns.failed,
            columns.took,
            columns.submitted,
          ]}
          rows={batches}
          rowKey={(batch) => batch.id}
        />
      )}
    </Card>
  )
}
