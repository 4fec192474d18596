import type { Clock } from '@forkpool/pool-core/base'
import type { BatchId, SchedulerEvent } from '@forkpool/pool-core/scheduler'
import type { Engine, OpenBatch } from '../engine/engine.ts'
import type { BatchRun } from './batch-run.ts'
import { Replay } from './replay.ts'

/** Item bytes of one batch that are read ahead of its workers. */
const WINDOW_BYTES = 16 * 1024 * 1024

/** What replays are built on. */
export interface ReplaysParts {
  readonly engine: Pick<Engine, 'items' | 'ledger'>
  readonly clock: Clock
  readonly replayWindowBytes?: number | undefined
}

/** Who hears of replays. */
export interface ReplaysHost {
  feed(event: SchedulerEvent): void
  /** All items were given and no more will come. */
  inputEnded(run: BatchRun): void
  unreadable(batch: BatchId, error: unknown): void
}

/** Batches of an earlier life whose items are being read back. A batch is here until all of them were given to the scheduler. */
export class Replays {
  readonly #parts: ReplaysParts
  readonly #host: ReplaysHost
  readonly #replays = new Map<BatchId, Replay>()

  constructor(parts: ReplaysParts, host: ReplaysHost) {
    this.#parts = parts
    this.#host = host
  }

  /** Begins to give the items of a batch that the scheduler knows already. */
  begin(run: BatchRun, open: OpenBatch): void {
    const { engine, clock, replayWindowBytes = WINDOW_BYTES } = this.#parts
    const { id } = run
    const replay = new Replay(engine, open, replayWindowBytes, {
      items: (from, items, errors) => {
        run.hold(items, clock.now(), true)
        this.#host.feed({ kind: 'items-added', batch: id, count: items.count, bytes: items.bytes.byteLength, from, errors })
      },
      caughtUp: () => {
        this.#replays.delete(id)
        if (run.inputEnded) this.#host.inputEnded(run)
      },
      failed: (error) => this.#host.unreadable(id, error),
    })
    this.#replays.set(id, replay)
    void replay.run()
  }

  has(batch: BatchId): boolean {
    return this.#replays.has(batch)
  }

  /** Items were added to the batch and are recorded; whether its replay will give them. */
  added(batch: BatchId): boolean {
    const replay = this.#replays.get(batch)
    replay?.added()
    return replay !== undefined
  }

  /** So many bytes of items have been dealt with. */
  released(batch: BatchId, bytes: number): void {
    this.#replays.get(batch)?.released(bytes)
  }

  /** Gives nothing more of the batch; how many of its items without a result were not given. */
  end(batch: BatchId): number {
    const left = this.#replays.get(batch)?.stop() ?? 0
    this.#replays.delete(batch)
    return left
  }

  /** Gives nothing more of any batch. */
  stop(): void {
    for (const replay of this.#replays.values()) replay.stop()
    this.#replays.clear()
  }
}
