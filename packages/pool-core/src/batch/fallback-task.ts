import type { Clock, ForkpoolError, Instant } from '../base/index.ts'
import type { AcceptedMessage, BatchSummary, ItemBlock, ResultsMessage, TaskFailure } from '../protocol/index.ts'
import { resultBytes, sliceBlock } from '../protocol/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission } from './batch-carrier.ts'
import { FallenBack } from './fallen-back.ts'
import { KeptItems } from './kept-items.ts'
import type { TaskTold } from './task-told.ts'

/** A carrier as this one, here or elsewhere, for one batch: another task is called for those of its tasks that have failed for good. */
export function withFallbackTask(carrier: BatchCarrier, clock: Clock, task: string): BatchCarrier {
  let batch: FallbackTask | undefined
  return {
    limits: carrier.limits,
    isRemote: carrier.isRemote,
    attaches: carrier.attaches,
    submit(owner, submission) {
      batch = new FallbackTask({ carrier, clock, task, owner, submission })
      return batch.start()
    },
    items: (_number, items, end) => batch?.items(items, end),
    end: (number) => carrier.end(number),
    cancel: () => batch?.cancel(),
    consumed: (_number, bytes) => batch?.consumed(bytes),
  }
}

interface FallbackTaskParts {
  readonly carrier: BatchCarrier
  readonly clock: Clock
  readonly task: string
  readonly owner: BatchOwner
  readonly submission: BatchSubmission
}

/**
 * Carries one batch, and calls another task with the arguments of those of its tasks that have failed for good. What that task gives is their
 * result; where it fails too, its failure is, with the first one behind it. To the batch's owner they are tasks that take longer.
 *
 * Items are kept until their tasks have settled. What falls back travels in batches of its own, those of one message of results together.
 */
class FallbackTask implements BatchOwner {
  readonly #carrier: BatchCarrier
  readonly #clock: Clock
  readonly #startedAt: Instant
  readonly #task: string
  readonly #owner: BatchOwner
  readonly #submission: BatchSubmission
  readonly #kept = new KeptItems()
  /** The carrier's numbers of the batches of what fell back that are open. */
  readonly #open = new Set<number>()
  #batch = 0
  #summary: BatchSummary | undefined
  /** Tasks that had failed and have a result now. */
  #cured = 0
  /** Bytes that the owner will give back as read and that are not of the batch itself. */
  #foreignBytes = 0
  #isOver = false

  constructor({ carrier, clock, task, owner, submission }: FallbackTaskParts) {
    this.#carrier = carrier
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#task = task
    this.#owner = owner
    this.#submission = submission
    if (submission.items !== undefined) this.#kept.add(submission.items)
  }

  start(): number {
    this.#batch = this.#carrier.submit(this, this.#submission)
    return this.#batch
  }

  items(items: ItemBlock, end: boolean): void {
    this.#kept.add(items)
    this.#carrier.items(this.#batch, items, end)
  }

  cancel(): void {
    if (this.#summary === undefined) this.#carrier.cancel(this.#batch)
    this.#leave()
  }

  consumed(bytes: number): void {
    const foreign = Math.min(bytes, this.#foreignBytes)
    this.#foreignBytes -= foreign
    if (bytes > foreign) this.#carrier.consumed(this.#batch, bytes - foreign)
  }

  accepted(message: AcceptedMessage): void {
    this.#owner.accepted(message)
  }

  room(bytes: number): void {
    this.#owner.room(bytes)
  }

  told(told: TaskTold): boolean {
    return this.#owner.told?.(told) ?? false
  }

  results(message: ResultsMessage): void {
    if (this.#isOver) return
    const { from, count, failures = [], done } = message
    if (failures.length === 0) {
      this.#kept.settled(from, count)
      const isLast = done !== undefined && this.#open.size === 0
      this.#owner.results({ ...message, done: isLast ? this.#account(done) : undefined })
      return
    }
    const items = this.#kept.select(failures.map(({ at }) => from + at))
    this.#kept.settled(from, count)
    this.#giveSucceeded(message, failures)
    this.#fallBack(from, failures, items)
  }

  ended(summary: BatchSummary): void {
    this.#summary = summary
    this.#endIfDone()
  }

  failed(error: ForkpoolError): void {
    this.#leave()
    this.#owner.failed(error)
  }

  #fallBack(from: number, failures: readonly TaskFailure[], items: ItemBlock): void {
    let number = 0
    const batch = new FallenBack(from, failures, {
      settled: (index, values, failure, isLast) => this.#settled(index, values, failure, isLast),
      read: (bytes) => this.#carrier.consumed(number, bytes),
      told: (told) => this.told(told),
      closed: () => {
        this.#open.delete(number)
        this.#endIfDone()
      },
    })
    const { pool, poolSize, priority, spread, timeoutMs, parent, stores } = this.#submission
    const own = { pool, poolSize, priority, spread, timeoutMs, parent, stores, deadlineMs: this.#timeLeft() }
    const request = { ...own, task: this.#task, follows: true, total: items.count, items, end: true }
    // Open before it is taken: a carrier that refuses it says so at once, and the end of this one must wait for that.
    this.#open.add(number)
    number = this.#carrier.submit(batch, request)
    if (this.#open.delete(0)) this.#open.add(number)
  }

  /** The deadline is that of the whole call. */
  #timeLeft(): number | undefined {
    const { deadlineMs } = this.#submission
    return deadlineMs === undefined ? undefined : Math.max(1, deadlineMs - (this.#clock.now() - this.#startedAt))
  }

  /** What became of a task that fell back. */
  #settled(index: number, values: ItemBlock, failure: TaskFailure | undefined, isLast: boolean): void {
    if (this.#isOver) return
    if (failure === undefined) this.#cured++
    const failures = failure === undefined ? undefined : [failure]
    const summary = isLast && this.#open.size === 1 ? this.#summary : undefined
    const done = summary === undefined ? undefined : this.#account(summary)
    this.#foreignBytes += resultBytes({ values, failures })
    this.#owner.results({ kind: 'results', batch: this.#batch, from: index, count: 1, values, failures, done })
  }

  /** Passes on what succeeded of a message; what is left out of it counts as read. */
  #giveSucceeded({ batch, from, count, values }: ResultsMessage, failures: readonly TaskFailure[]): void {
    let givenBytes = 0
    let start = 0
    let valuesBefore = 0
    for (const end of [...failures.map(({ at }) => at), count]) {
      const length = end - start
      if (length > 0) {
        const part = sliceBlock(values, valuesBefore, length)
        givenBytes += resultBytes({ values: part })
        valuesBefore += length
        this.#owner.results({ kind: 'results', batch, from: from + start, count: length, values: part })
      }
      start = end + 1
    }
    this.#carrier.consumed(batch, resultBytes({ values, failures }) - givenBytes)
  }

  #account(summary: BatchSummary): BatchSummary {
    const failed = summary.failed - this.#cured
    const outcome = summary.outcome === 'failed' && failed === 0 ? 'completed' : summary.outcome
    return { ...summary, outcome, completed: summary.completed + this.#cured, failed }
  }

  #endIfDone(): void {
    if (this.#summary === undefined || this.#open.size > 0 || this.#isOver) return
    this.#isOver = true
    this.#owner.ended(this.#account(this.#summary))
  }

  #leave(): void {
    this.#isOver = true
    for (const number of this.#open) this.#carrier.cancel(number)
    this.#open.clear()
  }
}
