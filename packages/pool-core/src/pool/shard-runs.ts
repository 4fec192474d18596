import type { Clock, Instant } from '../base/index.ts'
import { CancelledError } from '../base/index.ts'
import { judgeFailures, tell } from '../batch/index.ts'
import type { BatchSubmission, TaskListeners, TaskTold } from '../batch/index.ts'
import { HeldShards, isPossibleAnswer, timedOutRun, timeoutError } from '../dispatch/index.ts'
import type { HeldShard, ShardAnswer } from '../dispatch/index.ts'
import type { WorkerNote } from '../link/note-channel.ts'
import { movedOf, sliceBlock, toWireError } from '../protocol/index.ts'
import type { ItemBlock, RanMessage } from '../protocol/index.ts'
import type { Assign, ShardId, ShardRan, ShardTimedOut, ShardWaits, WorkerId } from '../scheduler/index.ts'
import type { LocalBatch } from './local-batch.ts'
import type { LocalFleet } from './local-fleet.ts'
import type { ResolvedPoolOptions } from './options.ts'
import { graceMs, RunDeadlines } from './run-deadlines.ts'
import { RunFigures } from './run-figures.ts'
import { StreamRuns } from './stream-runs.ts'
import { WorkerRecycling } from './worker-recycling.ts'

interface RunningShard extends HeldShard {
  readonly batch: LocalBatch
  readonly attempt: number
  /** When its items came, and when the worker was given them. */
  readonly arrivedAt: Instant
  readonly startedAt: Instant
}

/** The shards that workers run: what is handed out, what comes back, and what a worker may still run. */
export class ShardRuns {
  readonly figures: RunFigures = new RunFigures()
  readonly recycling: WorkerRecycling
  readonly #fleet: LocalFleet
  readonly #concurrency: number
  readonly #clock: Clock
  readonly #feed: (event: ShardTimedOut | ShardRan | ShardWaits) => void
  readonly #shards = new HeldShards<RunningShard>()
  readonly #deadlines: RunDeadlines
  readonly #streams: StreamRuns
  readonly #listeners: TaskListeners
  /** Buffers that came before the report that has their numbers. */
  readonly #attachments = new Map<ShardId, readonly unknown[]>()

