import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchAccount } from '../batch-account.ts'
import type { BatchRecord } from '../engine.ts'

/** A block of nothing, where only the place of a range counts. */
export const NO_ITEMS: ItemBlock = { count: 0, codec: 'f64', bytes: new Uint8Array(0) }

/** Most batches are one block; four million numbers are 64. */
const ITEM_KEYS_MAX = 64

/** What the embedded engine holds in memory of an open batch: its account, not its bytes. */
export class OpenEntry {
  readonly batch: BatchRecord
  readonly account: BatchAccount
  /** What it takes on the disk, about; `itemBytes` of it for items. */
  bytes = 0
  itemBytes = 0
  hasAttempts = false
  /** Where its items are, as long as they are few: the store tells it of many. */
  #itemKeys: Uint8Array[] | undefined = []

  constructor(batch: BatchRecord, account: BatchAccount) {
    this.batch = batch
    this.account = account
  }

  /** Keys of all item blocks; undefined: they are too many to be kept here. */
  get itemKeys(): readonly Uint8Array[] | undefined {
    return this.#itemKeys
  }

  keepItemKeys(keys: readonly Uint8Array[]): void {
    if (this.#itemKeys === undefined) return
    if (this.#itemKeys.length + keys.length > ITEM_KEYS_MAX) this.#itemKeys = undefined
    else this.#itemKeys.push(...keys)
  }
}
