import type { ShardId, WorkerId } from '../scheduler/index.ts'
import type { LocalBatch } from './local-batch.ts'

interface StreamRun {
  readonly worker: WorkerId
  readonly shard: ShardId
  /** Items that its generator may still send. */
  room: number
  /** Some of it has been read, so that it cannot begin again. */
  hasBegun: boolean
}

export interface StreamRunsHost {
  /** The reader has taken so many items. */
  readonly more: (worker: WorkerId, shard: ShardId, count: number) => void
  /** The generator waits for its reader, or goes on. */
  readonly waits: (worker: WorkerId, shard: ShardId, waits: boolean) => void
}

/** The generators that run as tasks: how far each may run ahead of its reader. */
export class StreamRuns {
  readonly #host: StreamRunsHost
  readonly #runs = new Map<LocalBatch, StreamRun>()

  constructor(host: StreamRunsHost) {
    this.#host = host
  }

  /** A worker begins with the batch's generator; from its first item, whether or not another worker was lost with it before. */
  begin(batch: LocalBatch, worker: WorkerId, shard: ShardId, room: number): void {
    this.#runs.set(batch, { worker, shard, room, hasBegun: false })
  }

  produced(batch: LocalBatch, count: number): void {
    const run = this.#runs.get(batch)
    if (run === undefined) return
    run.hasBegun = true
    run.room -= count
    if (run.room === 0) this.#host.waits(run.worker, run.shard, true)
  }

  more(batch: LocalBatch, count: number): void {
    const run = this.#runs.get(batch)
    if (run === undefined) return
    if (run.room === 0) this.#host.waits(run.worker, run.shard, false)
    run.room += count
    this.#host.more(run.worker, run.shard, count)
  }

  /** It has ended, or its worker has. True: some of it has been read. */
  end(batch: LocalBatch): boolean {
    const run = this.#runs.get(batch)
    this.#runs.delete(batch)
    return run?.hasBegun === true
  }
}
