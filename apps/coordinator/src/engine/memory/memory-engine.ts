import type { Clock, IntervalSet } from '@forkpool/pool-core/base'
import { ForkpoolError, RingBuffer, systemClock } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { RESULT_WINDOW_BYTES } from '@forkpool/pool-core/protocol'
import type { BatchSummary, ItemBlock } from '@forkpool/pool-core/protocol'
import { BatchAccount } from '../batch-account.ts'
import type {
  BatchRecord,
  Engine,
  EngineUsage,
  GivenUp,
  LedgerEntry,
  OpenBatch,
  RecordedRange,
  StoredBatch,
  StoredEnd,
  StoredItems,
} from '../engine.ts'
import { batchExists, batchOpen, batchUnknown } from '../engine-errors.ts'
import type { Retention } from '../retention.ts'
import { isOverdue } from '../retention.ts'
import { KeptResults } from './kept-results.ts'

/**
 * Figures of ended batches are small; the bytes are results: three million squares. More than the window of a batch, so that what is on the way when a
 * connection is lost is still there.
 */
const MEMORY_RETENTION: Retention = { ageMs: 86_400_000, bytes: 1.5 * RESULT_WINDOW_BYTES, batches: 1_000 }

interface Entry {
  readonly batch: BatchRecord
  readonly account: BatchAccount
  readonly results: KeptResults
  end: StoredEnd | undefined
}

/**
 * The engine without a disk. What it knows ends with the process; items live with the batch that runs and are not kept here. Results
 * are kept within `retention.bytes` for open and ended batches together, so that a client can come back for them; a batch that does not
 * fit loses its first results, which its client has before the others (who has not: `RESULTS_GONE`), never its account.
 */
export class MemoryEngine implements Engine {
  readonly name = 'memory'
  readonly durable = false
  readonly #clock: Clock
  readonly #retention: Retention
  readonly #entries = new Map<BatchId, Entry>()
  readonly #keys = new Map<string, BatchId>()
  /** Ended batches, the first to end first; forgotten ones leave when they come to the front. */
  readonly #ended = new RingBuffer<BatchId>()
  #endedBatches = 0
  /** Bytes of all kept results. */
  #bytes = 0

  constructor(options: { readonly clock?: Clock | undefined; readonly retention?: Retention | undefined } = {}) {
    this.#clock = options.clock ?? systemClock
    this.#retention = options.retention ?? MEMORY_RETENTION
  }

  recover(): Promise<readonly OpenBatch[]> {
    return Promise.resolve([])
  }

