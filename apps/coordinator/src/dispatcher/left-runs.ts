import type { BatchRun } from './batch-run.ts'

/** Open batches whose reader is gone without a word. No session answers for the memory of their items any more, so it is counted here. */
export class LeftRuns {
  readonly #runs = new Set<BatchRun>()
  #heldBytes = 0

  /** Bytes of the items that they hold. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  add(run: BatchRun): void {
    if (this.#runs.has(run)) return
    this.#runs.add(run)
    this.#heldBytes += run.heldBytes
  }

  /** So many bytes of items have been dealt with. */
  credited(run: BatchRun, bytes: number): void {
    if (this.#runs.has(run)) this.#heldBytes -= bytes
  }

  /** Somebody reads it again, or it is over. */
  delete(run: BatchRun): void {
    if (this.#runs.delete(run)) this.#heldBytes -= run.heldBytes
  }
}
