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

  constructor(stream: ResultStream) {
    this.#stream = stream
    abandoned.register(this, stream)
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    return this.#stream.read() as Promise<IteratorResult<Value, undefined>>
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
}
