import type { ForkpoolError } from '../base/index.ts'
import type { BatchSummary, ItemBlock, ResultsMessage, TaskFailure } from '../protocol/index.ts'
import { resultBytes, sliceBlock, toWireError } from '../protocol/index.ts'
import type { BatchOwner } from './batch-carrier.ts'
import type { TaskTold } from './task-told.ts'

/** Of a result that is a failure there are no values. */
const NO_VALUES: ItemBlock = { count: 0, codec: 'f64', bytes: new Uint8Array(0) }

/** Who hears what tasks came to that fell back. */
export interface FallenBackEvents {
  /** One of them: a value, or a failure. `isLast`: no other of this batch will come. */
  readonly settled: (index: number, values: ItemBlock, failure: TaskFailure | undefined, isLast: boolean) => void
  /** Results of so many bytes have been handed on. */
  readonly read: (bytes: number) => void
  /** One of them says something of itself; its index is that of the batch in which it failed. */
  readonly told: (told: TaskTold) => boolean
  /** The batch is over. */
  readonly closed: () => void
}

/** A batch of tasks that have failed elsewhere and are tried by another task: the owner of that batch. */
export class FallenBack implements BatchOwner {
  /** Where they are in the batch in which they failed, in the order of this one. */
  readonly #indexes: readonly number[]
  readonly #events: FallenBackEvents
  /** What they have failed with, in the order of the batch; those that are settled now are taken out. */
  readonly #failures: (TaskFailure | undefined)[]
  #left: number

  /** @param failures by offset from `from`. */
  constructor(from: number, failures: readonly TaskFailure[], events: FallenBackEvents) {
    this.#indexes = failures.map(({ at }) => from + at)
    this.#events = events
    this.#failures = [...failures]
    this.#left = failures.length
  }

  accepted(): void {
    // It is part of a batch that was.
  }

  room(): void {
    // All of it is sent already.
  }

  told(told: TaskTold): boolean {
    return this.#events.told({ ...told, index: this.#indexes[told.index] ?? told.index })
  }

  results(message: ResultsMessage): void {
    const { from, count, values, failures = [] } = message
    let failed = 0
    for (let at = 0; at < count; at++) {
      const failure = failures[failed]?.at === at ? failures[failed] : undefined
      if (failure !== undefined) failed++
      this.#settle(from + at, failure === undefined ? sliceBlock(values, at - failed, 1) : NO_VALUES, failure)
    }
    this.#events.read(resultBytes(message))
  }

  ended(_summary: BatchSummary): void {
    this.#close()
  }

  /** The pool did not take it, or is gone: that is what they fail with now. */
  failed(error: ForkpoolError): void {
    const second: TaskFailure = { at: 0, attempts: 0, error: toWireError(error) }
    for (const [place, first] of this.#failures.entries()) if (first !== undefined) this.#settle(place, NO_VALUES, second)
    this.#close()
  }

  #settle(place: number, values: ItemBlock, failure: TaskFailure | undefined): void {
    const first = this.#failures[place]
    if (first === undefined) return
    this.#failures[place] = undefined
    this.#left--
    this.#events.settled(
      this.#indexes[place] as number,
      values,
      failure === undefined ? undefined : afterFirst(first, failure),
      this.#left === 0,
    )
  }

  #close(): void {
    for (const [place, first] of this.#failures.entries()) {
      if (first === undefined) continue
      this.#left--
      this.#events.settled(this.#indexes[place] as number, NO_VALUES, { ...first, at: 0 }, this.#left === 0)
    }
    this.#failures.length = 0
    this.#events.closed()
  }
}

/** The failure of the second task, with the first one behind it. */
function afterFirst(first: TaskFailure, second: TaskFailure): TaskFailure {
  const error = second.error.cause === undefined ? { ...second.error, cause: first.error } : second.error
  return { at: 0, attempts: first.attempts + second.attempts, error }
}
