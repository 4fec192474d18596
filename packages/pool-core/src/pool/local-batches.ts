import type { Clock, ForkpoolError } from '../base/index.ts'
import type { BatchOwner, BatchSubmission } from '../batch/index.ts'
import { whyGivenUp } from '../dispatch/index.ts'
import type { SettledRange } from '../dispatch/index.ts'
import type { ItemBlock } from '../protocol/index.ts'
import type { BatchId, BatchSettled, SchedulerEvent } from '../scheduler/index.ts'
import { summaryOf } from './batch-end.ts'
import { LocalBatch } from './local-batch.ts'
import type { PoolLife } from './pool-life.ts'
import { batchOpened } from './pool-setup.ts'

export interface LocalBatchesParts {
  readonly clock: Clock
  readonly life: PoolLife
  /** What a call is told of its pool. */
  readonly pool: { readonly kind: string; readonly size: number }
  /** Takes what the scheduler is to hear of a batch. */
  readonly feed: (event: SchedulerEvent) => void
  /** Why a task cannot be called; undefined where it can, or where nothing is known yet. */
  readonly unknownTask: (task: string) => ForkpoolError | undefined
}

/** The open batches of a local pool: takes them in, keeps their blocks, and hands out what becomes of them. */
export class LocalBatches {
  readonly #parts: LocalBatchesParts
  readonly #open = new Map<BatchId, LocalBatch>()
  #submitted = 0

  constructor(parts: LocalBatchesParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#open.size
  }

  /** By the number that its carrier's user knows. */
  find(number: number): LocalBatch | undefined {
    return this.get(String(number) as BatchId)
  }

  get(id: BatchId): LocalBatch | undefined {
    return this.#open.get(id)
  }

  submit(owner: BatchOwner, submission: BatchSubmission): number {
    const { clock, life, pool, feed, unknownTask } = this.#parts
    const number = ++this.#submitted
    const refusal = life.refusal(submission.follows === true) ?? unknownTask(submission.task)
    if (refusal !== undefined) {
      owner.failed(refusal)
      return number
    }
    const batch = new LocalBatch(number, submission, owner, clock.now())
    this.#open.set(batch.id, batch)
    life.callOpened()
    const { items } = submission
    if (items !== undefined) batch.hold(items, batch.openedAt)
    feed(batchOpened(batch, items === undefined || items.count === 0 ? undefined : items))
    owner.accepted({ kind: 'accepted', batch: number, id: batch.id, pool: pool.kind, poolSize: pool.size })
    batch.tellRoom()
    return number
  }

  items(number: number, items: ItemBlock, end: boolean): void {
    const batch = this.find(number)
    if (batch?.owner === undefined) return
    this.#add(batch, items)
    if (end) this.#end(batch)
  }

  end(number: number): void {
    const batch = this.find(number)
    if (batch?.owner !== undefined) this.#end(batch)
  }

  cancel(number: number): void {
    const batch = this.find(number)
    if (batch?.owner === undefined) return
    batch.owner = undefined
    this.#parts.feed({ kind: 'batch-cancelled', batch: batch.id })
  }

  consumed(number: number, bytes: number): void {
    const batch = this.find(number)
    if (batch === undefined) return
    batch.consumed(bytes)
    this.#pace(batch)
  }

  /** Hands out what has settled of a batch; with its end, that it is over. */
  settled(id: BatchId, ranges: readonly SettledRange[], end: BatchSettled | undefined): void {
    const batch = this.#open.get(id)
    if (batch === undefined) return
    if (end === undefined) {
      batch.results(ranges, undefined)
      this.#pace(batch)
      return
    }
    const summary = summaryOf(end, this.#parts.clock.now() - batch.openedAt)
    const error = whyGivenUp(end)
    this.#open.delete(id)
    batch.results(ranges, error === undefined ? summary : undefined)
    if (error === undefined) batch.owner?.ended(summary)
    else batch.owner?.failed(error)
    batch.owner = undefined
    this.#parts.life.callEnded()
  }

  fail(batch: LocalBatch, error: ForkpoolError): void {
    const { owner } = batch
    this.cancel(batch.number)
    owner?.failed(error)
  }

  /** Fails those for which there is an error. */
  failEach(error: (batch: LocalBatch) => ForkpoolError | undefined): void {
    for (const batch of this.#open.values()) {
      const why = error(batch)
      if (why !== undefined) this.fail(batch, why)
    }
  }

  /** Forgets what nobody will settle any more. */
  clear(): void {
    this.#open.clear()
  }

  #add(batch: LocalBatch, items: ItemBlock): void {
    batch.hold(items, this.#parts.clock.now())
    // An empty block is not a block: the scheduler would wait for items that never settle.
    if (items.count === 0) return
    this.#parts.feed({ kind: 'items-added', batch: batch.id, count: items.count, bytes: items.bytes.byteLength })
  }

  #end(batch: LocalBatch): void {
    batch.inputEnded = true
    this.#parts.feed({ kind: 'batch-ended', batch: batch.id })
  }

  /** Starts no further shard of a batch whose reader is far behind. */
  #pace(batch: LocalBatch): void {
    const paused = batch.changeOfPause()
    if (paused !== undefined) this.#parts.feed({ kind: 'batch-paused', batch: batch.id, paused })
  }
}