  /** @param feed takes news of a shard that the worker does not give: it was not left when its time was over, or nobody wants it. */
  constructor(fleet: LocalFleet, options: ResolvedPoolOptions, clock: Clock, feed: (event: ShardTimedOut | ShardRan | ShardWaits) => void) {
    this.#feed = feed
    this.#fleet = fleet
    this.#clock = clock
    this.#concurrency = options.concurrency
    this.#listeners = options.listeners
    this.#streams = new StreamRuns({
      more: (worker, shard, count) => fleet.note(worker, { kind: 'more', shard, count }),
      waits: (worker, shard, waits) => this.waits(worker, shard, waits),
    })
    this.recycling = new WorkerRecycling(options)
    this.#deadlines = new RunDeadlines(
      { clock, graceMs: graceMs(options), sequential: options.concurrency === 1 },
      {
        late: (worker, shard) => fleet.abort(worker, shard),
        overdue: (worker, shard) => {
          const event = this.#overdue(worker, shard)
          if (event !== undefined) feed(event)
        },
      },
    )
  }

  /** Hands out a shard of the batch. */
  start(batch: LocalBatch, { shard, worker, block, offset, count, from, attempt, yieldAfterMs }: Assign): void {
    const held = batch.block(block)
    if (held === undefined) return
    const { task, spread = false, timeoutMs, skip, parent } = batch.submission
    const unwanted = skip === undefined ? 0 : runOf(true, skip, from, count)
    if (unwanted > 0) {
      this.#feed({ kind: 'shard-ran', worker, shard, ran: unwanted, failures: [], runMs: 0, skipped: true })
      return
    }
    const wanted = skip === undefined ? count : runOf(false, skip, from, count)
    // What a task of this very worker may wait for is not left to the next one.
    const sent = parent === undefined ? this.recycling.cut(worker, wanted) : wanted
    if (sent === 0) {
      this.#feed({ kind: 'shard-ran', worker, shard, ran: 0, failures: [], runMs: 0, spent: true })
      return
    }
    const items = offset === 0 && sent === held.items.count ? held.items : sliceBlock(held.items, offset, sent)
    const { arrivedAt } = held
    this.#shards.hold(shard, { batch, worker, from, count: sent, attempt, arrivedAt, startedAt: this.#clock.now() })
    this.#deadlines.assigned(worker, shard, timeoutMs)
    this.#sendPrelude(batch, worker, shard, items)
    this.#fleet.run(worker, { kind: 'run', shard, task, from, spread, attempt, reply: 'auto', yieldAfterMs, items })
  }

  /** What goes along with a shard, where anything does. */
  #sendPrelude(batch: LocalBatch, worker: WorkerId, shard: ShardId, { attachments }: ItemBlock): void {
    const { timeoutMs, stores, room } = batch.submission
    const tellsBegin = this.#concurrency > 1 && timeoutMs !== undefined
    if (!tellsBegin && stores === undefined && room === undefined && attachments === undefined) return
    if (room !== undefined) this.#streams.begin(batch, worker, shard, room)
    const prelude = { kind: 'prelude', shard, attachments, room, stores, tellsBegin } as const
    this.#fleet.note(worker, prelude, attachments === undefined ? undefined : movedOf(attachments))
  }

  /** What a worker's report means, and what it brought; undefined where it comes too late, or cannot be: then the worker is ended. */
  answered(worker: WorkerId, report: RanMessage): { readonly event: ShardRan; readonly answer: ShardAnswer } | undefined {
    const shard = report.shard as ShardId
    const isLate = this.#deadlines.answered(worker, shard)
    const held = this.#shards.take(shard, worker)
    if (held === undefined) return undefined
    if (!isPossibleAnswer(report, held.count)) {
      this.#fleet.kill(worker)
      return undefined
    }
    const { batch, from } = held
    if (batch.submission.room !== undefined) this.#streams.end(batch)
    const message = this.#withAttachments(report)
    const ran = isLate ? timedOutRun(message, batch.submission.timeoutMs) : message
    const { count } = ran
    const failures = judgeFailures(batch.submission, held, ran.failures)
    const runMs = ran.decodeMs + ran.runMs + ran.encodeMs
    this.#count(held, count, failures.length, runMs, isLate)
    const spent = this.recycling.isSpent(worker, held.count, message.count)
    return {
      event: { kind: 'shard-ran', worker, shard, ran: count, failures, runMs, spent },
      answer: { batch: batch.id, from, message: ran },
    }
  }

  /** The worker is gone. Returns the batches whose task it has with it and that cannot run again: some of its items were read, or its buffers moved. */
  lost(worker: WorkerId): readonly LocalBatch[] {
    const gone: LocalBatch[] = []
    for (const { batch, worker: holder } of this.#shards.values()) {
      if (holder === worker && (this.#streams.end(batch) || batch.submission.moves === true)) gone.push(batch)
    }
    this.#shards.lost(worker)
    this.#deadlines.lost(worker)
    this.recycling.lost(worker)
    return gone
  }

  /** What the batch of a shard asks for; undefined where this worker does not hold it any more. */
  submissionOf(worker: WorkerId, shard: ShardId): BatchSubmission | undefined {
    const held = this.#shards.find(shard)
    return held?.worker === worker ? held.batch.submission : undefined
  }

  /** What runs of a shard waits, or goes on. */
  waits(worker: WorkerId, shard: ShardId, waits: boolean): void {
    this.#deadlines.waits(worker, shard, waits)
    this.#feed({ kind: 'shard-waits', worker, shard, waits })
  }

  /** The reader of the batch's generator has taken so many items. */
  more(batch: LocalBatch, count: number): void {
    this.#streams.more(batch, count)
  }

  /**
   * The batch's `skip` has this index now. A task that a worker has in a shard of its own is ended: it leaves when asked, or its worker is killed.
   * In a longer shard nobody knows which task runs, and the neighbours are not to suffer.
   */
  skip(batch: LocalBatch, index: number): void {
    for (const [shard, { batch: owner, worker, from, count }] of this.#shards.entries()) {
      if (owner === batch && from === index && count === 1) this.#deadlines.endNow(worker, shard)
    }
  }

  /** What a worker says beside its reports. */
  note(worker: WorkerId, note: WorkerNote): void {
    switch (note.kind) {
      case 'memory':
        return this.recycling.takes(worker, note.bytes)
      case 'began':
        return this.#deadlines.began(worker, note.shard as ShardId)
      case 'attachments':
        this.#attachments.set(note.shard as ShardId, note.attachments)
        return
      case 'produced':
        return this.#produced(worker, note.shard as ShardId, note.items)
      case 'log':
      case 'progress':
        return this.#told(worker, note)
      default:
    }
  }

  #produced(worker: WorkerId, shard: ShardId, items: ItemBlock): void {
    const held = this.#shards.find(shard)
    if (held?.worker !== worker) return
    this.#streams.produced(held.batch, items.count)
    held.batch.owner?.produced?.(items)
  }

  #told(worker: WorkerId, note: Extract<WorkerNote, { readonly kind: 'log' | 'progress' }>): void {
    const held = this.#shards.find(note.shard as ShardId)
    if (held?.worker !== worker) return
    const { shard: _shard, ...told } = note
    const whole = { ...told, worker, attempt: held.attempt }
    if (held.batch.owner?.told?.(whole) !== true) tellPool(this.#listeners, whole)
  }

  /** The report with the buffers that came before it. */
  #withAttachments(report: RanMessage): RanMessage {
    const attachments = this.#attachments.get(report.shard as ShardId)
    if (attachments === undefined) return report
    this.#attachments.delete(report.shard as ShardId)
    return { ...report, values: { ...report.values, attachments } }
  }

  #overdue(worker: WorkerId, shard: ShardId): ShardTimedOut | undefined {
    const held = this.#shards.take(shard, worker)
    if (held === undefined) return undefined
    const { timeoutMs, skip } = held.batch.submission
    if (skip?.has(held.from) === true) {
      this.#count(held, 1, 1, this.#clock.now() - held.startedAt, false)
      return { kind: 'shard-timed-out', worker, shard, error: toWireError(new CancelledError()), retryable: false }
    }
    this.#count(held, 1, 1, timeoutMs ?? 0, true)
    const error = timeoutError(timeoutMs)
    const [failure] = judgeFailures(held.batch.submission, held, [{ at: 0, error, retryable: true }])
    return { kind: 'shard-timed-out', worker, shard, error, retryable: failure?.retryable }
  }

  #count({ batch, attempt, arrivedAt, startedAt }: RunningShard, ran: number, failed: number, runMs: number, timedOut: boolean): void {
    const { task } = batch.submission
    const roundTripMs = this.#clock.now() - startedAt
    this.figures.answered({ task, attempt, ran, failed, runMs, waitedMs: startedAt - arrivedAt, roundTripMs })
    if (timedOut) this.figures.timedOut(task)
  }
}

/** How many of `count` indexes, the first ones, are in the set, or are not. */
function runOf(inside: boolean, set: ReadonlySet<number>, from: number, count: number): number {
  if (set.size === 0) return inside ? 0 : count
  let length = 0
  while (length < count && set.has(from + length) === inside) length++
  return length
}

/** What a task says of itself and nobody of its call listens to. */
function tellPool({ onLog, onTaskProgress }: TaskListeners, told: TaskTold): void {
  if (told.kind === 'progress') tell('onTaskProgress', onTaskProgress, () => told)
  else if (onLog !== undefined) tell('onLog', onLog, () => told)
  else console.log(...told.values)
}
