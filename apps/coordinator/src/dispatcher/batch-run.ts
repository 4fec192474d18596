import type { BatchView, BatchSummary, ItemBlock } from '@forkpool/pool-core/protocol'
import { blockBytes } from '@forkpool/pool-core/protocol'
import type { ForkpoolError, Instant } from '@forkpool/pool-core/base'
import { whyGivenUp } from '@forkpool/pool-core/dispatch'
import type { BatchId, BatchSettled } from '@forkpool/pool-core/scheduler'
import type { AttachedBatch, BatchRequest, BatchSink } from '../batch-request.ts'
import type { RecordedRange } from '../engine/engine.ts'
import type { PoolLabel } from '../dispatch-observer.ts'

/** Failures that a batch's view lists; the client gets all of them. */
const FAILURES_SHOWN = 5

/** Where answers go when nobody listens: the batch is over, or its client is not there. */
export const NOBODY: BatchSink = {
  accepted: () => undefined,
  attached: () => undefined,
  results: () => undefined,
  credit: () => undefined,
  done: () => undefined,
  failed: () => undefined,
}

interface HeldBlock {
  readonly items: ItemBlock
  readonly arrivedAt: Instant
  /** Read back from the record after a restart: no client waits for its credit. */
  readonly isReplayed: boolean
}

/** A batch while it runs: its request, the blocks that have not settled, and what the API shows of it. */
export class BatchRun {
  readonly id: BatchId
  readonly request: BatchRequest
  readonly pool: PoolLabel
  /** Where the answers go; nowhere once the batch is over, so that a kept one does not keep its session. */
  sink: BatchSink
  readonly submittedAt: number
  readonly openedAt: Instant
  /** The scheduler knows it. Written by the dispatcher. */
  scheduled = false
  cancelling = false
  /** It came whole in few bytes. Written by the dispatcher, once. */
  isSmall = false
  /** Its items are written behind: its client has them until they are credited. Written by the dispatcher, once. */
  isBehind = false
  /** What settled in an earlier life of the coordinator. Written once. */
  earlier: { readonly completed: number; readonly failed: number } | undefined
  /** No further item will come. Written by the dispatcher. */
  inputEnded = false
  summary: BatchSummary | undefined
  /** Why the scheduler gave it up, where it did. Written by the dispatcher, once. */
  givenUp: ForkpoolError | undefined
  endedAt: number | null = null
  submitted = 0
  /** Items that came, recorded or about to be, and whether more may come. Written by the dispatcher. */
  arrived = 0
  arrivedAll = false
  /** Blocks of items that are being recorded. Written by the dispatcher. */
  appending = 0
  /** Settled when all that has come of its input is recorded, or refused; never rejects. Written by the dispatcher. */
  recording: Promise<void> = Promise.resolve()
  /** Bytes of items that came and were not credited. Written by the dispatcher. */
  heldBytes = 0
  /** Of these, those that have settled; they are credited when what settled them is recorded. Written by the dispatcher. */
  settledBytes = 0
  completed = 0
  failed = 0
  /** Block 0 stands apart, and the rest is made when it is needed: most batches are one block, and many are one task. */
  #firstBlock: HeldBlock | undefined
  #laterBlocks: Map<number, HeldBlock> | undefined
  #blocksSeen = 0
  #failures: { index: number; name: string; message: string }[] | undefined

  constructor(id: BatchId, request: BatchRequest, pool: PoolLabel, sink: BatchSink, submittedAt: number, openedAt: Instant) {
    this.id = id
    this.request = request
    this.pool = pool
    this.sink = sink
    this.submittedAt = submittedAt
    this.openedAt = openedAt
  }

  /** Keeps the next block until it is released. Numbers are given in order of arrival, as the scheduler counts them. */
  hold(items: ItemBlock, now: Instant, isReplayed = false): void {
    const number = this.#blocksSeen++
    const held = { items, arrivedAt: now, isReplayed }
    if (number === 0) this.#firstBlock = held
    else (this.#laterBlocks ??= new Map()).set(number, held)
    this.submitted += items.count
  }

  block(number: number): HeldBlock | undefined {
    return number === 0 ? this.#firstBlock : this.#laterBlocks?.get(number)
  }

  /** Lets a block go; the number of its bytes. */
  release(number: number): number {
    const held = this.block(number)
    if (number === 0) this.#firstBlock = undefined
    else this.#laterBlocks?.delete(number)
    return held === undefined ? 0 : blockBytes(held.items)
  }

  /** Nothing of it is queued or running any more. It has ended when that is recorded. */
  settle(end: BatchSettled, now: Instant): void {
    const { outcome, completed, failed, cancelled, runMs, workers } = end
    this.summary = { outcome, completed, failed, cancelled, wallMs: now - this.openedAt, runMs, workers }
    this.givenUp = whyGivenUp(end)
  }

  /** Whether it needs nobody any more. One that is detached and lacks the end of its input still needs whoever has the rest. */
  get goesOnAlone(): boolean {
    return this.request.detached === true && this.arrivedAll
  }

  /** Of `submitted` tasks those that came to be recorded after it settled: they never ran. */
  countLate(submitted: number): void {
    if (this.summary === undefined) return
    const { completed, failed } = this.summary
    this.summary = { ...this.summary, cancelled: submitted - completed - failed }
  }

  /** What is told to a client that comes back for it. */
  attached(): AttachedBatch {
    const { id, request, pool, arrived, arrivedAll, heldBytes } = this
    return { id, task: request.task, pool: pool.name, poolSize: pool.size, received: arrived, inputEnded: arrivedAll, heldBytes }
  }

  /** Nobody listens any more. */
  detach(): void {
    this.sink = NOBODY
  }

  /** The batch is over: lets go of its blocks and of its reader. */
  close(): void {
    this.#firstBlock = undefined
    this.#laterBlocks = undefined
    this.sink = NOBODY
  }

  /** Counts newly recorded results. */
  count(range: RecordedRange): void {
    this.failed += range.failures.length
    this.completed += range.count - range.failures.length
    if (range.failures.length === 0) return
    this.#failures ??= []
    for (const failure of range.failures) {
      if (this.#failures.length === FAILURES_SHOWN) break
      const message = failure.error.message.slice(0, 500)
      this.#failures.push({ index: range.from + failure.at, name: failure.error.name, message })
    }
  }

  /** What the API shows, at `now`. */
  view(now: Instant, workers: number): BatchView {
    const { request } = this
    // It has ended when its end is recorded, and not while that is written.
    const summary = this.endedAt === null ? undefined : this.summary
    const elapsedMs = summary?.wallMs ?? now - this.openedAt
    const perMs = elapsedMs > 0 ? this.completed / elapsedMs : 0
    const total = request.total ?? (this.inputEnded ? this.submitted : null)
    const settled = this.completed + this.failed
    return {
      id: this.id,
      task: request.task,
      pool: this.pool.name,
      poolSize: this.pool.size,
      state: summary?.outcome ?? (this.cancelling ? 'cancelling' : 'open'),
      priority: request.priority,
      submitted: this.submitted,
      total,
      completed: this.completed,
      failed: this.failed,
      cancelled: summary?.cancelled ?? 0,
      submittedAt: this.submittedAt,
      endedAt: this.endedAt,
      tasksPerSecond: perMs * 1000,
      remainingMs: summary !== undefined ? 0 : total === null || perMs === 0 ? null : Math.max(0, (total - settled) / perMs),
      workers: summary?.workers ?? workers,
      failures: this.#failures ?? [],
    }
  }
}
