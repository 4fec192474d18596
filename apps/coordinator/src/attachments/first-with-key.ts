import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchSummary } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { AttachedBatch, BatchSink } from '../batch-request.ts'
import type { RecordedRange } from '../engine/engine.ts'

/** What comes of a submission whose key nobody had when it was looked for. */
export interface FirstWithKeyEvents {
  /** It was the first, and is recorded. */
  accepted(): void
  /** Another came first: nothing of this one is recorded. */
  exists(error: ForkpoolError): void
  failed(error: unknown): void
}

/** The sink of a submission with a key, before the one of its client. */
export class FirstWithKey implements BatchSink {
  readonly #sink: BatchSink
  readonly #events: FirstWithKeyEvents

  constructor(sink: BatchSink, events: FirstWithKeyEvents) {
    this.#sink = sink
    this.#events = events
  }

  get reader(): BatchSink['reader'] {
    return this.#sink.reader
  }

  accepted(id: BatchId, pool: string, poolSize: number): void {
    this.#sink.accepted(id, pool, poolSize)
    this.#events.accepted()
  }

  attached(batch: AttachedBatch): void {
    this.#sink.attached(batch)
  }

  results(range: RecordedRange, summary: BatchSummary | undefined): void {
    this.#sink.results(range, summary)
  }

  credit(bytes: number): void {
    this.#sink.credit(bytes)
  }

  done(summary: BatchSummary): void {
    this.#sink.done(summary)
  }

  failed(error: unknown): void {
    if (error instanceof ForkpoolError && error.code === 'ALREADY_EXISTS') this.#events.exists(error)
    else this.#events.failed(error)
  }
}
