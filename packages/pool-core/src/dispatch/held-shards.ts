import type { RanMessage } from '../protocol/index.ts'
import type { ShardId, WorkerId } from '../scheduler/index.ts'

/** A shard that a worker holds. */
export interface HeldShard {
  readonly worker: WorkerId
  /** Index of its first task in its batch, and how many it has. */
  readonly from: number
  readonly count: number
}

/** The shards that workers hold, each with what its host knows of it. The scheduler holds the same; this is where an answer finds its batch. */
export class HeldShards<Held extends HeldShard> {
  readonly #shards = new Map<ShardId, Held>()

  hold(shard: ShardId, held: Held): void {
    this.#shards.set(shard, held)
  }

  /** Whoever holds it. */
  find(shard: ShardId): Held | undefined {
    return this.#shards.get(shard)
  }

  /** Takes the shard out that this worker has answered for; undefined where it does not hold it: the answer is late. */
  take(shard: ShardId, worker: WorkerId): Held | undefined {
    const held = this.#shards.get(shard)
    if (held === undefined || held.worker !== worker) return undefined
    this.#shards.delete(shard)
    return held
  }

  /** Forgets what a lost worker held. */
  lost(worker: WorkerId): void {
    for (const [shard, held] of this.#shards) if (held.worker === worker) this.#shards.delete(shard)
  }

  values(): IterableIterator<Held> {
    return this.#shards.values()
  }

  entries(): IterableIterator<[ShardId, Held]> {
    return this.#shards.entries()
  }
}

/** Whether a worker can have answered so for a shard of `count` tasks. Another answer is a fault of the worker's program. */
export function isPossibleAnswer({ count: ran, values, failures = [] }: RanMessage, count: number): boolean {
  if (ran > count || values.count + failures.length !== ran) return false
  return failures.every((failure, i) => failure.at < ran && failure.at > (failures[i - 1]?.at ?? -1))
}
