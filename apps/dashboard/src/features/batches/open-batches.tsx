'use client'

import Link from 'next/link'
import { useLive } from '../../live/use-live.ts'
import { Card } from '../../ui/card.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { formatExact } from '../../ui/format.ts'
import { batchColumns } from './batch-columns.tsx'
import { isOpen } from './batch-state.ts'

const SHOWN_MAX = 8

/** What runs now, for the overview. */
export function OpenBatches() {
  const { snapshot, link } = useLive()
  if (snapshot === null) {
    return (
      <Card title="Open batches" flush>
        {link.kind === 'connecting' ? <Loading what="batches" /> : <Empty title="Not known" />}
      </Card>
    )
  }
  const open = snapshot.batches.filter(isOpen)
  const shown = open.slice(0, SHOWN_MAX)
  const count = Math.max(open.length, snapshot.status.batches.open)
  const columns = batchColumns(snapshot.at)
  return (
    <Card
      title="Open batches"
      actions={
        <Link href="/batches" className="soft">
          All batches
        </Link>
      }
      footer={count > shown.length ? `Showing ${shown.length} of ${formatExact(count)} open batches.` : null}
      flush
    >
      {shown.length === 0 ? (
        <Empty title="No batch is open">
          {snapshot.status.batches.ended > 0 ? 'The last ones have ended.' : 'Nothing has been submitted yet.'}
        </Empty>
      ) : (
        <DataTable
          caption="Open batches"
          columns={[columns.id, columns.task, columns.pool, columns.progress, columns.tasks, columns.rate, columns.left, columns.failed]}
          rows={shown}
          rowKey={(batch) => batch.id}
        />
      )}
    </Card>
  )
}
