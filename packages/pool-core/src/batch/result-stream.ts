import type { Cancel } from '../base/index.ts'
import { assert, ForkpoolError, RingBuffer } from '../base/index.ts'
import type { BatchSummary, ItemBlock, TaskFailure } from '../protocol/index.ts'
import { decodeItems } from '../protocol/index.ts'
import { fallbackAnswer } from './fallback.ts'
import { cancelled } from './gathered-results.ts'
import type { ResultSink, SinkBatch } from './result-sink.ts'
import { toTaskError } from './wire-errors.ts'

/** Results that lie next to each other, read one by one. Decoded when the first is read. */
interface Chunk {
  readonly from: number
  readonly count: number
  readonly block: ItemBlock
  /** Failed tasks of the chunk, by their place in it. */
  readonly failures: ReadonlyMap<number, () => ForkpoolError>
  /** To give back when the chunk has been read; 0 if that was done already. */
  creditBytes: number
  readonly heldBytes: number
  values: unknown[] | undefined
  position: number
  valueAt: number
}

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void
  readonly reject: (error: unknown) => void
  stopTimer: Cancel | undefined
}

/** Limits a read that has to wait: takes what gives it up, and returns what calls that off. */
export type ReadLimit = (giveUp: (timeoutMs: number) => void) => Cancel

/** How the iteration will end, once everything that can be read has been. */
type Ending = { readonly kind: 'done' } | { readonly kind: 'error'; readonly error: unknown }

export interface StreamingOptions {
  readonly task: string
  /** In the order of the input, and not as they come. */
  readonly ordered: boolean
  readonly settle: boolean
  readonly failFast: boolean
  readonly bufferSize: number
  /** `undefined`: none. */
  readonly fallback: unknown
}

const NO_FAILURES: ReadonlyMap<number, () => ForkpoolError> = new Map()
const NO_ITEMS: ItemBlock = { count: 0, codec: 'f64', bytes: new Uint8Array(0) }

/** Results that wait for an earlier one take no more than this before the input pauses, however few items they are. */
const HELD_BYTES_MAX = 64 * 1024 * 1024

/** The input goes on when so large a part of the buffer is free: one message for many items. */
const REFILL_SHARE = 4

/**
 * The results of `imap` and `imapUnordered`, between the coordinator and a reader that takes them one by one.
 *
 * Memory is bounded three times: the coordinator sends at most a result window that has not been read; at most `bufferSize` items are
 * handed out and not read back; and the input pauses while much is held. In order, results that came ahead of an earlier one are given
 * credit at once: were they to hold the window, the one that is missing could never come.
 */
export class ResultStream implements ResultSink {
  readonly #options: StreamingOptions
  #batch: SinkBatch | undefined
  /** Can be read now, in this order. */
  readonly #ready = new RingBuffer<Chunk>()
  /** Came ahead of an earlier result, by their first index; only when ordered. */
  readonly #early = new Map<number, Chunk>()
  /** Index of the next result that can become ready; only when ordered. */
  #nextFrom = 0
  /** Reads that wait. Invariant: empty while `#ready` is not. */
  readonly #waiters = new RingBuffer<Waiter>()
  /** Handed out and not read back. */
  #outstanding = 0
  #heldBytes = 0
  /** What the input iterable threw: the ending, once the results of the items before it are in. */
  #threw: Ending | undefined
  /** No further result comes. */
  #ending: Ending | undefined

  constructor(options: StreamingOptions) {
    this.#options = options
  }

  /** Before the first call of any other method. */
  attach(batch: SinkBatch): void {
    this.#batch = batch
  }

