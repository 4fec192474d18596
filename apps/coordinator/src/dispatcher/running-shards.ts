import { HeldShards } from '@forkpool/pool-core/dispatch'
import type { HeldShard } from '@forkpool/pool-core/dispatch'
import type { BatchId, WorkerId } from '@forkpool/pool-core/scheduler'
import type { BatchRun } from './batch-run.ts'

/** A shard that a worker of the coordinator holds. */
export interface RunningShard extends HeldShard {
  readonly run: BatchRun
  readonly attempt: number
}

/** The shards that workers hold, and which batches they are of. */
export class RunningShards extends HeldShards<RunningShard> {
  /** Which batch each worker works for; idle workers are not in it. */
  heldBy(): ReadonlyMap<WorkerId, BatchRun> {
    const held = new Map<WorkerId, BatchRun>()
    for (const { worker, run } of this.values()) if (!held.has(worker)) held.set(worker, run)
    return held
  }

  /** How many workers work for a batch now. */
  workersOn(batch: BatchId): number {
    const workers = new Set<WorkerId>()
    for (const { worker, run } of this.values()) if (run.id === batch) workers.add(worker)
    return workers.size
  }
}
