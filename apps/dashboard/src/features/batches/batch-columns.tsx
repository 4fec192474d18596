import type { BatchView } from '@forkpool/pool-core/protocol'
import Link from 'next/link'
import { Badge } from '../../ui/badge.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { formatAge, formatCount, formatDuration, formatExact, formatMoment, formatRate } from '../../ui/format.ts'
import { Progress } from '../../ui/progress.tsx'
import { BATCH_STATES, endedTasks, isOpen, tookMs, totalTasks } from './batch-state.ts'

/** A batch in a table. `now` is the coordinator's time, so that ages are right on a machine whose clock is wrong. */
export function batchColumns(now: number): Readonly<Record<BatchColumn, Column<BatchView>>> {
  return {
    id: {
      key: 'id',
      title: 'Batch',
      isHeader: true,
      cell: (batch) => (
        <Link href={`/batches/${encodeURIComponent(batch.id)}`} className="mono" prefetch={false}>
          {batch.id}
        </Link>
      ),
    },
    state: {
      key: 'state',
      title: 'State',
      sortBy: (batch) => BATCH_STATES[batch.state].label,
      cell: (batch) => <Badge tone={BATCH_STATES[batch.state].tone}>{BATCH_STATES[batch.state].label}</Badge>,
    },
    task: { key: 'task', title: 'Task', className: 'cut', sortBy: (batch) => batch.task, cell: (batch) => <code>{batch.task}</code> },
    pool: {
      key: 'pool',
      title: 'Pool',
      className: 'cut',
      sortBy: (batch) => batch.poolSize,
      cell: (batch) => (
        <>
          {batch.pool} <span className="faint">×{batch.poolSize}</span>
        </>
      ),
    },
    progress: {
      key: 'progress',
      title: 'Progress',
      className: 'wide',
      cell: (batch) => (
        <Progress
          label={`Progress of batch ${batch.id}`}
          done={endedTasks(batch)}
          failed={batch.failed}
          total={totalTasks(batch)}
          tone={BATCH_STATES[batch.state].progress}
        />
      ),
    },
    tasks: {
      key: 'tasks',
      title: 'Tasks',
      end: true,
      sortBy: (batch) => totalTasks(batch) ?? batch.submitted,
      cell: (batch) => (
        <span title={`${formatExact(endedTasks(batch))} ended, ${formatExact(batch.submitted)} submitted`}>
          {isOpen(batch) ? `${formatCount(endedTasks(batch))} of ` : ''}
          {formatCount(totalTasks(batch) ?? batch.submitted)}
        </span>
      ),
    },
    rate: {
      key: 'rate',
      title: 'Tasks/s',
      end: true,
      sortBy: (batch) => batch.tasksPerSecond,
      cell: (batch) => formatRate(batch.tasksPerSecond),
    },
    left: {
      key: 'left',
      title: 'Time left',
      end: true,
      sortBy: (batch) => batch.remainingMs,
      cell: (batch) => (isOpen(batch) && batch.remainingMs !== null ? formatAge(batch.remainingMs) : <span className="faint">–</span>),
    },
    took: {
      key: 'took',
      title: 'Took',
      end: true,
      sortBy: (batch) => tookMs(batch, now),
      cell: (batch) => (isOpen(batch) ? formatAge(tookMs(batch, now)) : formatDuration(tookMs(batch, now))),
    },
    failed: {
      key: 'failed',
      title: 'Failed',
      end: true,
      sortBy: (batch) => batch.failed,
      cell: (batch) => <span className={batch.failed > 0 ? 'bad' : 'faint'}>{formatCount(batch.failed)}</span>,
    },
    submitted: {
      key: 'submitted',
      title: 'Submitted',
      end: true,
      sortBy: (batch) => batch.submittedAt,
      cell: (batch) => formatMoment(batch.submittedAt, now),
    },
  }
}

export type BatchColumn = 'id' | 'state' | 'task' | 'pool' | 'progress' | 'tasks' | 'rate' | 'left' | 'took' | 'failed' | 'submitted'
