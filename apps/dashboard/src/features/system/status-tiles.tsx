'use client'

import { useLive } from '../../live/use-live.ts'
import { formatCount, formatExact, formatRate, plural } from '../../ui/format.ts'
import { Tiles } from '../../ui/tiles.tsx'

/** The service in six numbers. */
export function StatusTiles() {
  const { snapshot } = useLive()
  const status = snapshot?.status
  const rate = snapshot?.samples.series.reduce((sum, { tasksPerSecond }) => sum + tasksPerSecond, 0)
  const count = (value: number | undefined) => ({
    value: value === undefined ? null : formatCount(value),
    title: value === undefined ? undefined : formatExact(value),
  })
  const workers = status?.workers
  return (
    <Tiles
      label="The service now"
      tiles={[
        { name: 'Tasks/s now', value: rate === undefined ? null : formatRate(rate), note: 'in the last second' },
        { name: 'Running', ...count(status?.tasks.running), note: 'tasks given to workers' },
        { name: 'Queued', ...count(status?.tasks.queued), note: 'tasks waiting' },
        {
          name: 'Workers busy',
          value: workers === undefined ? null : `${workers.busy} of ${workers.busy + workers.idle + workers.starting}`,
          note: workers === undefined ? undefined : `${workers.idle} idle, ${workers.starting} starting`,
        },
        {
          name: 'Failed',
          ...count(status?.tasks.failed),
          note: status === undefined ? undefined : `of ${formatCount(status.tasks.completed + status.tasks.failed)} tasks run`,
          bad: (status?.tasks.failed ?? 0) > 0,
        },
        {
          name: 'Batches open',
          ...count(status?.batches.open),
          note: status === undefined ? undefined : `${plural(status.batches.ended, 'batch', 'batches')} ended`,
        },
      ]}
    />
  )
}
