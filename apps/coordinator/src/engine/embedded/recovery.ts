import { ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { BatchAccount } from '../batch-account.ts'
import type { BatchReader } from './batch-reader.ts'
import { blockKey, KIND } from './keys.ts'
import type { OpenBatch, RecordedRange } from '../engine.ts'
import type { BlockHeader } from './keys.ts'
import { NO_ITEMS, OpenEntry } from './open-entry.ts'

/** An open batch as it stands on the disk, and its account. Reads keys and failures, no items and no results. */
export function recoverBatch(reader: BatchReader, id: BatchId): { readonly entry: OpenEntry; readonly open: OpenBatch } {
  const stored = reader.batch(id)
  if (stored === undefined) throw new ForkpoolError('DATA_CORRUPT', `batch ${id} is marked as open and is not there`)
  const account = new BatchAccount()
  const entry = new OpenEntry(stored.batch, account)
  account.inputEnded = stored.whole || reader.hasInputEnded(id)
  /** Tasks whose item or result is there. */
  const kept = new IntervalSet()
  for (const header of reader.headers(id, KIND.items)) {
    if (!kept.addIfAbsent(header.from, header.from + header.count))
      throw new ForkpoolError('DATA_CORRUPT', `batch ${id}: item ${header.from} or one after it is there twice`)
    entry.itemBytes += header.length
    entry.keepItemKeys([blockKey(id, KIND.items, header)])
  }
  entry.bytes = entry.itemBytes
  for (const header of reader.headers(id, KIND.results)) {
    if (account.admit([asRange(header, reader, id)]).length === 0)
      throw new ForkpoolError('DATA_CORRUPT', `batch ${id}: task ${header.from} or one after it has two results`)
    entry.bytes += header.length
    for (const { from, to } of kept.missing(header.from, header.from + header.count)) kept.addIfAbsent(from, to)
  }
  account.submitted = beginning(id, kept)
  const attempts = reader.attempts(id).filter(({ index }) => !account.recorded.has(index))
  entry.hasAttempts = attempts.length > 0
  const recordedRanges = account.recorded.intervals()
  const { inputEnded } = account
  return {
    entry,
    open: { batch: stored.batch, ledger: account.entry(), inputEnded, end: undefined, itemsKept: true, recordedRanges, attempts },
  }
}

/** How many tasks the batch has: what is kept is the beginning of it, as each commit takes along what its results stand on. */
function beginning(id: BatchId, kept: IntervalSet): number {
  const [first, second] = kept.intervals()
  if (first === undefined) return 0
  if (first.from > 0 || second !== undefined) {
    const [from, to] = first.from > 0 ? [0, first.from] : [first.to, second?.from ?? 0]
    throw new ForkpoolError('DATA_CORRUPT', `batch ${id}: of tasks ${from} to ${to - 1} there is neither item nor result`)
  }
  return first.to
}

function asRange(header: BlockHeader, reader: BatchReader, id: BatchId): RecordedRange {
  return { from: header.from, count: header.count, values: NO_ITEMS, failures: reader.failures(id, header) }
}
