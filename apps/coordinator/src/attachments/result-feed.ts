import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { Engine, RecordedRange } from '../engine/engine.ts'
import type { ResultsQuery, ResultsSource } from '../results-source.ts'
import { partOfRange } from './part-of-range.ts'
import { RecordSignals } from './record-signals.ts'

export interface ResultFeedParts {
  readonly engine: Pick<Engine, 'batch' | 'results'>
  /** Whether a batch is open: more of it may be recorded. */
  readonly isOpen: (id: BatchId) => boolean
}

/** Results for those who look on: they take nothing over, and the batch does not wait for them. */
export class ResultFeed implements ResultsSource {
  readonly #parts: ResultFeedParts
  readonly #signals = new RecordSignals()

  constructor(parts: ResultFeedParts) {
    this.#parts = parts
  }

  /** Batches that somebody follows. */
  get followed(): number {
    return this.#signals.size
  }

  /** Something of the batch is recorded, or it is over. */
  recorded(id: BatchId): void {
    this.#signals.recorded(id)
  }

  async read(query: ResultsQuery): Promise<AsyncIterable<RecordedRange | undefined>> {
    const { engine } = this.#parts
    const id = query.id as BatchId
    const stored = await engine.batch(id)
    // Of somebody else's batch not even its existence is told.
    if (stored === undefined || (query.owner !== undefined && stored.batch.owner !== query.owner))
      throw new ForkpoolError('BATCH_UNKNOWN', `no batch ${query.id.slice(0, 100)} is kept; \`forkpool batches\` lists them`)
    // Whether its results are there at all is better said now than in the middle.
    for await (const range of engine.results(id, query.from)) if (range.count > 0) break
    return query.follow ? this.#follow(id, query) : part(engine.results(id, query.from), query.from, query.limit)
  }

  async *#follow(id: BatchId, { from, limit, signal }: ResultsQuery): AsyncGenerator<RecordedRange | undefined, void, undefined> {
    const { engine, isOpen } = this.#parts
    using more = this.#signals.follow(id)
    const stop = (): void => more.wake()
    signal.addEventListener('abort', stop)
    try {
      let next = from
      let left = limit
      while (!signal.aborted) {
        more.arm()
        const wasOpen = isOpen(id)
        for await (const range of part(engine.results(id, next), next, left)) {
          // A gap may still be filled.
          if (wasOpen && range.from > next) break
          yield range
          next = range.from + range.count
          left -= range.count
        }
        if (!wasOpen || left === 0) return
        yield undefined
        if (!signal.aborted) await more.changed
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
}

/** Of recorded ranges the tasks from `from` on, `limit` at most. */
async function* part(ranges: AsyncIterable<RecordedRange>, from: number, limit: number): AsyncGenerator<RecordedRange, void, undefined> {
  let left = limit
  for await (const range of ranges) {
    const first = Math.max(range.from, from)
    const to = Math.min(range.from + range.count, first + left)
    yield partOfRange(range, first, to)
    left -= to - first
    if (left === 0) return
  }
}
