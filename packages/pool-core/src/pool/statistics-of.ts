import { schedulerStatistics } from '../scheduler/index.ts'
import type { SchedulerState } from '../scheduler/index.ts'
import type { LocalFleet } from './local-fleet.ts'
import type { PoolLife } from './pool-life.ts'
import type { ShardRuns } from './shard-runs.ts'
import type { LocalPoolStatistics } from './statistics.ts'

export interface StatisticsParts {
  readonly life: PoolLife
  readonly size: number
  readonly scheduler: SchedulerState
  readonly fleet: LocalFleet
  readonly runs: ShardRuns
}

/** A picture of a pool, put together from those who keep its figures. */
export function statisticsOf({ life, size, scheduler, fleet, runs }: StatisticsParts): LocalPoolStatistics {
  const { pools, workers, openBatches } = schedulerStatistics(scheduler)
  const { queued = 0, running = 0, completed = 0, failed = 0, cancelled = 0 } = pools[0] ?? {}
  return {
    state: life.state,
    size,
    workers: { ...workers, ...fleet.figures(), ...runs.recycling.figures() },
    openCalls: openBatches,
    tasks: { queued, running, completed, failed, cancelled },
    durations: runs.figures.durations(),
    byTask: runs.figures.byTask(),
  }
}
