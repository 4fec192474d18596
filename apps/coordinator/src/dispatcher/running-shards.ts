import { HeldShards, WorkerQuotas } from '@forkpool/pool-core/dispatch'
import type { HeldShard } from '@forkpool/pool-core/dispatch'
import type { BatchId, ShardId, WorkerId } from '@forkpool/pool-core/scheduler'
import type { BatchRun } from './batch-run.ts'

/** A shard that a worker of the coordinator holds. */
export interface RunningShard extends HeldShard {
  readonly run: BatchRun
  readonly attempt: number
}

/** The shards that workers hold, which batches they are of, and how many tasks each worker may still run. */
export class RunningShards extends HeldShards<RunningShard> {
  readonly #quotas: WorkerQuotas

  /** @param tasksPerWorker undefined: as many as come. */
  constructor(tasksPerWorker: number | undefined) {
    super()
    this.#quotas = new WorkerQuotas(tasksPerWorker)
  }

  /** So many of `count` tasks the worker is given; 0 where what it holds is all that it may run. */
  cut(worker: WorkerId, count: number): number {
    return this.#quotas.cut(worker, count)
  }

  /** The worker that held the shard ran `ran` of its tasks, and holds it no more. True: it has run as many as it may. */
  answered(shard: ShardId, { worker, count }: RunningShard, ran: number): boolean {
    this.take(shard, worker)
    return this.#quotas.spend(worker, count, ran)
  }

  override lost(worker: WorkerId): void {
    super.lost(worker)
    this.#quotas.lost(worker)
  }

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
