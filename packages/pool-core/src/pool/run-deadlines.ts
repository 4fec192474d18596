import type { Cancel, Clock } from '../base/index.ts'
import { after } from '../base/index.ts'
import type { ShardId, WorkerId } from '../scheduler/index.ts'

interface Held {
  readonly shard: ShardId
  readonly timeoutMs: number | undefined
}

export interface RunDeadlineEvents {
  /** The shard that runs has used up its time: its worker is to be asked to leave it. */
  readonly late: (worker: WorkerId, shard: ShardId) => void
  /** It was not left in time either. */
  readonly overdue: (worker: WorkerId, shard: ShardId) => void
}

/**
 * Keeps the time of running shards. A worker runs what it holds in order, so a shard runs from when it is the first: handed to an idle
 * worker, or left behind by the one before it. Costs nothing for shards without a limit on workers that hold none with one.
 */
export class RunDeadlines {
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #events: RunDeadlineEvents
  /** Of each worker, in the order handed out. */
  readonly #held = new Map<WorkerId, Held[]>()
  readonly #timers = new Map<WorkerId, Cancel>()
  readonly #late = new Set<ShardId>()

  constructor(clock: Clock, graceMs: number, events: RunDeadlineEvents) {
    this.#clock = clock
    this.#graceMs = graceMs
    this.#events = events
  }

  assigned(worker: WorkerId, shard: ShardId, timeoutMs: number | undefined): void {
    const held = this.#held.get(worker)
    if (held === undefined) this.#held.set(worker, [{ shard, timeoutMs }])
    else held.push({ shard, timeoutMs })
    if (held === undefined || held.length === 1) this.#start(worker)
  }

  /** The worker has answered for the shard. True: its time was over. */
  answered(worker: WorkerId, shard: ShardId): boolean {
    const held = this.#held.get(worker)
    const at = held?.findIndex((one) => one.shard === shard) ?? -1
    if (held === undefined || at < 0) return false
    held.splice(at, 1)
    if (at === 0) {
      this.#stop(worker)
      this.#start(worker)
    }
    return this.#late.delete(shard)
  }

  lost(worker: WorkerId): void {
    this.#stop(worker)
    for (const { shard } of this.#held.get(worker) ?? []) this.#late.delete(shard)
    this.#held.delete(worker)
  }

  #start(worker: WorkerId): void {
    const first = this.#held.get(worker)?.[0]
    if (first?.timeoutMs === undefined) return
    const { shard, timeoutMs } = first
    this.#schedule(worker, timeoutMs, () => {
      this.#late.add(shard)
      this.#schedule(worker, this.#graceMs, () => this.#events.overdue(worker, shard))
      this.#events.late(worker, shard)
    })
  }

  #schedule(worker: WorkerId, ms: number, run: () => void): void {
    this.#timers.set(
      worker,
      this.#clock.schedule(after(this.#clock.now(), ms), () => {
        this.#timers.delete(worker)
        run()
      }),
    )
  }

  #stop(worker: WorkerId): void {
    this.#timers.get(worker)?.()
    this.#timers.delete(worker)
  }
}
