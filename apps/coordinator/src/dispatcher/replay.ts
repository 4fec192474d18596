import { deferred } from '@forkpool/pool-core/base'
import type { Deferred } from '@forkpool/pool-core/base'
import type { ItemBlock, WireError } from '@forkpool/pool-core/protocol'
import { blockBytes, sliceBlock } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { Engine, OpenBatch, StoredItems } from '../engine/engine.ts'

/** What a replay gives to. */
export interface ReplayHost {
  /** Items without a result, from index `from` on; `errors` of their earlier runs, where it is one item that ran. */
  items(from: number, items: ItemBlock, errors: readonly WireError[]): void
  /** All items that are there have been given: what comes from now on is not replayed. */
  caughtUp(): void
  /** The items cannot be read. */
  failed(error: unknown): void
}

/**
 * Gives again what an earlier life of the coordinator left of a batch: the items without a result, in order, a window at a time, read
 * from the engine as there is room. Items that a client adds meanwhile are read in their turn.
 */
export class Replay {
  readonly #engine: Pick<Engine, 'items' | 'ledger'>
  readonly #id: BatchId
  readonly #windowBytes: number
  readonly #host: ReplayHost
  /** Recorded ranges that the replay has not passed, the next first. */
  readonly #recorded: { readonly from: number; readonly to: number }[]
  readonly #errors: ReadonlyMap<number, readonly WireError[]>
  /** Every item before this one has a result or was given. */
  #position = 0
  #heldBytes = 0
  #changed: Deferred<void> | undefined
  #isOver = false

  constructor(engine: Pick<Engine, 'items' | 'ledger'>, open: OpenBatch, windowBytes: number, host: ReplayHost) {
    this.#engine = engine
    this.#id = open.batch.id
    this.#windowBytes = windowBytes
    this.#host = host
    this.#recorded = [...open.recordedRanges]
    this.#errors = errorsByIndex(open)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Runs until all is given, or `stop`. Call it once. */
  async run(): Promise<void> {
    try {
      while (!this.#isOver) {
        const before = this.#position
        for await (const stored of this.#engine.items(this.#id, before)) {
          await this.#give(stored)
          if (this.#isOver) return
        }
        this.#passRecorded()
        // From here to `caughtUp` in one go: items that are added after it are not this replay's.
        if (this.#position >= (this.#engine.ledger(this.#id)?.submitted ?? 0)) {
          this.#isOver = true
          return this.#host.caughtUp()
        }
        if (this.#position === before) await this.#change()
      }
    } catch (error) {
      if (this.#isOver) return
      this.#isOver = true
      this.#host.failed(error)
    }
  }

  /** So many bytes of items have been dealt with. */
  released(bytes: number): void {
    this.#heldBytes -= bytes
    this.#wake()
  }

  /** Items were added to the batch, and are recorded. */
  added(): void {
    this.#wake()
  }

  /** Gives nothing any more; how many items without a result were not given. */
  stop(): number {
    if (this.#isOver) return 0
    this.#isOver = true
    this.#wake()
    const submitted = this.#engine.ledger(this.#id)?.submitted ?? this.#position
    const recorded = this.#recorded.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from, this.#position)), 0)
    return submitted - this.#position - recorded
  }

  /** Gives the parts of a block that have no result. An item that ran before goes by itself. */
  async #give({ from, items }: StoredItems): Promise<void> {
    const to = from + items.count
    while (this.#position < to && !this.#isOver) {
      const next = this.#passRecorded()
      const at = this.#position
      if (at >= to) return
      const errors = this.#errors.get(at) ?? []
      const end = errors.length > 0 ? at + 1 : this.#endOfFresh(at, Math.min(to, next?.from ?? to))
      const slice = sliceBlock(items, at - from, end - at)
      this.#heldBytes += blockBytes(slice)
      this.#position = end
      this.#host.items(at, slice, errors)
      while (this.#heldBytes >= this.#windowBytes && !this.#isOver) await this.#change()
    }
  }

  /** Goes past tasks that have a result, whose items need not be there; the next recorded range. */
  #passRecorded(): { readonly from: number; readonly to: number } | undefined {
    const next = this.#recorded[0]
    if (next === undefined || next.from > this.#position) return next
    this.#position = Math.max(this.#position, next.to)
    this.#recorded.shift()
    return this.#recorded[0]
  }

  /** The first index from `at` to `end` at which an item has earlier runs. */
  #endOfFresh(at: number, end: number): number {
    if (this.#errors.size === 0) return end
    for (let index = at + 1; index < end; index++) if (this.#errors.has(index)) return index
    return end
  }

  #change(): Promise<void> {
    this.#changed ??= deferred<void>()
    return this.#changed.promise
  }

  #wake(): void {
    this.#changed?.resolve()
    this.#changed = undefined
  }
}

/** What earlier runs threw. Of a lost worker nothing is said here: how often a task may crash is counted anew in each life. */
function errorsByIndex({ attempts }: OpenBatch): ReadonlyMap<number, readonly WireError[]> {
  const errors = new Map<number, WireError[]>()
  for (const { index, message, outcome } of attempts) {
    if (outcome === 'lost') continue
    const earlier = errors.get(index) ?? []
    earlier.push({ name: 'Error', message })
    errors.set(index, earlier)
  }
  return errors
}
