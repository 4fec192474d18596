import type { Clock } from '../base/index.ts'
import { ForkpoolError } from '../base/index.ts'
import { Future } from '../future/index.ts'
import type { FutureOptions } from '../future/index.ts'
import type { BatchSummary, ResultsMessage } from '../protocol/index.ts'
import { BLOCK_BYTES, decodeItems, ItemBlockBuilder } from '../protocol/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from './batch-carrier.ts'
import { BLOCK_ITEMS } from './item-source.ts'
import type { TaskTold } from './task-told.ts'
import { toTaskError } from './wire-errors.ts'

/**
 * Single calls of one task that travel as one batch. Each has its own future and its own outcome. One that is cancelled before a worker has it
 * never runs; one that runs is told by its signal where the carrier can tell it from the others, and its result is dropped in any case.
 * When all are cancelled, so is the batch, with what runs of it.
 */
export class GatheredCalls implements BatchOwner {
  readonly #carrier: BatchCarrier
  /** One object for all futures, and no closure for each: what lives as long as a call is in flight is copied by the garbage collector. */
  readonly #futureOptions: FutureOptions
  readonly #submission: BatchSubmission
  readonly #builder: ItemBlockBuilder
  readonly #futures: Future<unknown>[] = []
  /** Made when the first is cancelled: most batches have none. */
  #indexes: Map<Future<unknown>, number> | undefined
  /** Indexes of those that were cancelled: the carrier looks here before it hands a task out. */
  readonly #skip = new Set<number>()
  /** Calls whose outcome somebody waits for. */
  #wanted = 0
  /** The carrier's number for it, once submitted. */
  #batch: number | undefined

  /** @param submission of all of them: the task, and whether items are lists of arguments. */
  constructor(carrier: BatchCarrier, clock: Clock, submission: BatchSubmission) {
    this.#carrier = carrier
    this.#futureOptions = { clock, onCancel: (future) => this.#cancelled(future) }
    this.#submission = submission
    this.#builder = new ItemBlockBuilder('auto', 'arguments', carrier.attaches)
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
    const future = new Future<unknown>(this.#futureOptions)
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

  told(told: TaskTold): boolean {
    if (told.kind === 'progress') this.#futures[told.index]?.setProgress(told.fraction)
    return false
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

  #cancelled(future: Future<unknown>): void {
    this.#indexes ??= new Map(this.#futures.map((each, at) => [each, at]))
    // One that joined after the first was cancelled is behind those of the map.
    const index = this.#indexes.get(future) ?? this.#futures.indexOf(future, this.#indexes.size)
    this.#skip.add(index)
    this.#wanted--
    if (this.#batch !== undefined) {
      if (this.#wanted === 0) this.#carrier.cancel(this.#batch)
      else this.#carrier.skip?.(this.#batch, index)
    }
    future.setRunningOrNotifyCancel()
  }
}
