import { deferred, ForkpoolError } from '@forkpool/pool-core/base'
import type { Deferred, IntervalSet } from '@forkpool/pool-core/base'
import type { BatchSummary } from '@forkpool/pool-core/protocol'
import type { AttachedBatch, BatchSink } from '../batch-request.ts'
import type { GivenUp, RecordedRange, StoredEnd } from '../engine/engine.ts'
import { partOfRange } from './part-of-range.ts'

/** What was recorded of one batch, by ascending index, but for what the reader has. */
export type RecordedResults = (from: number, have: IntervalSet) => AsyncIterable<RecordedRange>

/**
 * Between a batch and a reader who comes in the middle: gives the reader first what is recorded and not among what it has, then what comes. Each result once.
 *
 * While it reads the record, results that are recorded meanwhile are not passed on but read there in another round; a round during which none came is
 * the last, and with the next one recorded the batch speaks to its reader itself.
 */
export class AttachedReader implements BatchSink {
  readonly #sink: BatchSink
  readonly #read: RecordedResults
  readonly #told: IntervalSet
  #phase: 'reading' | 'live' | 'over' = 'reading'
  #isAttached = false
  /** Something was recorded since the round began. */
  #missed = false
  /** The batch is over, and what is missing is in the record. */
  #summary: BatchSummary | undefined
  /** And was given up. */
  #givenUp: GivenUp | undefined
  /** Settled when the reader can take more; undefined while it can. */
  #paused: Deferred<void> | undefined

  /** @param have results that the reader has. */
  constructor(sink: BatchSink, read: RecordedResults, have: IntervalSet) {
    this.#sink = sink
    this.#read = read
    this.#told = have
  }

  /** It reads the record still, and does not hear what comes. */
  get isReading(): boolean {
    return this.#phase === 'reading'
  }

  /** It was refused, or has another reader. */
  get isOver(): boolean {
    return this.#phase === 'over'
  }

  get reader(): BatchSink['reader'] {
    return this.#sink.reader
  }

  /**
   * Begins to read the record. `end`: the batch was over before. Never rejects: what is wrong, the reader hears. False: the record could not be
   * read, and nobody reads the batch any more.
   */
  async start(end: Omit<StoredEnd, 'at'> | undefined): Promise<boolean> {
    this.#summary ??= end?.summary
    this.#givenUp = end?.givenUp
    try {
      do {
        this.#missed = false
        await this.#round()
      } while (this.#missed && this.#phase === 'reading')
    } catch (error) {
      this.failed(error)
      return false
    }
    if (this.#phase !== 'reading') return true
    if (this.#summary === undefined) {
      this.#phase = 'live'
      return true
    }
    this.#phase = 'over'
    if (this.#givenUp === undefined) this.#sink.done(this.#summary)
    else this.#sink.failed(new ForkpoolError(this.#givenUp.code, this.#givenUp.message))
    return true
  }

  /** The reader is behind, or has caught up. */
  pause(paused: boolean): void {
    if (paused) this.#paused ??= deferred<void>()
    else {
      this.#paused?.resolve()
      this.#paused = undefined
    }
  }

  /** Nobody reads any more. */
  stop(): void {
    this.#phase = 'over'
    this.pause(false)
  }

  /** The reader wants no more of a batch that ended like this: its end is all that it is told. */
  finish(summary: BatchSummary): void {
    if (this.#phase === 'over') return
    this.stop()
    this.#sink.done(summary)
  }

  accepted(id: string, pool: string, poolSize: number): void {
    void id
    void pool
    void poolSize
  }

  attached(batch: AttachedBatch): void {
    this.#isAttached = true
    this.#sink.attached(batch)
  }

  results(range: RecordedRange, summary: BatchSummary | undefined): void {
    if (this.#phase === 'live') this.#pass(range, summary)
    else this.#missed = true
    if (summary !== undefined) this.#summary = summary
  }

  /** The last round may have read in the record what is told only now. */
  #pass(range: RecordedRange, summary: BatchSummary | undefined): void {
    const parts = this.#told.missing(range.from, range.from + range.count)
    for (const [i, { from, to }] of parts.entries()) {
      this.#told.addIfAbsent(from, to)
      this.#sink.results(partOfRange(range, from, to), i === parts.length - 1 ? summary : undefined)
    }
    if (parts.length === 0 && summary !== undefined) this.#sink.done(summary)
  }

  credit(bytes: number): void {
    // What was dealt with before is not in what the reader is told to be held.
    if (this.#isAttached && this.#phase !== 'over') this.#sink.credit(bytes)
  }

  done(summary: BatchSummary): void {
    if (this.#phase === 'live') this.#sink.done(summary)
    else this.#missed = true
    this.#summary = summary
  }

  failed(error: unknown): void {
    if (this.#phase === 'over') return
    this.stop()
    this.#sink.failed(error)
  }

  async #round(): Promise<void> {
    const [first] = this.#told.intervals()
    for await (const range of this.#read(first?.from === 0 ? first.to : 0, this.#told)) {
      for (const part of this.#told.missing(range.from, range.from + range.count)) {
        while (this.#paused !== undefined) await this.#paused.promise
        if (this.#phase !== 'reading') return
        this.#told.addIfAbsent(part.from, part.to)
        this.#sink.results(partOfRange(range, part.from, part.to), undefined)
      }
      if (this.#phase !== 'reading') return
    }
  }
}
