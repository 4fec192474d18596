import type { Clock } from '@forkpool/pool-core/base'
import { assert, deferred, ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchSummary, ItemBlock } from '@forkpool/pool-core/protocol'
import { blockBytes } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import { BatchAccount } from '../batch-account.ts'
import type {
  AttemptRecord,
  BatchRecord,
  Engine,
  EngineUsage,
  GivenUp,
  LedgerEntry,
  OpenBatch,
  RecordedRange,
  StoredBatch,
  StoredItems,
} from '../engine.ts'
import { batchExists, batchOpen, batchUnknown } from '../engine-errors.ts'
import type { Closing, Grow } from './batch-commit.ts'
import { ItemsCommit, RecordCommit } from './batch-commit.ts'
import type { EndValue } from './changes.ts'
import { attemptChanges, footprint, inputEndChange, itemsChanges, openChanges, rangeChanges } from './changes.ts'
import type { EmbeddedOptions, EmbeddedParts } from './embedded-parts.ts'
import { openParts } from './embedded-parts.ts'
import type { LateChanges } from './group-commit.ts'
import { ItemsBehind } from './items-behind.ts'
import { checkId, endedKey, ENDED_RANGE, idempotencyKeyKey, KIND, kindRange, OPEN_RANGE, readEndedKey, readOpenKey } from './keys.ts'
import { OpenEntry } from './open-entry.ts'
import { RecentLedgers } from './recent-ledgers.ts'
import { recoverBatch } from './recovery.ts'
import type { Change } from './store.ts'
import { WriteBehind } from './write-behind.ts'

/** Items and attempts of an ended batch that go in the commit of its end; more are left to `forget`. */
const KEYS_GONE_MAX = 10_000

/**
 * The engine on one disk: LMDB under the data directory. What is acknowledged is on the disk, and stays through a crash at any instant.
 * How, and why that holds, is in engine/README.md.
 */
export class EmbeddedEngine implements Engine {
  readonly name = 'embedded'
  readonly durable = true
  readonly #options: EmbeddedOptions
  readonly #clock: Clock
  /** Open batches. Invariant: after its last call has settled, a batch is here exactly when its mark is in the store. */
  readonly #open = new Map<BatchId, OpenEntry>()
  readonly #keysBeingOpened = new Map<string, BatchId>()
  readonly #recent = new RecentLedgers()
  readonly #writeBehind: WriteBehind
  #openBytes = 0
  #openedParts: EmbeddedParts | undefined

  constructor(options: EmbeddedOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#writeBehind = new WriteBehind(options.clock, (entry) => this.flush(entry.batch.id))
  }

