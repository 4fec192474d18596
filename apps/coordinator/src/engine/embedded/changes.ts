import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { AttemptRecord, BatchRecord, LedgerEntry, RecordedRange, StoredEnd } from '../engine.ts'
import { attemptKey, batchKey, blockKey, endedKey, endKey, failuresKey, idempotencyKeyKey, inputEndKey, KIND, openKey } from './keys.ts'
import type { Change } from './store.ts'
import { storeBlock, storeRecord } from './stored-block.ts'

/** The value of a key that says all by being there. */
const PRESENT = Uint8Array.of(1)

const PAGE_BYTES = 4096
/** From about here LMDB gives a value pages of its own. */
const OWN_PAGES_FROM = 2_000

/** A batch's record as it is stored. */
export interface BatchValue {
  readonly batch: BatchRecord
  /** All its items came with it. */
  readonly whole: boolean
}

/** How a batch ended, as it is stored. */
export interface EndValue extends StoredEnd {
  readonly ledger: LedgerEntry
  readonly bytes: number
  readonly itemsKept: boolean
}

/** Bytes that the changes take on the disk, about: whole pages for large values. */
export function footprint(changes: readonly Change[]): number {
  let bytes = 0
  for (const { key, value } of changes) {
    if (value === undefined) continue
    bytes += 24 + key.length + (value.length < OWN_PAGES_FROM ? value.length : Math.ceil((value.length + 16) / PAGE_BYTES) * PAGE_BYTES)
  }
  return bytes
}

export function openChanges(batch: BatchRecord, whole: boolean): readonly Change[] {
  const value: BatchValue = { batch: definedOnly(batch), whole }
  const changes: Change[] = [
    { key: batchKey(batch.id), value: storeRecord(value) },
    { key: openKey(batch.id), value: PRESENT },
  ]
  if (batch.idempotencyKey !== undefined) changes.push({ key: idempotencyKeyKey(batch.idempotencyKey), value: Buffer.from(batch.id) })
  return changes
}

/** An empty block leaves no trace. */
export function itemsChanges(id: BatchId, from: number, items: ItemBlock): readonly Change[] {
  if (items.count === 0) return []
  const { header, value } = storeBlock(from, items.count, items)
  return [{ key: blockKey(id, KIND.items, header), value }]
}

export function inputEndChange(id: BatchId): Change {
  return { key: inputEndKey(id), value: PRESENT }
}

export function rangeChanges(id: BatchId, range: RecordedRange): readonly Change[] {
  const { header, value } = storeBlock(range.from, range.count, range.values)
  // LMDB has no use for an empty value: where every task failed, one byte stands for it.
  const block: Change = { key: blockKey(id, KIND.results, header), value: value.length === 0 ? PRESENT : value }
  if (range.failures.length === 0) return [block]
  return [block, { key: failuresKey(id, range.from), value: storeRecord(range.failures) }]
}

export function attemptChanges(id: BatchId, attempts: readonly AttemptRecord[]): readonly Change[] {
  return attempts.map((attempt) => ({ key: attemptKey(id, attempt.index, attempt.attempt), value: storeRecord(attempt) }))
}

/** The end, in one piece with the last results: `gone` are the keys that nobody needs any more. */
export function endChanges(id: BatchId, end: EndValue, gone: readonly Uint8Array[]): readonly Change[] {
  return [
    { key: endKey(id), value: storeRecord(end) },
    { key: openKey(id), value: undefined },
    { key: endedKey(end.at, id), value: sizeValue(end.bytes) },
    ...gone.map((key) => ({ key, value: undefined })),
  ]
}

/** The size of an ended batch, beside its key in the queue of retention. */
function sizeValue(bytes: number): Uint8Array {
  const value = Buffer.allocUnsafe(6)
  value.writeUIntBE(Math.min(bytes, 2 ** 48 - 1), 0, 6)
  return value
}

export function readSize(value: Uint8Array): number {
  return Buffer.from(value).readUIntBE(0, 6)
}

function definedOnly(batch: BatchRecord): BatchRecord {
  return Object.fromEntries(Object.entries(batch).filter(([, value]) => value !== undefined)) as unknown as BatchRecord
}
