import type { Deferred } from '@forkpool/pool-core/base'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { BatchAccount } from '../batch-account.ts'
import type { BatchRecord } from '../engine.ts'
import type { ItemsBehind } from './items-behind.ts'

/** A block of nothing, where only the place of a range counts. */
export const NO_ITEMS: ItemBlock = { count: 0, codec: 'f64', bytes: new Uint8Array(0) }

/** Most batches are one block; four million numbers are 64. */
const ITEM_KEYS_MAX = 64

/** What the embedded engine holds in memory of an open batch: its account, not its bytes. */
export class OpenEntry {
  readonly batch: BatchRecord
  readonly account: BatchAccount
  /** Items that are not written yet; undefined: they are written as they come. */
  readonly behind: ItemsBehind | undefined
  /** Writes its record, which waits for its first result; undefined: that is done. */
  writeOpen: (() => void) | undefined
  /** Resolves when its `open` has settled; undefined: it has. */
  opening: Deferred<void> | undefined
  /** Its end is in a commit, or was; or its beginning is in none. */
  isOver = false
  /** The end of its input is on the disk. Of batches that are written behind. */
  isInputEndKept = false
  /** What it takes on the disk, about, or would; `itemBytes` of it for items that are there. */
  bytes = 0
  itemBytes = 0
  hasAttempts = false
  /** Where its items are, as long as they are few: the store tells it of many. */
  #itemKeys: Uint8Array[] | undefined = []

  constructor(batch: BatchRecord, account: BatchAccount, behind?: ItemsBehind) {
    this.batch = batch
    this.account = account
    this.behind = behind
  }

  /** The end of its input is yet to be written. */
  get isEndBehind(): boolean {
    return this.behind !== undefined && this.account.inputEnded && !this.isInputEndKept
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
