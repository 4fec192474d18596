import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after, ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchSummary } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { Engine, GivenUp, RecordedRange } from '../engine/engine.ts'

/** So long after the disk took nothing it is tried again. */
const RETRY_AFTER_MS = 1_000

interface Record {
  readonly batch: BatchId
  readonly ranges: readonly RecordedRange[]
  readonly summary: BatchSummary | undefined
  /** Told along with it. */
  readonly givenUp: GivenUp | undefined
  readonly recorded: (fresh: readonly RecordedRange[]) => void
  readonly failed: (error: unknown) => void
}

/**
 * Records results through the engine. When the disk takes nothing, results wait here, in order, and are tried again until it does: work that
 * is done is not thrown away for a full disk. What waits is bounded, as a stalled batch is given no further shards.
 */
export class Recorder {
  readonly #engine: Pick<Engine, 'record'>
  readonly #clock: Clock
  readonly #stalled: (batch: BatchId, isStalled: boolean) => void
  readonly #waiting = new Map<BatchId, Record[]>()
  #cancelRetry: Cancel | undefined

  /** @param stalled a batch waits for the disk, or does so no more. */
  constructor(engine: Pick<Engine, 'record'>, clock: Clock, stalled: (batch: BatchId, isStalled: boolean) => void) {
    this.#engine = engine
    this.#clock = clock
    this.#stalled = stalled
  }

  /** Calls `recorded` with what is new when it is recorded; `failed` when it never will be. Those of one batch in order. */
  record(record: Record): void {
    const waiting = this.#waiting.get(record.batch)
    if (waiting === undefined) this.#try(record)
    else waiting.push(record)
  }

  /** Tries nothing any more. */
  stop(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  #try(record: Record): void {
    this.#engine.record(record.batch, record.ranges, record.summary, record.givenUp).then(record.recorded, (error: unknown) => {
      if (isOfTheDisk(error)) this.#wait(record)
      else record.failed(error)
    })
  }

  #wait(record: Record): void {
    const waiting = this.#waiting.get(record.batch)
    if (waiting !== undefined) waiting.push(record)
    else {
      this.#waiting.set(record.batch, [record])
      this.#stalled(record.batch, true)
    }
    const at = after(this.#clock.now(), RETRY_AFTER_MS)
    this.#cancelRetry ??= this.#clock.schedule(at, () => this.#retry(), { unref: true })
  }

  #retry(): void {
    this.#cancelRetry = undefined
    const all = [...this.#waiting]
    this.#waiting.clear()
    for (const [batch, records] of all) {
      this.#stalled(batch, false)
      for (const record of records) this.record(record)
    }
  }
}

function isOfTheDisk(error: unknown): boolean {
  return error instanceof ForkpoolError && (error.code === 'DISK_FULL' || error.code === 'ENGINE_FAILED')
}