  open(batch: BatchRecord, items: ItemBlock | undefined, ended: boolean): Promise<void> {
    const { id, idempotencyKey } = batch
    if (this.#entries.has(id)) return Promise.reject(batchExists(id))
    if (idempotencyKey !== undefined) {
      const first = this.#keys.get(idempotencyKey)
      if (first !== undefined) return Promise.reject(batchExists(first))
      this.#keys.set(idempotencyKey, id)
    }
    const account = new BatchAccount()
    account.submitted = items?.count ?? 0
    account.inputEnded = ended
    this.#entries.set(id, { batch, account, results: new KeptResults(), end: undefined })
    return DONE
  }

  append(batch: BatchId, items: ItemBlock, ended: boolean): Promise<void> {
    const entry = this.#entries.get(batch)
    if (entry === undefined) return Promise.reject(batchUnknown(batch))
    entry.account.submitted += items.count
    entry.account.inputEnded ||= ended
    return DONE
  }

  end(batch: BatchId): Promise<void> {
    const entry = this.#entries.get(batch)
    if (entry === undefined) return Promise.reject(batchUnknown(batch))
    entry.account.inputEnded = true
    return DONE
  }

  flush(): Promise<void> {
    return DONE
  }

  attempted(batch: BatchId): Promise<void> {
    return this.#entries.has(batch) ? DONE : Promise.reject(batchUnknown(batch))
  }

  record(
    batch: BatchId,
    ranges: readonly RecordedRange[],
    summary: BatchSummary | undefined,
    givenUp?: GivenUp,
  ): Promise<readonly RecordedRange[]> {
    const entry = this.#entries.get(batch)
    if (entry === undefined) return Promise.reject(batchUnknown(batch))
    if (entry.end !== undefined) return Promise.resolve([])
    const fresh = entry.account.admit(ranges)
    for (const range of fresh) this.#bytes += entry.results.add(range)
    if (summary !== undefined) {
      entry.account.close(summary)
      entry.end = { summary, givenUp, at: this.#clock.wallTime() }
      this.#ended.push(batch)
      this.#endedBatches++
    }
    if (this.#bytes > this.#retention.bytes || summary !== undefined) this.#retain(entry)
    return Promise.resolve(fresh)
  }

  ledger(batch: BatchId): LedgerEntry | undefined {
    return this.#entries.get(batch)?.account.entry()
  }

  batch(batch: BatchId): Promise<StoredBatch | undefined> {
    const entry = this.#entries.get(batch)
    return Promise.resolve(entry === undefined ? undefined : stored(entry))
  }

  ended(limit: number, before?: BatchId): Promise<readonly StoredBatch[]> {
    const all = [...this.#entries.values()].filter(({ end }) => end !== undefined)
    // The sort is stable: what ended in the same millisecond stays in order of submission, and is turned around with the rest.
    const newestFirst = all.toSorted((a, b) => (a.end?.at ?? 0) - (b.end?.at ?? 0)).toReversed()
    const start = before === undefined ? 0 : newestFirst.findIndex(({ batch }) => batch.id === before) + 1
    if (before !== undefined && start === 0) return Promise.resolve([])
    return Promise.resolve(newestFirst.slice(start, start + limit).map(stored))
  }

  find(idempotencyKey: string): Promise<BatchId | undefined> {
    return Promise.resolve(this.#keys.get(idempotencyKey))
  }

  async *results(batch: BatchId, from: number, have?: IntervalSet): AsyncGenerator<RecordedRange, void, undefined> {
    const entry = this.#entries.get(batch)
    if (entry === undefined) throw batchUnknown(batch)
    yield* entry.results.from(from, have)
  }

  items(batch: BatchId): AsyncIterableIterator<StoredItems> {
    const none = this.#entries.has(batch)
      ? new ForkpoolError('RESULTS_GONE', `the items of batch ${batch} are not kept: the coordinator runs with --ephemeral`)
      : batchUnknown(batch)
    const items: AsyncIterableIterator<StoredItems> = {
      next: () => Promise.reject(none),
      [Symbol.asyncIterator]: () => items,
    }
    return items
  }

  usage(): EngineUsage {
    const openBatches = this.#entries.size - this.#endedBatches
    return { openBatches, endedBatches: this.#endedBatches, bytes: this.#bytes, refusing: undefined }
  }

  forget(batch: BatchId): Promise<void> {
    const entry = this.#entries.get(batch)
    if (entry === undefined) return DONE
    if (entry.end === undefined) return Promise.reject(batchOpen(batch))
    this.#entries.delete(batch)
    this.#bytes -= entry.results.bytes
    this.#endedBatches--
    if (entry.batch.idempotencyKey !== undefined) this.#keys.delete(entry.batch.idempotencyKey)
    return DONE
  }

  close(): Promise<void> {
    this.#entries.clear()
    this.#keys.clear()
    this.#ended.clear()
    this.#endedBatches = 0
    this.#bytes = 0
    return DONE
  }

  /** Lets ended batches go, oldest first; when that is not enough, results of `growing`, which is the one that grew: those before the others. */
  #retain(growing: Entry): void {
    const now = this.#clock.wallTime()
    while (this.#ended.length > 0) {
      const oldest = this.#entries.get(this.#ended.peek() as BatchId)
      if (oldest?.end !== undefined) {
        const kept = { endedAt: oldest.end.at, bytes: oldest.results.bytes }
        if (oldest === growing || !isOverdue(kept, { batches: this.#endedBatches, bytes: this.#bytes }, this.#retention, now)) break
        void this.forget(oldest.batch.id)
      }
      this.#ended.shift()
    }
    const over = this.#bytes - this.#retention.bytes
    if (over > 0) this.#bytes -= growing.results.drop(over)
  }
}

const DONE: Promise<void> = Promise.resolve()

function stored({ batch, account, end }: Entry): StoredBatch {
  return { batch, ledger: account.entry(), inputEnded: account.inputEnded, end, itemsKept: false }
}
