import { RingBuffer } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchRun } from './batch-run.ts'

/** The last ended batches, so that people can look at them; and how many ended in all. */
export class EndedBatches {
  readonly #kept: number
  readonly #runs = new Map<BatchId, BatchRun>()
  /** The same, oldest first: a map's own order gets slow to read at the front when entries leave there. */
  readonly #order = new RingBuffer<BatchId>()
  #total = 0

  /** @param kept how many are kept, 0 or more. */
  constructor(kept: number) {
    this.#kept = kept
  }

  get runs(): ReadonlyMap<BatchId, BatchRun> {
    return this.#runs
  }

  get total(): number {
    return this.#total
  }

  /** Keeps one more; the oldest goes for it where there are too many. */
  add(run: BatchRun): void {
    this.#total++
    this.#runs.set(run.id, run)
    this.#order.push(run.id)
    if (this.#order.length <= this.#kept) return
    this.#runs.delete(this.#order.shift() as BatchId)
  }
}
