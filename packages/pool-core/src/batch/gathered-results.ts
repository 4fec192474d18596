import { CancelledError, deferred } from '../base/index.ts'
import type { Deferred, ForkpoolError } from '../base/index.ts'
import type { BatchSummary, ItemBlock, TaskFailure } from '../protocol/index.ts'
import { decodeItems, decodeItemsInto } from '../protocol/index.ts'
import { fallbackAnswer } from './fallback.ts'
import type { ResultSink, SinkBatch } from './result-sink.ts'
import { toTaskError } from './wire-errors.ts'

/** V8 keeps a longer array, made at once, as a dictionary: many times slower and larger. Beyond this it grows item by item. */
const FAST_LENGTH_MAX = 32 * 1024 * 1024

export interface GatheringOptions {
  readonly task: string
  readonly settle: boolean
  readonly failFast: boolean
  /** `undefined`: none. */
  readonly fallback: unknown
}

/**
 * The results of `map`: one array, filled in place in whatever order they come. Costs no object and no promise per task, except for the
 * outcomes that `settle` asks for.
 */
export class GatheredResults implements ResultSink {
  readonly #options: GatheringOptions
  readonly #promise: Deferred<unknown[]> = deferred()
  /** Made with the first result, for its kind. Longer than what was handed out; `ended` cuts it. */
  #values: unknown[] | undefined
  #total: number | undefined
  #batch: SinkBatch | undefined
  #handedOut = 0
  /** The failure with the lowest index so far; its error is made when it is needed. */
  #first: { readonly index: number; readonly error: () => unknown } | undefined

  constructor(options: GatheringOptions) {
    this.#options = options
  }

  get promise(): Promise<unknown[]> {
    return this.#promise.promise
  }

  /** Before the first call of any other method. `total`: number of items, where it is known. */
  attach(batch: SinkBatch, total: number | undefined): void {
    this.#batch = batch
    this.#total = total
  }

  room(): number {
    return Infinity
  }

  handedOut(count: number): void {
    this.#handedOut += count
    if (this.#values !== undefined) lengthen(this.#values, this.#handedOut)
  }

  results(from: number, count: number, values: ItemBlock, failures: readonly TaskFailure[] | undefined, bytes: number): void {
    const isPlain = !this.#options.settle && (failures === undefined || failures.length === 0)
    const target = this.#reserve(isPlain && values.codec === 'f64')
    if (isPlain) decodeItemsInto(values, target, from)
    else this.#placeEach(target, from, count, decodeItems(values), failures ?? [])
    this.#batch?.consumed(bytes)
    if (this.#options.failFast && this.#first !== undefined) this.#failNow(this.#first.error())
  }

  unsendable(index: number, error: ForkpoolError): void {
    this.#placeFailure(this.#reserve(false), index, () => error)
    if (this.#options.failFast) this.#failNow(error)
  }

  ended(summary: BatchSummary | undefined): void {
    const values = this.#reserve(false)
    values.length = this.#handedOut
    if (this.#options.settle) settleTheRest(values)
    else if (this.#first !== undefined) this.#promise.reject(this.#first.error())
    else if (summary !== undefined && summary.cancelled > 0) this.#promise.reject(cancelled(summary))
    this.#promise.resolve(values)
  }

  failed(error: ForkpoolError): void {
    this.#promise.reject(error)
  }

  aborted(reason: unknown): void {
    this.#promise.reject(reason)
  }

  /** Python's `map` reads its whole input first, so nothing runs when that throws. Here something may have: it is cancelled. */
  threw(error: unknown): boolean {
    this.#promise.reject(error)
    return false
  }

  #reserve(isNumbers: boolean): unknown[] {
    if (this.#values !== undefined) return this.#values
    this.#values = makeArray(Math.max(this.#total ?? 0, this.#handedOut), isNumbers)
    return this.#values
  }

  #placeEach(target: unknown[], from: number, count: number, values: readonly unknown[], failures: readonly TaskFailure[]): void {
    const { settle, task } = this.#options
    const failed = new Map(failures.map((failure) => [failure.at, failure]))
    let at = 0
    for (let i = 0; i < count; i++) {
      const index = from + i
      const failure = failed.get(i)
      if (failure === undefined) {
        const value = values[at++]
        target[index] = settle ? { status: 'fulfilled', value } : value
      } else this.#placeFailure(target, index, () => toTaskError(failure, task, index))
    }
  }

  #placeFailure(target: unknown[], index: number, error: () => ForkpoolError): void {
    const { settle, fallback } = this.#options
    if (fallback === undefined) {
      if (settle) target[index] = { status: 'rejected', reason: error() }
      else this.#notice(index, error)
      return
    }
    try {
      const value = fallbackAnswer(fallback, error(), index)
      target[index] = settle ? { status: 'fulfilled', value } : value
    } catch (thrown) {
      if (settle) target[index] = { status: 'rejected', reason: thrown }
      else this.#notice(index, () => thrown)
    }
  }

  #notice(index: number, error: () => unknown): void {
    if (this.#first === undefined || index < this.#first.index) this.#first = { index, error }
  }

  #failNow(error: unknown): void {
    this.#batch?.cancel()
    this.#promise.reject(error)
  }
}

/** An array for results that come in any order. */
function makeArray(length: number, isNumbers: boolean): unknown[] {
  // V8 keeps numbers unboxed in an array that began with a fraction: half the time to fill a long one.
  const values: unknown[] = isNumbers ? [0.5] : []
  lengthen(values, length)
  return values
}

/** Makes room for `length` items, and for as many again if the array has to grow, so that growing costs no more than filling. */
function lengthen(values: unknown[], length: number): void {
  if (values.length >= length) return
  const roomy = values.length < 2 ? length : Math.max(length, 2 * values.length)
  if (roomy <= FAST_LENGTH_MAX) values.length = roomy
  else while (values.length < length) values.push(0)
}

/** Tasks that were cancelled from elsewhere have no outcome of their own. */
function settleTheRest(outcomes: unknown[]): void {
  for (let index = 0; index < outcomes.length; index++) outcomes[index] ??= { status: 'rejected', reason: new CancelledError() }
}

/** Some tasks of the batch were cancelled, by somebody else: the command line, the dashboard. */
export function cancelled(summary: BatchSummary): CancelledError {
  return new CancelledError(`the batch was cancelled: ${summary.cancelled} of its tasks did not run`)
}
