import type { Cancel, Clock } from '../base/index.ts'
import { after } from '../base/index.ts'
import type { ShardId, WorkerId } from '../scheduler/index.ts'
import type { ResolvedPoolOptions } from './options.ts'

interface Held {
  readonly shard: ShardId
  readonly timeoutMs: number | undefined
  /** Some task of it has begun. */
  hasBegun: boolean
  waits: boolean
  isLate: boolean
  cancelTimer: Cancel | undefined
}

export interface RunDeadlineOptions {
  readonly clock: Clock
  readonly graceMs: number
  /** A worker runs what it holds one after the other; else it says when something begins. */
  readonly sequential: boolean
}

export interface RunDeadlineEvents {
  /** A shard that runs has used up its time: its worker is to be asked to leave it. */
  readonly late: (worker: WorkerId, shard: ShardId) => void
  /** It was not left in time either. */
  readonly overdue: (worker: WorkerId, shard: ShardId) => void
}

/** A worker that leaves tasks behind does so before its pool takes it for one that does not answer. */
const LEAVING_MS = 250

/** How long a worker has to answer when it was asked to leave a shard; milliseconds. */
export function graceMs({ cancelGraceMs, concurrency }: Pick<ResolvedPoolOptions, 'cancelGraceMs' | 'concurrency'>): number {
  return concurrency === 1 ? cancelGraceMs : cancelGraceMs + Math.max(cancelGraceMs, LEAVING_MS)
}

/**
 * Keeps the time of running shards. Of a worker that runs one after the other, a shard runs from when all before it wait, or are answered:
 * handed to an idle worker, or left behind by the one before it.
 */
export class RunDeadlines {
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #sequential: boolean
  readonly #events: RunDeadlineEvents
  /** Of each worker, in the order handed out. */
  readonly #held = new Map<WorkerId, Held[]>()

  constructor({ clock, graceMs: ms, sequential }: RunDeadlineOptions, events: RunDeadlineEvents) {
    this.#clock = clock
    this.#graceMs = ms
    this.#sequential = sequential
    this.#events = events
  }

  assigned(worker: WorkerId, shard: ShardId, timeoutMs: number | undefined): void {
    const one = { shard, timeoutMs, hasBegun: false, waits: false, isLate: false, cancelTimer: undefined }
    const held = this.#held.get(worker)
    if (held === undefined) this.#held.set(worker, [one])
    else held.push(one)
    this.#beginNext(worker)
  }

  /** The worker says that it runs the shard. */
  began(worker: WorkerId, shard: ShardId): void {
    const held = this.#find(worker, shard)
    if (held !== undefined) this.#begin(worker, held)
  }

  /** What runs of the shard waits, so that the next begins; or it goes on. */
  waits(worker: WorkerId, shard: ShardId, waits: boolean): void {
    const held = this.#find(worker, shard)
    if (held === undefined) return
    held.waits = waits
    this.#beginNext(worker)
  }

  /** The worker has answered for the shard. True: its time was over. */
  answered(worker: WorkerId, shard: ShardId): boolean {
    const held = this.#held.get(worker)
    const at = held?.findIndex((one) => one.shard === shard) ?? -1
    const one = held?.[at]
    if (held === undefined || one === undefined) return false
    held.splice(at, 1)
    one.cancelTimer?.()
    this.#beginNext(worker)
    return one.isLate
  }

  /** Nobody wants the shard any more: the worker is asked to leave it, and has as long for that as if its time were over. */
  endNow(worker: WorkerId, shard: ShardId): void {
    const held = this.#find(worker, shard)
    if (held === undefined || held.isLate) return
    held.cancelTimer?.()
    if (held.hasBegun) this.#schedule(held, this.#graceMs, () => this.#events.overdue(worker, shard))
    this.#events.late(worker, shard)
  }

  lost(worker: WorkerId): void {
    for (const { cancelTimer } of this.#held.get(worker) ?? []) cancelTimer?.()
    this.#held.delete(worker)
  }

  #find(worker: WorkerId, shard: ShardId): Held | undefined {
    return this.#held.get(worker)?.find((one) => one.shard === shard)
  }

  #beginNext(worker: WorkerId): void {
    if (!this.#sequential) return
    for (const held of this.#held.get(worker) ?? []) {
      this.#begin(worker, held)
      if (!held.waits) return
    }
  }

  #begin(worker: WorkerId, held: Held): void {
    if (held.hasBegun) return
    held.hasBegun = true
    const { timeoutMs } = held
    if (timeoutMs === undefined) return
    // The answer may have come while this program did other things: it is read before the time is called over.
    this.#schedule(held, timeoutMs, () => this.#schedule(held, 0, () => this.#late(worker, held)))
  }

  #late(worker: WorkerId, held: Held): void {
    held.isLate = true
    this.#schedule(held, this.#graceMs, () => this.#events.overdue(worker, held.shard))
    this.#events.late(worker, held.shard)
  }

  #schedule(held: Held, ms: number, run: () => void): void {
    held.cancelTimer = this.#clock.schedule(after(this.#clock.now(), ms), run)
  }
}
