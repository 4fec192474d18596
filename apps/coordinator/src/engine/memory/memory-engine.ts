import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchSummary, ItemBlock } from '@forkpool/pool-core/protocol'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchRecord, Engine, LedgerEntry, RecordedRange } from '../engine.ts'
import { IntervalSet } from '../interval-set.ts'

interface Entry {
  readonly recorded: IntervalSet
  submitted: number
  cancelled: number
  duplicates: number
}

/**
 * The engine without a disk: it keeps which results are recorded, not their bytes, which live with the batch that runs. What it
 * knows ends with the process.
 */
export class MemoryEngine implements Engine {
  readonly name = 'memory'
  readonly #entries = new Map<BatchId, Entry>()

  open(batch: BatchRecord, items: ItemBlock | undefined): Promise<void> {
    if (this.#entries.has(batch.id)) return Promise.reject(new ForkpoolError('BAD_ARGUMENT', `batch ${batch.id} exists already`))
    this.#entries.set(batch.id, { recorded: new IntervalSet(), submitted: items?.count ?? 0, cancelled: 0, duplicates: 0 })
    return DONE
  }

  append(batch: BatchId, items: ItemBlock): Promise<void> {
    const entry = this.#entries.get(batch)
    if (entry === undefined) return Promise.reject(unknownBatch(batch))
    entry.submitted += items.count
    return DONE
  }

  end(batch: BatchId): Promise<void> {
    return this.#entries.has(batch) ? DONE : Promise.reject(unknownBatch(batch))
  }

  record(batch: BatchId, ranges: readonly RecordedRange[], summary: BatchSummary | undefined): Promise<readonly RecordedRange[]> {
    const entry = this.#entries.get(batch)
    if (entry === undefined) return Promise.reject(unknownBatch(batch))
    if (summary !== undefined) entry.cancelled = summary.cancelled
    // One range is what nearly every shard gives: it is answered without a new list.
    const only = ranges.length === 1 ? ranges[0] : undefined
    if (only !== undefined && entry.recorded.addIfAbsent(only.from, only.from + only.count)) return Promise.resolve(ranges)
    const fresh: RecordedRange[] = []
    for (const range of ranges) {
      if (entry.recorded.addIfAbsent(range.from, range.from + range.count)) fresh.push(range)
      else entry.duplicates += range.count
    }
    return Promise.resolve(fresh)
  }

  ledger(batch: BatchId): LedgerEntry | undefined {
    const entry = this.#entries.get(batch)
    if (entry === undefined) return undefined
    return { submitted: entry.submitted, recorded: entry.recorded.size, cancelled: entry.cancelled, duplicates: entry.duplicates }
  }

  forget(batch: BatchId): Promise<void> {
    this.#entries.delete(batch)
    return DONE
  }

  close(): Promise<void> {
    this.#entries.clear()
    return DONE
  }
}

const DONE: Promise<void> = Promise.resolve()

function unknownBatch(batch: BatchId): ForkpoolError {
  return new ForkpoolError('BATCH_UNKNOWN', `no batch ${batch} in the engine`)
}
