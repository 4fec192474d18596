import type { Clock } from '../base/index.ts'
import { ForkpoolError } from '../base/index.ts'
import { Future } from '../future/index.ts'
import type { BatchSummary, ResultsMessage } from '../protocol/index.ts'
import { BLOCK_BYTES, decodeItems, ItemBlockBuilder } from '../protocol/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from './batch-carrier.ts'
import { BLOCK_ITEMS } from './item-source.ts'
import { toTaskError } from './wire-errors.ts'

/**
 * Single calls of one task that travel as one batch. Each has its own future and its own outcome. One that is cancelled before a worker has it
 * never runs; the result of one that is cancelled later is dropped. When all are cancelled, so is the batch, with what runs of it.
 */
export class GatheredCalls implements BatchOwner {
  readonly #carrier: BatchCarrier
  readonly #clock: Clock
  readonly #submission: BatchSubmission
  readonly #builder = new ItemBlockBuilder('auto', 'arguments')
  readonly #futures: Future<unknown>[] = []
  /** Indexes of those that were cancelled: the carrier looks here before it hands a task out. */
  readonly #skip = new Set<number>()
  /** Calls whose outcome somebody waits for. */
  #wanted = 0
  /** The carrier's number for it, once submitted. */
  #batch: number | undefined

  /** @param submission of all of them: the task, and whether items are lists of arguments. */
  constructor(carrier: BatchCarrier, clock: Clock, submission: BatchSubmission) {
    this.#carrier = carrier
    this.#clock = clock
    this.#submission = submission
  }

  get isFull(): boolean {
    return this.#builder.bytes >= BLOCK_BYTES || this.#builder.count >= BLOCK_ITEMS
  }

  /** Whether a call of this kind can join. */
  takes(task: string, spread: boolean): boolean {
    return !this.isFull && this.#submission.task === task && (this.#submission.spread ?? false) === spread
  }

  /** Never throws: what is wrong, the future says. */
  add(args: readonly unknown[]): Future<unknown> {
    const index = this.#futures.length
    const future = new Future<unknown>({ clock: this.#clock, onCancel: () => this.#cancelled(future, index) })
    try {
      this.#builder.add(this.#submission.spread === true ? args : args[0])
    } catch (error) {
      future.setException(error)
      return future
    }
    this.#futures.push(future)
    this.#wanted++
    return future
  }

  /** Sends them, once. */
  send(): void {
    if (this.#wanted === 0) return
    const items = this.#builder.finish()
    this.#batch = this.#carrier.submit(this, { ...this.#submission, total: items.count, items, end: true, skip: this.#skip })
  }

  accepted(): void {
    // Nobody asked to be told.
  }

  room(): void {
    // All of it is sent already.
  }

  results({ from, count, values, failures = [] }: ResultsMessage): void {
    const results = decodeItems(values)
    let failed = 0
    for (let at = 0; at < count; at++) {
      const future = this.#futures[from + at]
      const failure = failures[failed]?.at === at ? failures[failed] : undefined
      if (failure !== undefined) failed++
      if (future === undefined || future.done()) continue
      this.#wanted--
      if (failure === undefined) future.setResult(results[at - failed])
      else future.setException(toTaskError(failure, this.#submission.task, 0))
    }
  }

  ended(_summary: BatchSummary): void {
    for (const future of this.#futures) if (!future.done()) future.cancel()
  }

  failed(error: ForkpoolError): void {
    for (const future of this.#futures) {
      // One error object for each: a caller may add to its own.
      if (!future.done()) future.setException(new ForkpoolError(error.code, error.message, { cause: error.cause }))
    }
  }

  #cancelled(future: Future<unknown>, index: number): void {
    this.#skip.add(index)
    this.#wanted--
    if (this.#wanted === 0 && this.#batch !== undefined) this.#carrier.cancel(this.#batch)
    future.setRunningOrNotifyCancel()
  }
}
