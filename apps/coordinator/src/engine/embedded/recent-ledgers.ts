import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { LedgerEntry } from '../engine.ts'

/** Ledgers kept in each of the two halves. */
const HALF = 512

/** Ledgers of the last batches that ended, in memory: the one question that is asked of nearly every batch, once, right after its end. */
export class RecentLedgers {
  #young = new Map<BatchId, LedgerEntry>()
  #old = new Map<BatchId, LedgerEntry>()

  add(id: BatchId, ledger: LedgerEntry): void {
    if (this.#young.size === HALF) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(id, ledger)
  }

  get(id: BatchId): LedgerEntry | undefined {
    return this.#young.get(id) ?? this.#old.get(id)
  }

  delete(id: BatchId): void {
    this.#young.delete(id)
    this.#old.delete(id)
  }
}
