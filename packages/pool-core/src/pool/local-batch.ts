import type { Instant } from '../base/index.ts'
import type { BatchOwner, BatchSubmission } from '../batch/index.ts'
import type { ItemBlock } from '../protocol/index.ts'
import type { BatchId } from '../scheduler/index.ts'

/** An open batch of a local pool. */
export class LocalBatch {
  readonly number: number
  readonly id: BatchId
  readonly submission: BatchSubmission
  readonly openedAt: Instant
  /** Who hears of it; nobody, once it was cancelled. */
  owner: BatchOwner | undefined
  /** Bytes of items that may still come. */
  roomBytes: number
  inputEnded: boolean
  /** Bytes of results that were handed out and not read. */
  unreadBytes = 0
  paused = false
  /** Blocks that have not settled, by their number in order of arrival. */
  readonly #blocks = new Map<number, ItemBlock>()
  #blocksSeen = 0

  constructor(number: number, submission: BatchSubmission, owner: BatchOwner, roomBytes: number, openedAt: Instant) {
    this.number = number
    this.id = String(number) as BatchId
    this.submission = submission
    this.owner = owner
    this.roomBytes = roomBytes
    this.inputEnded = submission.end === true
    this.openedAt = openedAt
  }

  /** Keeps the next block until it is released. */
  hold(items: ItemBlock): void {
    this.#blocks.set(this.#blocksSeen++, items)
  }

  block(number: number): ItemBlock | undefined {
    return this.#blocks.get(number)
  }

  release(number: number): ItemBlock | undefined {
    const block = this.#blocks.get(number)
    this.#blocks.delete(number)
    return block
  }
}