  /** The next result. Rejects for a task that failed, or when the limit gives up; the one after it can be asked for all the same. */
  read(limit?: ReadLimit): Promise<IteratorResult<unknown, undefined>> {
    try {
      const chunk = this.#ready.peek()
      if (chunk !== undefined) return Promise.resolve(this.#take(chunk))
      if (this.#ending !== undefined) return Promise.resolve(this.#end())
    } catch (error) {
      return Promise.reject(error)
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, stopTimer: undefined }
      this.#waiters.push(waiter)
      waiter.stopTimer = limit?.((timeoutMs) => this.#giveUp(waiter, timeoutMs))
    })
  }

  /** The reader wants no more: cancels what has not ended. */
  leave(): void {
    if (this.#ending === undefined) this.#batch?.cancel()
    this.#ready.clear()
    this.#ending = { kind: 'done' }
    this.#finish(this.#ending)
  }

  room(): number {
    return this.#heldBytes >= HELD_BYTES_MAX ? 0 : this.#options.bufferSize - this.#outstanding
  }

  handedOut(count: number): void {
    this.#outstanding += count
  }

  results(from: number, count: number, block: ItemBlock, failures: readonly TaskFailure[] | undefined, bytes: number): void {
    const { task, failFast } = this.#options
    const toError = (failure: TaskFailure): ForkpoolError => toTaskError(failure, task, from + failure.at)
    const first = failFast && failures !== undefined ? firstOf(failures) : undefined
    if (first !== undefined) {
      // What came before the failure can still be read; it lies at the front of the block.
      if (first.at > 0) this.#arrive(from, first.at, block, NO_FAILURES, bytes)
      this.#failNow(toError(first))
      return
    }
    const isSound = failures === undefined || failures.length === 0
    this.#arrive(
      from,
      count,
      block,
      isSound ? NO_FAILURES : new Map(failures.map((failure) => [failure.at, () => toError(failure)])),
      bytes,
    )
  }

  unsendable(index: number, error: ForkpoolError): void {
    if (this.#options.failFast) this.#failNow(error)
    else this.#arrive(index, 1, NO_ITEMS, new Map([[0, () => error]]), 0)
  }

  ended(summary: BatchSummary | undefined): void {
    const isCancelled = summary !== undefined && summary.cancelled > 0
    this.#finish(this.#threw ?? (isCancelled ? { kind: 'error', error: cancelled(summary) } : { kind: 'done' }))
  }

  /** What can be read is read first. */
  failed(error: ForkpoolError): void {
    this.#finish({ kind: 'error', error })
  }

  aborted(reason: unknown): void {
    this.#ready.clear()
    this.#finish({ kind: 'error', error: reason })
  }

  /** Results of the items before it are delivered, then the error. Source: `_guarded_task_generation`, `multiprocessing.pool`. */
  threw(error: unknown): boolean {
    this.#threw = { kind: 'error', error }
    return true
  }

  #arrive(from: number, count: number, block: ItemBlock, failures: Chunk['failures'], bytes: number): void {
    if (this.#ending !== undefined) return
    const chunk: Chunk = { from, count, block, failures, creditBytes: bytes, heldBytes: bytes, values: undefined, position: 0, valueAt: 0 }
    this.#heldBytes += chunk.heldBytes
    if (!this.#options.ordered) {
      this.#ready.push(chunk)
    } else if (chunk.from !== this.#nextFrom) {
      this.#early.set(chunk.from, chunk)
      this.#giveBack(chunk)
      return
    } else {
      for (let next: Chunk | undefined = chunk; next !== undefined; next = this.#early.get(this.#nextFrom)) {
        this.#early.delete(next.from)
        this.#nextFrom += next.count
        this.#ready.push(next)
      }
    }
    for (let ready = this.#ready.peek(); ready !== undefined && this.#waiters.length > 0; ready = this.#ready.peek()) {
      const first = ready
      this.#answer(() => this.#take(first))
    }
  }

  /** The read waits no longer; what it would have got is for the next one. */
  #giveUp(waiter: Waiter, timeoutMs: number): void {
    const others = [...this.#waiters].filter((other) => other !== waiter)
    this.#waiters.clear()
    for (const other of others) this.#waiters.push(other)
    waiter.reject(new ForkpoolError('TIMED_OUT', `there was no result within ${timeoutMs} ms`))
  }

  /** Settles the read that waits longest. */
  #answer(result: () => IteratorResult<unknown, undefined>): void {
    const waiter = this.#waiters.shift()
    waiter?.stopTimer?.()
    try {
      waiter?.resolve(result())
    } catch (error) {
      waiter?.reject(error)
    }
  }

  /** Takes one result from the first chunk. Throws what the task threw. */
  #take(chunk: Chunk): IteratorResult<unknown, undefined> {
    try {
      chunk.values ??= decodeItems(chunk.block)
    } catch (error) {
      // The coordinator broke its promise; nothing behind this can be placed.
      this.#ready.clear()
      this.#failNow(error)
      return this.#end()
    }
    const failure = chunk.failures.get(chunk.position)
    const index = chunk.from + chunk.position
    const value = failure === undefined ? chunk.values[chunk.valueAt] : undefined
    if (failure === undefined) chunk.values[chunk.valueAt++] = undefined
    this.#readOne(chunk)
    const { settle, fallback } = this.#options
    if (failure === undefined) return { value: settle ? { status: 'fulfilled', value } : value, done: false }
    if (!settle) return { value: this.#answerFor(failure(), index, fallback), done: false }
    try {
      return { value: { status: 'fulfilled', value: this.#answerFor(failure(), index, fallback) }, done: false }
    } catch (reason) {
      return { value: { status: 'rejected', reason }, done: false }
    }
  }

  /** What stands for the result of a task that failed. Throws its error where there is no fallback. */
  #answerFor(error: ForkpoolError, index: number, fallback: unknown): unknown {
    if (fallback === undefined) throw error
    return fallbackAnswer(fallback, error, index)
  }

  #readOne(chunk: Chunk): void {
    chunk.position++
    this.#outstanding--
    if (chunk.position === chunk.count) {
      this.#ready.shift()
      this.#heldBytes -= chunk.heldBytes
      this.#giveBack(chunk)
    }
    assert(this.#outstanding >= 0, 'no more results are read than items were handed out')
    if (this.#ending === undefined && this.room() * REFILL_SHARE >= this.#options.bufferSize) this.#batch?.resume()
  }

  #giveBack(chunk: Chunk): void {
    if (chunk.creditBytes > 0) this.#batch?.consumed(chunk.creditBytes)
    chunk.creditBytes = 0
  }

  /** The batch is cancelled; what can be read may still be. */
  #failNow(error: unknown): void {
    this.#batch?.cancel()
    this.#finish({ kind: 'error', error })
  }

  #finish(ending: Ending): void {
    this.#ending ??= ending
    this.#early.clear()
    while (this.#waiters.length > 0) this.#answer(() => this.#end())
  }

  /** The end of the iteration. An error is thrown once; after it the iteration is over. */
  #end(): IteratorResult<unknown, undefined> {
    const ending = this.#ending
    this.#ending = { kind: 'done' }
    if (ending?.kind === 'error') throw ending.error
    return { value: undefined, done: true }
  }
}

function firstOf(failures: readonly TaskFailure[]): TaskFailure | undefined {
  return failures.reduce<TaskFailure | undefined>((least, each) => (least === undefined || each.at < least.at ? each : least), undefined)
}
