import type { ComparisonReport, ComparisonRun } from '@forkpool/pool-core/protocol'
import { Card } from '../../ui/card.tsx'
import { Swatch } from '../../ui/chart/swatch.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { formatDuration, formatExact, formatPercent, formatRate, formatTimes, plural } from '../../ui/format.ts'
import { seriesHue } from '../../ui/series-color.ts'
import { differingSizes } from './verdict.ts'

/** The classic table of the exercise: one row per pool size. */
export function ComparisonTable({ report }: { readonly report: ComparisonReport }) {
  const differing = differingSizes(report)
  return (
    <Card
      title="By pool size"
      note={`${plural(report.items, 'task')} of ${report.task}, median of ${plural(report.repeats, 'repeat')}, on ${plural(report.cores, 'core')}`}
      footer={
        differing.length === 0 ? (
          <>All sizes gave the same results.</>
        ) : (
          <strong className="bad">The results of pool size {differing.join(', ')} differ from the others.</strong>
        )
      }
      flush
    >
      <DataTable
        caption="Comparison of pool sizes"
        columns={columns(report.recommendedPoolSize)}
        rows={report.runs}
        rowKey={(run) => `${run.poolSize}`}
        isPicked={(run) => run.poolSize === report.recommendedPoolSize}
      />
    </Card>
  )
}

function columns(recommended: number): readonly Column<ComparisonRun>[] {
  return [
    {
      key: 'size',
      title: 'Pool size',
      isHeader: true,
      sortBy: (run) => run.poolSize,
      cell: (run) => (
        <span className="keyed">
          <Swatch hue={seriesHue(run.poolSize)} />
          {run.poolSize}
          {run.poolSize === recommended ? <span className="soft">recommended</span> : null}
        </span>
      ),
    },
    { key: 'seconds', title: 'Time', end: true, sortBy: (run) => run.seconds, cell: (run) => formatDuration(run.seconds * 1000) },
    {
      key: 'rate',
      title: 'Tasks/s',
      end: true,
      sortBy: (run) => run.tasksPerSecond,
      cell: (run) => <span title={formatExact(run.tasksPerSecond)}>{formatRate(run.tasksPerSecond)}</span>,
    },
    { key: 'speedup', title: 'Speed-up', end: true, sortBy: (run) => run.speedup, cell: (run) => formatTimes(run.speedup) },
    { key: 'efficiency', title: 'Efficiency', end: true, sortBy: (run) => run.efficiency, cell: (run) => formatPercent(run.efficiency) },
    { key: 'workers', title: 'Workers', end: true, sortBy: (run) => run.workers, cell: (run) => run.workers },
    {
      key: 'digest',
      title: 'Results',
      end: true,
      cell: (run) => (
        <code className="soft" title={`SHA-256 of all results in order: ${run.resultDigest}`}>
          {run.resultDigest.slice(0, 8)}
        </code>
      ),
    },
  ]
}
