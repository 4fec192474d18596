import type { ExitCause } from '@forkpool/pool-core/base'
import type { RanMessage, RunMessage, TaskListing } from '@forkpool/pool-core/protocol'
import type { ShardId, WorkerId } from '@forkpool/pool-core/scheduler'

/** What a fleet reports. Calls may come at any time after `listen`, never from inside a call to the fleet. */
export interface FleetEvents {
  /** The worker has loaded its modules and takes shards. */
  online(worker: WorkerId, tasks: readonly TaskListing[]): void
  /** The worker is gone, also before it ever came online; `reason` where we ended it ourselves. Once for each worker started. */
  lost(worker: WorkerId, exit: ExitCause, reason: string | undefined): void
  /** A worker's answer to `run`. `isTired`: it takes too much memory, and another is to take its place. */
  ran(worker: WorkerId, message: RanMessage, isTired?: boolean): void
}

/** The workers as the dispatcher sees them. Implementation: `fleet/` (processes forked by node:cluster). */
export interface WorkerFleet {
  listen(events: FleetEvents): void
  /** Starts so many more; each is answered by `online`, then `lost`, or by `lost` alone. */
  startWorkers(count: number): void
  /** Does nothing for a worker that is gone: `lost` has said so or will. */
  run(worker: WorkerId, message: RunMessage): void
  abort(worker: WorkerId, shard: ShardId): void
  /** Ends an idle worker in good order. */
  retire(worker: WorkerId): void
  /** Ends a worker at once. `reason` is for logs and metrics. */
  kill(worker: WorkerId, reason: string): void
}
