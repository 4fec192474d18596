'use client'

import type { WorkerView } from '@forkpool/pool-core/protocol'
import { useLive } from '../../live/use-live.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { formatAge, formatBytes, formatCount, formatExact } from '../../ui/format.ts'

/** Every worker process and what it does now. */
export function WorkersTable() {
  const { snapshot, link } = useLive()
  if (snapshot === null) return link.kind === 'connecting' ? <Loading what="workers" /> : <Empty title="Not known" />
  const shown = snapshot.workers.slice(0, WORKERS_MAX)
  return (
    <Card
      title="Workers"
      isTitleHidden
      flush
      footer={shown.length < snapshot.workers.length ? `Showing ${shown.length} of ${formatExact(snapshot.workers.length)}.` : null}
    >
      {shown.length === 0 ? (
        <Empty title="No worker">Workers are forked when the coordinator starts, and more when a larger pool asks for them.</Empty>
      ) : (
        <DataTable caption="Workers" columns={workerColumns(snapshot.at)} rows={shown} rowKey={(worker) => worker.id} />
      )}
    </Card>
  )
}

const WORKERS_MAX = 500

const STATES: Readonly<Record<WorkerView['state'], { readonly label: string; readonly tone: Tone }>> = {
  starting: { label: 'Starting', tone: 'warn' },
  idle: { label: 'Idle', tone: 'plain' },
  busy: { label: 'Busy', tone: 'good' },
  stopping: { label: 'Stopping', tone: 'warn' },
}

const NONE = <span className="faint">–</span>

function workerColumns(now: number): readonly Column<WorkerView>[] {
  return [
    {
      key: 'id',
      title: 'Worker',
      isHeader: true,
      sortBy: (worker) => worker.id,
      cell: (worker) => <span className="mono">{worker.id}</span>,
    },
    { key: 'pid', title: 'Process', end: true, sortBy: (worker) => worker.pid, cell: (worker) => worker.pid },
    {
      key: 'state',
      title: 'State',
      sortBy: (worker) => worker.state,
      cell: (worker) => <Badge tone={STATES[worker.state].tone}>{STATES[worker.state].label}</Badge>,
    },
    { key: 'pool', title: 'Pool', className: 'cut', sortBy: (worker) => worker.pool, cell: (worker) => worker.pool ?? NONE },
    {
      key: 'task',
      title: 'Task',
      className: 'wide',
      sortBy: (worker) => worker.task,
      cell: (worker) => (worker.task === null ? NONE : <code>{worker.task}</code>),
    },
    {
      key: 'tasks',
      title: 'Tasks run',
      end: true,
      sortBy: (worker) => worker.tasksRun,
      cell: (worker) => <span title={formatExact(worker.tasksRun)}>{formatCount(worker.tasksRun)}</span>,
    },
    { key: 'shards', title: 'Shards', end: true, sortBy: (worker) => worker.shardsRun, cell: (worker) => formatCount(worker.shardsRun) },
    {
      key: 'memory',
      title: 'Memory',
      end: true,
      sortBy: (worker) => worker.residentBytes,
      cell: (worker) => (worker.residentBytes === null ? NONE : formatBytes(worker.residentBytes)),
    },
    {
      key: 'age',
      title: 'Age',
      end: true,
      sortBy: (worker) => now - worker.startedAt,
      cell: (worker) => formatAge(now - worker.startedAt),
    },
    {
      key: 'restarts',
      title: 'Restarts',
      end: true,
      sortBy: (worker) => worker.restarts,
      cell: (worker) => <span className={worker.restarts > 0 ? undefined : 'faint'}>{formatCount(worker.restarts)}</span>,
    },
  ]
}
