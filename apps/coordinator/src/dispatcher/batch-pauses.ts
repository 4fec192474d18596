import type { BatchId } from '@forkpool/pool-core/scheduler'

/** Why no further shard of a batch starts. */
export type PauseReason = 'reader' | 'disk' | 'cancel'

/** Batches that are paused, each for one reason or several. */
export class BatchPauses {
  readonly #reasons = new Map<BatchId, Set<PauseReason>>()

  /** Begins or ends a reason; whether the batch is paused now, undefined if that has not changed. */
  set(batch: BatchId, reason: PauseReason, paused: boolean): boolean | undefined {
    const reasons = this.#reasons.get(batch)
    if (paused) {
      if (reasons === undefined) this.#reasons.set(batch, new Set([reason]))
      else reasons.add(reason)
      return reasons === undefined ? true : undefined
    }
    if (reasons?.delete(reason) !== true || reasons.size > 0) return undefined
    this.#reasons.delete(batch)
    return false
  }

  forget(batch: BatchId): void {
    this.#reasons.delete(batch)
  }
}
