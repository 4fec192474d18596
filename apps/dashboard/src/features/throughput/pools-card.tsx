'use client'

import type { PoolView } from '@forkpool/pool-core/protocol'
import { useLive } from '../../live/use-live.ts'
import { Card } from '../../ui/card.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { formatCount, formatExact, formatRate } from '../../ui/format.ts'

/** Every pool with its limit and what it has done. */
export function PoolsCard() {
  const { snapshot, link } = useLive()
  const pools = snapshot?.pools
  return (
    <Card title="Pools" flush>
      {pools === undefined ? (
        link.kind === 'connecting' ? (
          <Loading what="pools" />
        ) : (
          <Empty title="Not known" />
        )
      ) : pools.length === 0 ? (
        <Empty title="No pool yet">
          A pool begins with its first batch: <code>npx forkpool map square --items 1..1000000 --pool-size 4</code>
        </Empty>
      ) : (
        <DataTable caption="Pools" columns={COLUMNS} rows={pools} rowKey={(pool) => pool.name} />
      )}
    </Card>
  )
}

const count = (key: string, title: string, of: (pool: PoolView) => number): Column<PoolView> => ({
  key,
  title,
  end: true,
  sortBy: of,
  cell: (pool) => <span title={formatExact(of(pool))}>{formatCount(of(pool))}</span>,
})

const COLUMNS: readonly Column<PoolView>[] = [
  { key: 'name', title: 'Pool', isHeader: true, className: 'cut', sortBy: (pool) => pool.name, cell: (pool) => pool.name },
  count('size', 'Size', (pool) => pool.size),
  count('busy', 'Busy', (pool) => pool.busyWorkers),
  count('batches', 'Open batches', (pool) => pool.openBatches),
  {
    key: 'rate',
    title: 'Tasks/s (10 s)',
    end: true,
    sortBy: (pool) => pool.tasksPerSecond,
    cell: (pool) => formatRate(pool.tasksPerSecond),
  },
  count('queued', 'Queued', (pool) => pool.tasks.queued),
  count('running', 'Running', (pool) => pool.tasks.running),
  count('completed', 'Completed', (pool) => pool.tasks.completed),
  {
    key: 'failed',
    title: 'Failed',
    end: true,
    sortBy: (pool) => pool.tasks.failed,
    cell: (pool) => <span className={pool.tasks.failed > 0 ? 'bad' : undefined}>{formatCount(pool.tasks.failed)}</span>,
  },
  count('cancelled', 'Cancelled', (pool) => pool.tasks.cancelled),
]