  /** Takes the data directory, too. @throws ForkpoolError DATA_DIR when it is in use, newer than this program, or cannot be written. */
  async recover(): Promise<readonly OpenBatch[]> {
    assert(this.#openedParts === undefined, 'the engine is recovered once')
    const parts = await openParts(this.#options, () => this.#openBytes)
    this.#openedParts = parts
    const recovered = parts.store.keys(OPEN_RANGE, Number.MAX_SAFE_INTEGER).map((key) => recoverBatch(parts.reader, readOpenKey(key)))
    for (const { entry } of recovered) {
      this.#open.set(entry.batch.id, entry)
      this.#openBytes += entry.bytes
    }
    parts.ended.start()
    return recovered.map(({ open }) => open).toSorted((a, b) => a.batch.submittedAt - b.batch.submittedAt)
  }

  async open(batch: BatchRecord, items: ItemBlock | undefined, ended: boolean, behind = false): Promise<void> {
    const { id, idempotencyKey } = batch
    checkId(id)
    if (this.#open.has(id) || this.#parts.reader.batch(id) !== undefined) throw batchExists(id)
    const first = idempotencyKey === undefined ? undefined : this.#find(idempotencyKey)
    if (first !== undefined) throw batchExists(first)
    const itemChanges = items === undefined || behind ? [] : itemsChanges(id, 0, items)
    const changes = [...openChanges(batch, ended && !behind), ...itemChanges]
    const entry = new OpenEntry(batch, new BatchAccount(), behind ? new ItemsBehind() : undefined)
    if (items !== undefined) entry.behind?.add(0, items, this.#clock.now())
    const bytes = footprint(changes)
    this.#admit(bytes + (entry.behind?.bytes ?? 0))
    entry.account.submitted = items?.count ?? 0
    entry.account.inputEnded = ended
    this.#open.set(id, entry)
    this.#grow(entry, bytes + (entry.behind?.bytes ?? 0))
    this.#holdItems(entry, itemChanges)
    if (behind) this.#writeBehind.added(entry)
    if (idempotencyKey !== undefined) this.#keysBeingOpened.set(idempotencyKey, id)
    try {
      await (behind ? this.#writeSoon(entry, changes) : this.#write(changes))
    } catch (error) {
      this.#grow(entry, -bytes - (entry.behind?.bytes ?? 0))
      this.#open.delete(id)
      entry.isOver = true
      throw error
    } finally {
      if (idempotencyKey !== undefined) this.#keysBeingOpened.delete(idempotencyKey)
      entry.opening?.resolve()
      entry.opening = undefined
    }
  }

  async append(batch: BatchId, items: ItemBlock, ended: boolean): Promise<void> {
    const entry = this.#demand(batch)
    if (entry.behind !== undefined) return this.#appendBehind(entry, items, ended)
    const { account } = entry
    const itemChanges = itemsChanges(batch, account.submitted, items)
    const changes = ended ? [...itemChanges, inputEndChange(batch)] : itemChanges
    if (changes.length === 0) return
    const bytes = this.#admit(footprint(changes))
    account.submitted += items.count
    account.inputEnded ||= ended
    this.#grow(entry, bytes)
    this.#holdItems(entry, itemChanges)
    try {
      await this.#write(changes)
    } catch (error) {
      account.submitted -= items.count
      if (ended) account.inputEnded = false
      this.#grow(entry, -bytes)
      throw error
    }
  }

  async end(batch: BatchId): Promise<void> {
    const entry = this.#demand(batch)
    const { account, behind } = entry
    account.inputEnded = true
    if (behind !== undefined) return this.#writeBehind.added(entry)
    try {
      await this.#write([inputEndChange(batch)])
    } catch (error) {
      account.inputEnded = false
      throw error
    }
  }

  async flush(batch: BatchId): Promise<void> {
    const entry = this.#open.get(batch)
    if (entry?.behind === undefined) return
    entry.writeOpen?.()
    await this.#write([], new ItemsCommit(entry, entry.behind, this.#grow))
  }

  async attempted(batch: BatchId, attempts: readonly AttemptRecord[]): Promise<void> {
    const entry = this.#demand(batch)
    if (attempts.length === 0) return
    entry.writeOpen?.()
    entry.hasAttempts = true
    const to = attempts.reduce((last, { index }) => Math.max(last, index + 1), 0)
    // Somebody has a use for them only with the items of their tasks.
    const late = entry.behind === undefined ? undefined : new ItemsCommit(entry, entry.behind, this.#grow, to)
    await this.#write(attemptChanges(batch, attempts), late)
  }

  async record(
    batch: BatchId,
    ranges: readonly RecordedRange[],
    summary: BatchSummary | undefined,
    givenUp?: GivenUp,
  ): Promise<readonly RecordedRange[]> {
    const entry = this.#open.get(batch)
    if (entry === undefined) {
      if (this.#parts.reader.end(batch) === undefined) throw batchUnknown(batch)
      return []
    }
    entry.writeOpen?.()
    const fresh = entry.account.admit(ranges)
    const changes: Change[] = fresh.flatMap((range) => rangeChanges(batch, range))
    const bytes = footprint(changes)
    this.#grow(entry, bytes)
    const closing = summary === undefined ? undefined : this.#closingOf(entry, summary, givenUp)
    if (changes.length === 0 && closing === undefined) return fresh
    const late = closing === undefined && entry.behind === undefined ? undefined : new RecordCommit(entry, fresh, closing, this.#grow)
    try {
      await this.#write(changes, late)
      // Both may be in one commit: who opened the batch hears of it before anybody hears of its results.
      await entry.opening?.promise
    } catch (error) {
      entry.account.revoke(fresh)
      if (closing !== undefined) entry.account.cancelled = 0
      this.#grow(entry, -bytes)
      throw error
    }
    if (late?.end !== undefined) this.#ended(entry, late.end)
    return fresh
  }

  ledger(batch: BatchId): LedgerEntry | undefined {
    return this.#open.get(batch)?.account.entry() ?? this.#recent.get(batch) ?? this.#parts.reader.end(batch)?.ledger
  }

  batch(batch: BatchId): Promise<StoredBatch | undefined> {
    return Promise.resolve(this.#stored(batch))
  }

  async ended(limit: number, before?: BatchId): Promise<readonly StoredBatch[]> {
    const { store, reader } = this.#parts
    const end = before === undefined ? undefined : reader.end(before)
    if (before !== undefined && end === undefined) return Promise.resolve([])
    const range = { start: ENDED_RANGE.start, end: before === undefined || end === undefined ? ENDED_RANGE.end : endedKey(end.at, before) }
    const found = store.keys(range, limit, true).map((key) => this.#stored(readEndedKey(key).id))
    return Promise.resolve(found.filter((stored) => stored !== undefined))
  }

  find(idempotencyKey: string): Promise<BatchId | undefined> {
    return Promise.resolve(this.#find(idempotencyKey))
  }

  async *results(batch: BatchId, from: number): AsyncGenerator<RecordedRange, void, undefined> {
    if (this.#stored(batch) === undefined) throw batchUnknown(batch)
    yield* this.#parts.reader.results(batch, from)
  }

  async *items(batch: BatchId, from: number): AsyncGenerator<StoredItems, void, undefined> {
    const stored = this.#stored(batch)
    if (stored === undefined) throw batchUnknown(batch)
    if (!stored.itemsKept) throw new ForkpoolError('RESULTS_GONE', `the items of batch ${batch} went when it had ended without a failure`)
    yield* this.#parts.reader.items(batch, from)
  }

  usage(): EngineUsage {
    const { ended, gate } = this.#parts
    const usage = { openBytes: this.#openBytes, endedBytes: ended.bytes }
    return {
      openBatches: this.#open.size,
      endedBatches: ended.batches,
      bytes: usage.openBytes + usage.endedBytes,
      refusing: gate.refusing(usage),
    }
  }

  async forget(batch: BatchId): Promise<void> {
    if (this.#open.has(batch)) throw batchOpen(batch)
    const { reader, ended } = this.#parts
    const end = reader.end(batch)
    if (end !== undefined) await ended.drop(batch, end.at, end.bytes)
    this.#recent.delete(batch)
  }

  /** Resolves when nothing is being written and nothing swept. */
  async idle(): Promise<void> {
    const { ended, writes } = this.#parts
    await writes.idle()
    await ended.swept()
  }

  async close(): Promise<void> {
    const parts = this.#openedParts
    if (parts === undefined) return
    this.#writeBehind.stop()
    await parts.ended.stop()
    // What the disk does not take was not acknowledged.
    await Promise.allSettled(Array.from(this.#open.keys(), (id) => this.flush(id)))
    await parts.writes.idle()
    await parts.store.close()
    parts.lock.release()
    this.#openedParts = undefined
  }

  get #parts(): EmbeddedParts {
    if (this.#openedParts === undefined) throw new ForkpoolError('CLOSED', 'the engine is not open')
    return this.#openedParts
  }

  #demand(batch: BatchId): OpenEntry {
    const entry = this.#open.get(batch)
    if (entry === undefined) throw batchUnknown(batch)
    return entry
  }

  /** The bytes of new work, which is taken. @throws ForkpoolError with the reason why it is not. */
  #admit(bytes: number): number {
    const { gate, ended } = this.#parts
    const refusal = gate.refusal({ openBytes: this.#openBytes, endedBytes: ended.bytes }, bytes)
    if (refusal === undefined) return bytes
    ended.sweep()
    throw refusal
  }

  #write(changes: readonly Change[], late?: LateChanges): Promise<void> {
    return this.#parts.writes.write(changes, late)
  }

  readonly #grow: Grow = (entry, bytes) => {
    entry.bytes += bytes
    this.#openBytes += bytes
  }

  /** Writes the record of a batch, when something of it is written, or soon. */
  #writeSoon(entry: OpenEntry, changes: readonly Change[]): Promise<void> {
    entry.opening = deferred()
    return new Promise((resolve, reject) => {
      entry.writeOpen = () => {
        entry.writeOpen = undefined
        this.#write(changes).then(resolve, reject)
      }
      this.#writeBehind.opened(entry)
    })
  }

  #appendBehind(entry: OpenEntry, items: ItemBlock, ended: boolean): void {
    const { account } = entry
    this.#grow(entry, this.#admit(blockBytes(items)))
    entry.behind?.add(account.submitted, items, this.#clock.now())
    account.submitted += items.count
    account.inputEnded ||= ended
    this.#writeBehind.added(entry)
  }

  #holdItems(entry: OpenEntry, changes: readonly Change[]): void {
    entry.itemBytes += footprint(changes)
    entry.keepItemKeys(changes.map(({ key }) => key))
  }

  #closingOf(entry: OpenEntry, summary: BatchSummary, givenUp: GivenUp | undefined): Closing {
    entry.account.close(summary)
    return { summary, givenUp, at: this.#clock.wallTime(), gone: (itemsKept) => this.#keysGone(entry, itemsKept) }
  }

  /** What goes with the end of a batch: the items, unless somebody may want to run a failed one again, and the attempts. */
  #keysGone(entry: OpenEntry, itemsKept: boolean): readonly Uint8Array[] {
    const { store } = this.#parts
    const { id } = entry.batch
    const items = itemsKept ? [] : (entry.itemKeys ?? store.keys(kindRange(id, KIND.items), KEYS_GONE_MAX))
    return entry.hasAttempts ? [...items, ...store.keys(kindRange(id, KIND.attempt), KEYS_GONE_MAX)] : items
  }

  #ended(entry: OpenEntry, end: EndValue): void {
    const { id } = entry.batch
    this.#open.delete(id)
    this.#openBytes -= entry.bytes
    this.#recent.add(id, end.ledger)
    this.#parts.ended.added(end.bytes)
  }

  #find(idempotencyKey: string): BatchId | undefined {
    const opening = this.#keysBeingOpened.get(idempotencyKey)
    if (opening !== undefined) return opening
    const { store, reader } = this.#parts
    const value = store.get(idempotencyKeyKey(idempotencyKey))
    if (value === undefined) return undefined
    const id = Buffer.from(value).toString() as BatchId
    return reader.batch(id) === undefined ? undefined : id
  }

  #stored(id: BatchId): StoredBatch | undefined {
    const open = this.#open.get(id)
    if (open !== undefined) {
      const { batch, account } = open
      return { batch, ledger: account.entry(), inputEnded: account.inputEnded, end: undefined, itemsKept: true }
    }
    const { reader } = this.#parts
    const stored = reader.batch(id)
    if (stored === undefined) return undefined
    const { batch } = stored
    const end = reader.end(id)
    if (end === undefined) return undefined
    const { summary, givenUp, at, ledger, itemsKept } = end
    return { batch, ledger, inputEnded: true, end: { summary, givenUp, at }, itemsKept }
  }
}
