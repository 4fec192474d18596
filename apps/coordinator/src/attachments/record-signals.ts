import { deferred } from '@forkpool/pool-core/base'
import type { Deferred } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'

/** Tells those who follow a batch that more of it is recorded. Costs one look into a map where nobody does. */
export class RecordSignals {
  readonly #followers = new Map<BatchId, Set<RecordSignal>>()

  /** Batches that are followed. */
  get size(): number {
    return this.#followers.size
  }

  /** Something of the batch is recorded, or it is over. */
  recorded(id: BatchId): void {
    for (const signal of this.#followers.get(id) ?? []) signal.wake()
  }

  /** Follows a batch until the signal is disposed of. */
  follow(id: BatchId): RecordSignal {
    const signals = this.#followers.get(id) ?? new Set()
    this.#followers.set(id, signals)
    const signal = new RecordSignal(() => {
      signals.delete(signal)
      if (signals.size === 0 && this.#followers.get(id) === signals) this.#followers.delete(id)
    })
    signals.add(signal)
    return signal
  }
}

/** What one follower waits for. */
export class RecordSignal implements Disposable {
  readonly #leave: () => void
  #changed: Deferred<void> = deferred()

  constructor(leave: () => void) {
    this.#leave = leave
  }

  /** From here on counts what is recorded. To be called before the record is read: what comes while it is read is not missed then. */
  arm(): void {
    this.#changed = deferred()
  }

  /** Resolves when something was recorded since `arm`. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  wake(): void {
    this.#changed.resolve()
  }

  [Symbol.dispose](): void {
    this.#leave()
  }
}
