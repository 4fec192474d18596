import type { Clock } from '../base/index.ts'
import { after } from '../base/index.ts'
import { checkWhole } from './batch-options.ts'
import type { ResultStream } from './result-stream.ts'

/** A batch whose iterator nobody holds any more would hold its results for ever. */
const abandoned = new FinalizationRegistry<ResultStream>((stream) => stream.leave())

/**
 * What `imap` and `imapUnordered` return. `next` rejects for a task that failed, and may be called again: the iteration goes on, as in Python.
 * (`for await` stops at the first rejection and by the language's rules does not say so to the iterator; use `settle` to go on, or call
 * `return`.) Leaving a `for await` early cancels the batch.
 */
export class ResultIterator<Value> implements AsyncIterableIterator<Value, undefined, undefined>, AsyncDisposable {
  readonly #stream: ResultStream
  readonly #clock: Clock

  constructor(stream: ResultStream, clock: Clock) {
    this.#stream = stream
    this.#clock = clock
    abandoned.register(this, stream)
  }

  /**
   * The next result. Rejects with `TIMED_OUT` where there is none within `timeoutMs` milliseconds; then the result is still to come, and the
   * next call is for it. Source: `IMapIterator.next`, `multiprocessing.pool`.
   */
  next(timeoutMs?: number): Promise<IteratorResult<Value, undefined>> {
    const read = timeoutMs === undefined ? this.#stream.read() : this.#readWithin(timeoutMs)
    return read as Promise<IteratorResult<Value, undefined>>
  }

  /** Cancels what has not ended, and tells the input iterator. */
  return(): Promise<IteratorResult<Value, undefined>> {
    this.#stream.leave()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stream.leave()
    return Promise.resolve()
  }

  async #readWithin(timeoutMs: number): Promise<IteratorResult<unknown, undefined>> {
    checkWhole('timeoutMs', timeoutMs, 0, Number.MAX_SAFE_INTEGER)
    const clock = this.#clock
    return this.#stream.read((giveUp) => clock.schedule(after(clock.now(), timeoutMs), () => giveUp(timeoutMs)))
  }
}
