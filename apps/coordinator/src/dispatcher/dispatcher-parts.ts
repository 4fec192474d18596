import type { Clock, Random } from '@forkpool/pool-core/base'
import type { BatchId, SchedulerOptions } from '@forkpool/pool-core/scheduler'
import type { DispatchObserver } from '../dispatch-observer.ts'
import type { Engine } from '../engine/engine.ts'
import type { Quarantine } from '../quarantine/quarantine.ts'
import type { WorkerFleet } from '../worker-fleet.ts'

/** What the dispatcher is built on. */
export interface DispatcherParts {
  readonly clock: Clock
  readonly random: Random
  readonly engine: Engine
  readonly fleet: WorkerFleet
  readonly observer: DispatchObserver
  readonly scheduler: SchedulerOptions
  readonly poolsMax: number
  readonly defaultPoolSize: number
  /** Takes the tasks that crash their workers each time. */
  readonly quarantine: Quarantine
  /** Ended batches that `ended` keeps. */
  readonly batchesKept: number
  /** A worker that has run so many tasks is replaced. Undefined: never. */
  readonly tasksPerWorker?: number | undefined
  /** Longest that the event loop is kept turning for the next frame of a quick exchange of small batches, milliseconds; 0: never. */
  readonly loopPollMs: number
  /** Item bytes of one batch that are read ahead of its workers after a restart. Default: 16 MiB. */
  readonly replayWindowBytes?: number | undefined
  /** The reader of an open batch is gone, perhaps for good; `goesOn`: the batch needs nobody any more. */
  readonly left?: ((batch: BatchId, goesOn: boolean) => void) | undefined
  /** More of a batch is recorded, or it is not open any more. */
  readonly recorded?: ((batch: BatchId) => void) | undefined
  /** The items of a recovered batch cannot be read; it is cancelled. */
  readonly unreadable?: ((batch: BatchId, error: unknown) => void) | undefined
}
