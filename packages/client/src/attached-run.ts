import type { Clock, ForkpoolError, Instant } from '@forkpool/pool-core/base'
import type { BatchOwner, MapOptions, ResultSink, SinkBatch } from '@forkpool/pool-core/batch'
import { tell } from '@forkpool/pool-core/batch'
import type { AttachedMessage, BatchSummary, ResultsMessage } from '@forkpool/pool-core/protocol'
import { resultBytes } from '@forkpool/pool-core/protocol'
import type { Connection } from './connection.ts'

/** Options of reading a batch that was submitted before. */
export type AttachOptions<Result = unknown> = Pick<MapOptions<Result>, 'fallback' | 'onEnd' | 'onProgress' | 'settle' | 'signal'>

export interface AttachedRunParts {
  readonly connection: Connection
  readonly clock: Clock
  readonly id: string
  readonly options: AttachOptions
}

/** A batch that was submitted before, on its way to a reader: what `BatchRun` of pool-core is to one's own, without an input. Its sink hears one end. */
export class AttachedRun implements BatchOwner, SinkBatch {
  readonly #parts: AttachedRunParts
  readonly #sink: ResultSink
  readonly #startedAt: Instant
  #batch: number | undefined
  #task = ''
  /** Items of the batch that its sink was told of. */
  #items = 0
  #done = 0
  #failed = 0
  #isOver = false

  constructor(parts: AttachedRunParts, sink: ResultSink) {
    this.#parts = parts
    this.#sink = sink
    this.#startedAt = parts.clock.now()
  }

  /** Name of its task function; empty before the coordinator has answered. */
  get task(): string {
    return this.#task
  }

  start(): void {
    const { connection, id, options } = this.#parts
    if (options.signal?.aborted === true) return this.#abort()
    options.signal?.addEventListener('abort', this.#abort)
    this.#batch = connection.attach(this, id)
    return undefined
  }

  consumed(bytes: number): void {
    if (this.#batch !== undefined) this.#parts.connection.consumed(this.#batch, bytes)
  }

  resume(): void {}

  /** Whoever reads no more has no say in whether the batch goes on. */
  cancel(): void {
    this.#finish()
    if (this.#batch !== undefined) this.#parts.connection.leave(this.#batch)
  }

  accepted(): void {}

  room(): void {}

  attached({ task, received }: AttachedMessage): void {
    this.#task = task
    const more = received - this.#items
    this.#items = received
    if (more > 0) this.#sink.handedOut(more)
  }

  results(message: ResultsMessage): void {
    if (this.#isOver) return
    const { from, count, values, failures } = message
    this.#done += count
    this.#failed += failures?.length ?? 0
    this.#sink.results(from, count, values, failures, resultBytes(message))
    tell('onProgress', this.#parts.options.onProgress, () => ({
      done: this.#done,
      failed: this.#failed,
      total: this.#items,
      elapsedMs: this.#parts.clock.now() - this.#startedAt,
    }))
  }

  ended(summary: BatchSummary): void {
    if (this.#isOver) return
    this.#finish()
    tell('onEnd', this.#parts.options.onEnd, () => summary)
    this.#sink.ended(summary)
  }

  failed(error: ForkpoolError): void {
    if (this.#isOver) return
    this.#finish()
    this.#sink.failed(error)
  }

  readonly #abort = (): void => {
    if (this.#isOver) return
    this.cancel()
    this.#sink.aborted(this.#parts.options.signal?.reason)
  }

  #finish(): void {
    this.#isOver = true
    this.#parts.options.signal?.removeEventListener('abort', this.#abort)
  }
}
