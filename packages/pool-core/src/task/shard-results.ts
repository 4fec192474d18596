import { ForkpoolError } from '../base/index.ts'
import type { Clock } from '../base/index.ts'
import { ITEM_BYTES_MAX, ItemBlockBuilder, sliceBlock, toWireError, wireErrorBytes } from '../protocol/index.ts'
import type { ItemBlock, ShardFailure } from '../protocol/index.ts'
import { movedFrom } from './move.ts'
import { deniedByNode } from './denied.ts'
import { borrowNumbers, giveNumbersBack } from './number-buffers.ts'

/** Outcomes of one shard take so many bytes and at most one more outcome; then the shard yields. */
const RESULT_BYTES_ENOUGH = 1024 * 1024

/** What a failure takes beside its error: its position and the names of the fields. */
const FAILURE_ENVELOPE_BYTES = 32

/** Errors for which another run cannot help. */
const FUTILE: ReadonlySet<string> = new Set(['BAD_ARGUMENT', 'NOT_ALLOWED', 'NOT_SERIALISABLE', 'TASK_UNKNOWN'])

/**
 * The outcomes of one shard's tasks, encoded as they come: a task may return the same object each time, changed. Numbers go straight
 * into the block that is sent as long as nothing else comes.
 */
export class ShardResults {
  /** Results as long as all are numbers; unused once there is a builder. Written by this class, and by who then sets `filled`. */
  readonly numbers: Float64Array<ArrayBuffer>
  #filled = 0
  #builder: ItemBlockBuilder | undefined
  readonly #failures: ShardFailure[] = []
  #failureBytes = 0
  /** The last result in the builder is not reported. */
  #lastLeftOut = false
  readonly #reply: 'auto' | 'json'
  readonly #clock: Clock
  readonly #attaches: boolean
  /** Whether the reply is large enough: no further task should run for it. Never before the first outcome. */
  full = false
  /** Time spent in encoding, milliseconds; that of numbers is too little to measure. */
  encodeMs = 0

  constructor(count: number, reply: 'auto' | 'json', clock: Clock, attaches = false) {
    this.#attaches = attaches
    this.numbers = borrowNumbers(reply === 'auto' ? Math.min(count, RESULT_BYTES_ENOUGH / 8) : 0)
    this.#reply = reply
    this.#clock = clock
    if (reply === 'json') this.#builder = new ItemBlockBuilder('json')
  }

  /** How many of `numbers` are results. */
  get filled(): number {
    return this.#filled
  }

  /** After results were written to `numbers`, `numbersLeft` at most. */
  set filled(count: number) {
    this.#filled = count
    if (count === this.numbers.length) this.full = true
  }

  /** How many results can still be written to `numbers`; 0 once something else has come. */
  get numbersLeft(): number {
    return this.#builder === undefined ? this.numbers.length - this.#filled : 0
  }

  /** Of tasks in order. */
  get failures(): readonly ShardFailure[] {
    return this.#failures
  }

  /**
   * Adds the result of task `at`, which may be anything but a thenable. A result that cannot be sent becomes the task's failure. False:
   * the result does not fit one frame with those before it, so that the task must run again, as the first of a shard; only for results
   * of several megabytes.
   */
  add(at: number, value: unknown): boolean {
    if (this.#builder === undefined && typeof value === 'number') {
      this.numbers[this.#filled++] = value
      if (this.#filled === this.numbers.length) this.full = true
      return true
    }
    const startedAt = this.#clock.now()
    try {
      this.#builder ??= this.#switchToBuilder()
      this.#builder.add(value, this.#attaches ? movedFrom(value) : undefined)
      this.#weigh()
    } catch (thrown) {
      this.fail(at, isGenerator(value) ? generatorError() : thrown, false)
    }
    this.encodeMs += this.#clock.now() - startedAt
    return !this.#lastLeftOut
  }

  /** Task `at` threw, or its arguments cannot be used (`mayRetry` false). */
  fail(at: number, thrown: unknown, mayRetry = true): void {
    const reason = deniedByNode(thrown) ?? thrown
    const retryable = mayRetry && !(reason instanceof ForkpoolError && FUTILE.has(reason.code))
    const error = toWireError(reason)
    this.#failures.push({ at, error, retryable })
    this.#failureBytes += FAILURE_ENVELOPE_BYTES + wireErrorBytes(error)
    if (this.#failureBytes >= RESULT_BYTES_ENOUGH) this.full = true
  }

  /** The results in order, without those of failed tasks. Numbers may be in a buffer that is to be given back. */
  finish(): ItemBlock {
    if (this.#builder === undefined) {
      const { buffer, byteOffset } = this.numbers
      return { count: this.#filled, codec: 'f64', bytes: new Uint8Array(buffer, byteOffset, this.#filled * 8) }
    }
    giveNumbersBack(this.numbers.buffer)
    const startedAt = this.#clock.now()
    const block = this.#builder.finish()
    this.encodeMs += this.#clock.now() - startedAt
    return this.#lastLeftOut ? sliceBlock(block, 0, block.count - 1) : block
  }

  /** After a result came: whether there is room for more. A builder takes nothing back, so what is too much is cut off at the end. */
  #weigh(): void {
    const { bytes, count } = this.#builder as ItemBlockBuilder
    if (bytes + this.#failureBytes < RESULT_BYTES_ENOUGH) return
    this.full = true
    this.#lastLeftOut = bytes + this.#failureBytes > ITEM_BYTES_MAX && count + this.#failures.length > 1
  }

  #switchToBuilder(): ItemBlockBuilder {
    const builder = new ItemBlockBuilder(this.#reply, 'result', this.#attaches)
    for (let i = 0; i < this.#filled; i++) builder.add(this.numbers[i])
    return builder
  }
}

function isGenerator(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { next, [Symbol.iterator]: own, [Symbol.asyncIterator]: async } = value as Partial<Generator & AsyncGenerator>
  return typeof next === 'function' && (typeof own === 'function' || typeof async === 'function')
}

function generatorError(): ForkpoolError {
  return new ForkpoolError('BAD_ARGUMENT', 'the task is a generator: call it with stream, which gives what it yields while it runs')
}
