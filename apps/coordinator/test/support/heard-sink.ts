import type { BatchSummary } from '@forkpool/pool-core/protocol'
import { decodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { AttachedBatch, BatchSink } from '../../src/batch-request.ts'
import type { RecordedRange } from '../../src/engine/engine.ts'

/** A reader that remembers what it was told, and throws where it is told something that no reader may be told. */
export class HeardSink implements BatchSink {
  /** In order: `accepted`, `attached`, `results 3+2`, `done`, or the code of a failure. */
  readonly said: string[] = []
  /** By index: the value, or the message of a failure. */
  readonly outcomes = new Map<number, unknown>()
  id: BatchId | undefined
  attachedBatch: AttachedBatch | undefined
  summary: BatchSummary | undefined
  credits = 0
  #isOver = false

  accepted(id: BatchId): void {
    this.#say('accepted')
    this.id = id
  }

  attached(batch: AttachedBatch): void {
    this.#say('attached')
    this.id = batch.id
    this.attachedBatch = batch
  }

  results(range: RecordedRange, summary: BatchSummary | undefined): void {
    this.#say(`results ${range.from}+${range.count}`)
    const failures = new Map(range.failures.map(({ at, error }) => [at, error.message]))
    const values = decodeItems(range.values)
    for (let at = 0; at < range.count; at++) {
      const index = range.from + at
      if (this.outcomes.has(index)) throw new Error(`the result of task ${index} was told twice`)
      this.outcomes.set(index, failures.has(at) ? failures.get(at) : values.shift())
    }
    if (summary !== undefined) this.#end(summary)
  }

  credit(bytes: number): void {
    this.credits += bytes
  }

  done(summary: BatchSummary): void {
    this.#say('done')
    this.#end(summary)
  }

  failed(error: unknown): void {
    this.#say((error as { code?: string }).code ?? String(error))
    this.#isOver = true
  }

  get isOver(): boolean {
    return this.#isOver
  }

  #end(summary: BatchSummary): void {
    this.summary = summary
    this.#isOver = true
  }

  #say(what: string): void {
    if (this.#isOver) throw new Error(`"${what}" after the end: ${this.said.join(', ')}`)
    this.said.push(what)
  }
}
