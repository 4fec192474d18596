import type { Clock } from '@forkpool/pool-core/base'
import { GatheredResults, ResultIterator, ResultStream } from '@forkpool/pool-core/batch'
import type { AttachOptions } from './attached-run.ts'
import { AttachedRun } from './attached-run.ts'
import type { Connection } from './connection.ts'

export interface AttachedBatchParts {
  readonly connection: Connection
  readonly clock: Clock
  readonly id: string
}

type Settling<Options> = Options & { readonly settle: true }

/**
 * A batch that was submitted before: by this client, another one, or one that is no more. Its results can be read as often as one likes for as long as
 * the coordinator keeps them, and while it runs, as they come.
 *
 * A batch has one reader at a time: whoever read it before, its own caller too, hears `SUPERSEDED`. Who takes up a batch cannot go on with its input,
 * so what has come of it is all. Every call rejects with `BATCH_UNKNOWN` where there is no such batch, or it is another token's, and with `RESULTS_GONE`
 * where its results are not kept any more; tasks fail as in `map`. Whoever stops reading leaves the batch as it is: one that is not detached is cancelled
 * when nobody has come back for it (the coordinator's `--orphan-ms`).
 */
export class AttachedBatch<Result = unknown> implements AsyncIterable<Result> {
  readonly id: string
  readonly #parts: AttachedBatchParts

  constructor(parts: AttachedBatchParts) {
    this.#parts = parts
    this.id = parts.id
  }

  /** Resolves with all results in order when the batch has ended, as `map` does; with `settle`, with all outcomes. */
  results(options: Settling<AttachOptions<Result>>): Promise<PromiseSettledResult<Result>[]>
  results(options?: AttachOptions<Result>): Promise<Result[]>
  results(options: AttachOptions = {}): Promise<never[]> {
    const { settle = false, fallback } = options
    const results = new GatheredResults({
      // Known only when the coordinator has answered.
      get task() {
        return run.task
      },
      settle,
      failFast: false,
      fallback,
    })
    const run = new AttachedRun({ ...this.#parts, options }, results)
    results.attach(run, undefined)
    run.start()
    return results.promise as Promise<never[]>
  }

  /** Yields the results in order, those that are recorded at once, as `imap` does. Leaving early leaves the batch alone. */
  stream(options: Settling<AttachOptions<Result>>): ResultIterator<PromiseSettledResult<Result>>
  stream(options?: AttachOptions<Result>): ResultIterator<Result>
  stream(options: AttachOptions = {}): ResultIterator<never> {
    const { clock } = this.#parts
    const { settle = false, fallback } = options
    const stream = new ResultStream({
      get task() {
        return run.task
      },
      settle,
      failFast: false,
      fallback,
      ordered: true,
      // There is no input to be read ahead.
      bufferSize: Infinity,
    })
    const run = new AttachedRun({ ...this.#parts, options }, stream)
    stream.attach(run)
    run.start()
    return new ResultIterator(stream, clock)
  }

  [Symbol.asyncIterator](): ResultIterator<Result> {
    return this.stream()
  }
}
