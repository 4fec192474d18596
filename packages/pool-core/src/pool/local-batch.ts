import type { Instant } from '../base/index.ts'
import type { BatchOwner, BatchSubmission } from '../batch/index.ts'
import type { SettledRange } from '../dispatch/index.ts'
import { blockBytes, INPUT_WINDOW_BYTES, resultBytes, RESULT_WINDOW_BYTES } from '../protocol/index.ts'
import type { BatchSummary, ItemBlock } from '../protocol/index.ts'
import type { BatchId } from '../scheduler/index.ts'

interface HeldBlock {
  readonly items: ItemBlock
  readonly arrivedAt: Instant
}

/** An open batch of a local pool: its blocks, its owner, and its flow in both directions. */
export class LocalBatch {
  readonly number: number
  readonly id: BatchId
  readonly submission: BatchSubmission
  readonly openedAt: Instant
  /** Who hears of it; nobody, once it was cancelled. */
  owner: BatchOwner | undefined
  inputEnded: boolean
  /** Bytes of items that may still come. */
  #roomBytes = INPUT_WINDOW_BYTES
  /** Bytes of results that were handed out and not read. */
  #unreadBytes = 0
  #isPaused = false
  /** Blocks that have not settled, by their number in order of arrival; the first by itself, since most batches have no other. */
  #first: HeldBlock | undefined
  #others: Map<number, HeldBlock> | undefined
  #blocksSeen = 0

  constructor(number: number, submission: BatchSubmission, owner: BatchOwner, openedAt: Instant) {
    this.number = number
    this.id = String(number) as BatchId
    this.submission = submission
    this.owner = owner
    this.inputEnded = submission.end === true
    this.openedAt = openedAt
  }

  /** Keeps the next block until it is released. An empty one takes no number. */
  hold(items: ItemBlock, arrivedAt: Instant): void {
    this.#roomBytes -= blockBytes(items)
    if (items.count === 0) return
    const number = this.#blocksSeen++
    if (number === 0) this.#first = { items, arrivedAt }
    else (this.#others ??= new Map<number, HeldBlock>()).set(number, { items, arrivedAt })
  }

  block(number: number): HeldBlock | undefined {
    return number === 0 ? this.#first : this.#others?.get(number)
  }

  release(number: number): void {
    const block = this.block(number)
    if (block === undefined) return
    if (number === 0) this.#first = undefined
    else this.#others?.delete(number)
    this.#roomBytes += blockBytes(block.items)
    this.tellRoom()
  }

  /** Tells the owner how much more it may send. */
  tellRoom(): void {
    if (!this.inputEnded) this.owner?.room(this.#roomBytes)
  }

  /** Hands results out; the last message says that the batch has ended, where it has. */
  results(ranges: readonly SettledRange[], done: BatchSummary | undefined): void {
    const last = ranges.at(-1)
    for (const range of ranges) {
      const { from, count, values, failures } = range
      const end = range === last ? done : undefined
      const message = { kind: 'results', batch: this.number, from, count, values, failures, done: end } as const
      this.#unreadBytes += resultBytes(message)
      this.owner?.results(message)
    }
  }

  consumed(bytes: number): void {
    this.#unreadBytes -= bytes
  }

  /** Whether its reader has fallen too far behind, or has caught up: which of both; undefined where nothing has changed. */
  changeOfPause(): boolean | undefined {
    const isPaused = this.#unreadBytes > RESULT_WINDOW_BYTES
    if (isPaused === this.#isPaused) return undefined
    this.#isPaused = isPaused
    return isPaused
  }
}
