import { setImmediate } from 'node:timers/promises'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ItemBlock, TaskFailure } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { AttemptRecord, RecordedRange, StoredItems } from '../engine.ts'
import type { BatchValue, EndValue } from './changes.ts'
import type { BlockHeader } from './keys.ts'
import { batchKey, blockKey, endKey, failuresKey, inputEndKey, KIND, kindRange, kindRangeBelow, readHeader } from './keys.ts'
import type { Store } from './store.ts'
import { loadBlock, loadRecord } from './stored-block.ts'

/** Keys that are read at once: a few kilobytes. */
const KEYS_PER_READ = 256
/** After so many bytes a reader lets the loop turn, whoever waits for it. */
const BYTES_PER_TURN = 4 * 1024 * 1024

/** Reads what is stored of batches. Nothing holds a view of the store longer than one read, so no page stays in use. */
export class BatchReader {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  batch(id: BatchId): BatchValue | undefined {
    const value = this.#store.get(batchKey(id))
    return value === undefined ? undefined : (loadRecord(value, `the record of batch ${id}`) as BatchValue)
  }

  end(id: BatchId): EndValue | undefined {
    const value = this.#store.get(endKey(id))
    return value === undefined ? undefined : (loadRecord(value, `the end of batch ${id}`) as EndValue)
  }

  hasInputEnded(id: BatchId): boolean {
    return this.#store.get(inputEndKey(id)) !== undefined
  }

  /** Headers of a batch's blocks in order, without reading the blocks. */
  *headers(id: BatchId, kind: number, from = 0): Generator<BlockHeader, void, undefined> {
    for (let next = from; ;) {
      const keys = this.#store.keys(kindRange(id, kind, next), KEYS_PER_READ)
      for (const key of keys) yield readHeader(key)
      const last = keys.at(-1)
      if (last === undefined || keys.length < KEYS_PER_READ) return
      next = readHeader(last).from + 1
    }
  }

  attempts(id: BatchId): readonly AttemptRecord[] {
    const entries = this.#store.entries(kindRange(id, KIND.attempt), Number.MAX_SAFE_INTEGER)
    return entries.map(({ value }) => loadRecord(value, `an attempt of batch ${id}`) as AttemptRecord)
  }

  async *results(id: BatchId, from: number): AsyncGenerator<RecordedRange, void, undefined> {
    for await (const { header, block } of this.#blocks(id, KIND.results, from)) {
      yield { from: header.from, count: header.count, values: block, failures: this.failures(id, header) }
    }
  }

  async *items(id: BatchId, from: number): AsyncGenerator<StoredItems, void, undefined> {
    for await (const { header, block } of this.#blocks(id, KIND.items, from)) yield { from: header.from, items: block }
  }

  failures(id: BatchId, header: BlockHeader): readonly TaskFailure[] {
    if (header.items === header.count) return []
    const value = this.#store.get(failuresKey(id, header.from))
    if (value === undefined) throw gone(id)
    return loadRecord(value, `failures of batch ${id} from task ${header.from}`) as readonly TaskFailure[]
  }

  async *#blocks(id: BatchId, kind: number, from: number): AsyncGenerator<{ readonly header: BlockHeader; readonly block: ItemBlock }> {
    let bytes = 0
    for (const header of this.headers(id, kind, this.#blockWith(id, kind, from))) {
      const value = this.#store.get(blockKey(id, kind, header))
      if (value === undefined) throw gone(id)
      yield { header, block: loadBlock(header, header.length === 0 ? value.subarray(0, 0) : value) }
      bytes += 4096 + value.length
      if (bytes < BYTES_PER_TURN) continue
      bytes = 0
      await setImmediate()
    }
  }

  /** Where the block begins that holds `index`; `index` itself if none does. */
  #blockWith(id: BatchId, kind: number, index: number): number {
    const [before] = this.#store.keys(kindRangeBelow(id, kind, index), 1, true)
    if (before === undefined) return index
    const header = readHeader(before)
    return header.from + header.count > index ? header.from : index
  }
}

function gone(id: BatchId): ForkpoolError {
  return new ForkpoolError('RESULTS_GONE', `batch ${id} was forgotten while it was read`)
}
