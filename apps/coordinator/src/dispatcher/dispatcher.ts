import type { ExitCause } from '@forkpool/pool-core/base'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { isPossibleAnswer, StepRunner, TaskCatalogue } from '@forkpool/pool-core/dispatch'
import type { ShardAnswer } from '@forkpool/pool-core/dispatch'
import type { BatchSummary, ItemBlock, RanMessage, ShardFailure, TaskListing } from '@forkpool/pool-core/protocol'
import { sliceBlock } from '@forkpool/pool-core/protocol'
import type { Assign, BatchId, BatchSettled, PoolName, SchedulerState, ShardId, WorkerId } from '@forkpool/pool-core/scheduler'
import { isShardTooLate } from '@forkpool/pool-core/scheduler'
import type { AttemptRecord, OpenBatch, RecordedRange, StoredBatch } from '../engine/engine.ts'
import { unaccounted } from '../ledger/ledger.ts'
import type { BatchHandle, BatchRequest, BatchSink, TakenOver } from '../batch-request.ts'
import { BatchPauses } from './batch-pauses.ts'
import type { PauseReason } from './batch-pauses.ts'
import { BatchRun } from './batch-run.ts'
import type { DispatcherParts } from './dispatcher-parts.ts'
import { Drain } from './drain.ts'
import { isEarlierReader } from './earlier-reader.ts'
import { EndedBatches } from './ended-batches.ts'
import { failedAttempts } from './failed-attempts.ts'
import { LoopPoll } from '../link/loop-poll.ts'
import { Intake } from './intake.ts'
import { LeftRuns } from './left-runs.ts'
import { PoolRegistry } from './pool-registry.ts'
import { quarantineLost } from './quarantine-lost.ts'
import { Recorder } from './recorder.ts'
import { endedRun, recoveredRun } from './recovered-run.ts'
import { Replays } from './replays.ts'
import { reportRecorded } from './report-recorded.ts'
import type { Recorded } from './report-recorded.ts'
import { asItCounts } from './run-policy.ts'
import { runHandle } from './run-handle.ts'
import type { RunCalls } from './run-handle.ts'
import { RunningShards } from './running-shards.ts'

/** A batch that came whole in so few bytes is likely over in less than a millisecond. */
const SMALL_BYTES = 4096

/**
 * Runs the scheduler: events in (a batch, a worker's answer, a lost worker, the time), commands out (give a worker a shard, settle,
 * start a worker). It decides nothing itself. Results go through the engine's create-only record before anybody hears of them.
 */
export class Dispatcher {
  readonly tasks: TaskCatalogue = new TaskCatalogue()
  readonly pools: PoolRegistry
  /** Open batches that nobody reads for now. */
  readonly left: LeftRuns = new LeftRuns()
  readonly #parts: DispatcherParts
  /** Open batches. A batch leaves when its end is recorded. */
  readonly #runs = new Map<BatchId, BatchRun>()
  readonly #ended: EndedBatches
  readonly #recorder: Recorder
  readonly #pauses = new BatchPauses()
  readonly #replays: Replays
  readonly #intake: Intake
  /** Ids are this and a count: no two coordinators share it, and no id costs a random number. */
  readonly #idPrefix: string
  #submitted = 0
  /** Shards that a worker holds. Invariant: the scheduler holds the same. */
  readonly #shards: RunningShards
  readonly #steps: StepRunner
  readonly #poll: LoopPoll
  /** Open batches that are not small. */
  #largeOpen = 0
  readonly #drain = new Drain(this.#runs, () => this.#steps.feed({ kind: 'drain-requested' }))

  readonly #calls: RunCalls = {
    add: (run, items, ended) => this.#intake.add(run, items, ended),
    end: (run) => this.#intake.end(run),
    cancel: (run) => void this.cancel(run.id),
    pause: (run, paused) => this.#pauseFor(run.id, 'reader', paused),
    leave: (run) => this.#left(run),
    abandon: (run) => (run.goesOnAlone ? this.#left(run) : void this.cancel(run.id)),
  }

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#poll = new LoopPoll(parts.clock, parts.loopPollMs)
    this.#shards = new RunningShards(parts.tasksPerWorker)
    this.#ended = new EndedBatches(parts.batchesKept)
    this.#replays = new Replays(parts, {
      feed: (event) => this.#steps.feed(event),
      inputEnded: (run) => this.#intake.inputEnded(run),
      unreadable: (batch, error) => {
        parts.unreadable?.(batch, error)
        this.cancel(batch)
      },
    })
    this.#intake = new Intake(
      { ...parts, replays: this.#replays },
      {
        feed: (event) => this.#steps.feed(event),
        isOpen: (run) => this.#runs.has(run.id),
        opened: (run) => {
          this.#drain.look()
          // Last, so that the worker has its shard before this answer is written; a batch that ended at once still hears it first,
          // because results wait for the engine's promise.
          run.sink.accepted(run.id, run.pool.name, run.pool.size)
        },
        credit: (run, bytes) => this.#credit(run, bytes),
        refused: (run, error, isWhole) => this.#refused(run, error, isWhole),
        ended: (run) => this.#record(run, [], run.summary),
      },
    )
    this.#recorder = new Recorder(parts.engine, parts.clock, (batch, isStalled) => this.#pauseFor(batch, 'disk', isStalled))
    const { clock, fleet, random, scheduler } = parts
    this.#steps = new StepRunner({
      scheduler,
      clock,
      random,
      host: {
        assign: (command) => this.#assign(command),
        releaseBlock: (batch, block) => this.#releaseBlock(batch, block),
        startWorkers: (count) => fleet.startWorkers(count),
        stopWorker: (worker) => fleet.retire(worker),
        killWorker: (worker) => fleet.kill(worker, 'cancel'),
        abortShard: (worker, shard) => fleet.abort(worker, shard),
        failed: (command) => quarantineLost(command, this.#runs.get(command.batch), parts),
        settled: (batch, ranges, end, answer) => this.#settled(batch, ranges, end, answer),
        drained: () => this.#drain.done(),
      },
    })
    this.#idPrefix = `${parts.random.token(4)}-`
    this.pools = new PoolRegistry({ poolsMax: parts.poolsMax, sizeMax: parts.scheduler.maxWorkers, defaultSize: parts.defaultPoolSize })
    parts.fleet.listen({
      online: (worker, tasks) => this.#online(worker, tasks),
      lost: (worker, exit, reason) => this.#lost(worker, exit, reason),
      ran: (worker, message, isTired) => this.#ran(worker, message, isTired),
    })
  }

  /** The scheduler's state, to read figures from; nobody but `step` writes it. */
  get state(): SchedulerState {
    return this.#steps.state
  }

  get draining(): boolean {
    return this.#drain.isAsked
  }

  /** Open batches by id. */
  get open(): ReadonlyMap<BatchId, BatchRun> {
    return this.#runs
  }

  /** The last ended batches by id. */
  get ended(): ReadonlyMap<BatchId, BatchRun> {
    return this.#ended.runs
  }

  get endedTotal(): number {
    return this.#ended.total
  }

  /** Which batch each worker works for; idle workers are not in it. */
  heldBy(): ReadonlyMap<WorkerId, BatchRun> {
    return this.#shards.heldBy()
  }

  /** How many workers work for a batch now. */
  workersOn(batch: BatchId): number {
    return this.#shards.workersOn(batch)
  }

  /** Starts the workers that are kept. They come online later. */
  start(): void {
    this.#steps.feed({ kind: 'woken' })
  }

  /**
   * Takes a batch. Its id is known at once; `sink.accepted` follows when the engine has it.
   * @throws ForkpoolError TASK_UNKNOWN, BAD_ARGUMENT (pool), LIMIT_EXCEEDED, DRAINING. Then nothing is left behind.
   */
  submit(request: BatchRequest, items: ItemBlock | undefined, ended: boolean, sink: BatchSink): BatchHandle {
    if (this.draining) throw new ForkpoolError('DRAINING')
    this.tasks.demand(request.task)
    const { pool, changed } = this.pools.resolve(request.pool, request.poolSize)
    if (changed) this.#steps.feed({ kind: 'pool-set', pool: pool.name as PoolName, size: pool.size })
    const { clock, observer } = this.#parts
    const id = `${this.#idPrefix}${(++this.#submitted).toString(36)}` as BatchId
    const run = new BatchRun(id, request, pool, sink, clock.wallTime(), clock.now())
    run.isSmall = ended && items !== undefined && items.bytes.byteLength <= SMALL_BYTES
    if (run.isSmall) this.#stir()
    else this.#largeOpen++
    // Whose client may go away for good, or submit it again from elsewhere, is written as it comes.
    run.isBehind = request.detached !== true && request.hasKey !== true
    this.#runs.set(id, run)
    observer.batchOpened(run.pool)
    const record = { ...request, id, pool: pool.name, poolSize: pool.size, submittedAt: run.submittedAt }
    this.#intake.open(run, record, items, ended)
    return runHandle(run, sink, this.#calls)
  }

  /**
   * Goes on with the batches of an earlier life, without their clients, and lists those that ended in it (the last one first). After
   * `start`, and before any batch is submitted.
   */
  recover(batches: readonly OpenBatch[], ended: readonly StoredBatch[]): void {
    for (const stored of ended.toReversed()) if (stored.end !== undefined) this.#ended.add(endedRun(stored, stored.end, this.#parts.clock))
    for (const open of batches) {
      const { pool, changed } = this.pools.resolveOrDefault(open.batch.pool, open.batch.poolSize)
      if (changed) this.#steps.feed({ kind: 'pool-set', pool: pool.name as PoolName, size: pool.size })
      const run = recoveredRun(open, pool, this.#parts.clock)
      this.#largeOpen++
      this.#runs.set(run.id, run)
      this.#parts.observer.batchOpened(pool)
      this.#intake.reopen(run)
      this.#replays.begin(run, open)
      if (run.request.failFast && run.failed > 0) this.cancel(run.id)
    }
  }

  /**
   * Sends the answers of an open batch to `sink` from now on, and listens to no earlier handle any more; who read it before hears SUPERSEDED, since nothing
   * else would come. Undefined: there is no such open batch. What is recorded already, the engine tells.
   * @throws ForkpoolError SUPERSEDED when a later connection of the same client reads it: what an earlier one asks for comes late.
   */
  takeOver(id: BatchId, sink: BatchSink): TakenOver | undefined {
    const run = this.#runs.get(id)
    if (run === undefined) return undefined
    this.left.delete(run)
    const before = run.sink
    if (isEarlierReader(sink.reader, before.reader)) throw new ForkpoolError('SUPERSEDED')
    run.sink = sink
    before.failed(new ForkpoolError('SUPERSEDED'))
    this.#pauseFor(id, 'reader', false)
    const recorded = run.recording.then(() => this.#parts.engine.flush(id))
    return { handle: runHandle(run, sink, this.#calls), recorded, batch: () => run.attached() }
  }

  /** Nobody reads the batch for now. What a memory keeps of its results is little, so without a disk it waits for its reader. */
  #left(run: BatchRun): void {
    if (!this.#runs.has(run.id)) return
    run.detach()
    this.left.add(run)
    // Nobody else has its items now.
    this.#parts.engine.flush(run.id).catch(() => undefined)
    this.#pauseFor(run.id, 'reader', !this.#parts.engine.durable && run.request.detached !== true)
    this.#parts.left?.(run.id, run.goesOnAlone)
  }

  /** Cancels an open batch: queued tasks at once, running ones soon. False if there is no such open batch. */
  cancel(id: BatchId): boolean {
    const run = this.#runs.get(id)
    if (run === undefined) return false
    if (!run.cancelling) {
      run.cancelling = true
      if (run.scheduled) this.#tellCancelled(id)
    }
    return true
  }

  #tellCancelled(id: BatchId): void {
    // Items that were not read back count as cancelled too: the scheduler hears of them, and starts none.
    const left = this.#replays.end(id)
    if (left > 0) {
      this.#pauseFor(id, 'cancel', true)
      this.#steps.feed({ kind: 'items-added', batch: id, count: left, bytes: 0 })
    }
    this.#steps.feed({ kind: 'batch-cancelled', batch: id })
  }

  /** Takes no further batch; resolves when none is open. */
  drain(): Promise<void> {
    return this.#drain.ask()
  }

  /** Cancels whatever is open: the end of a drain that took too long. */
  cancelAll(): void {
    for (const id of this.#runs.keys()) this.cancel(id)
  }

  /** Stops the timer; the fleet must be stopped before. */
  stop(): void {
    this.#steps.stop()
    this.#recorder.stop()
    this.#replays.stop()
  }

  #pauseFor(batch: BatchId, reason: PauseReason, isPaused: boolean): void {
    if (!this.#runs.has(batch)) return
    const paused = this.#pauses.set(batch, reason, isPaused)
    if (paused !== undefined) this.#steps.feed({ kind: 'batch-paused', batch, paused })
  }

  /** The engine did not take it, or a part: the client hears why. What is there of it is cancelled, also where its beginning is still being recorded. */
  #refused(run: BatchRun, error: unknown, isWhole = false): void {
    if (!this.#runs.has(run.id)) return
    run.sink.failed(error)
    run.detach()
    if (run.summary !== undefined) return
    if (isWhole) this.#drop(run)
    else this.cancel(run.id)
  }

  /** Nothing is recorded of it, or no more. */
  #drop(run: BatchRun): void {
    this.#leave(run)
    run.close()
    this.#parts.recorded?.(run.id)
    this.#drain.look()
  }

  #online(worker: WorkerId, tasks: readonly TaskListing[]): void {
    this.tasks.learn(tasks)
    this.#steps.feed({ kind: 'worker-online', worker })
  }

  #lost(worker: WorkerId, exit: ExitCause, reason: string | undefined): void {
    this.#parts.observer.workerLost(reason ?? (exit.signal === undefined ? 'exit' : 'signal'))
    this.#shards.lost(worker)
    this.#steps.feed({ kind: 'worker-lost', worker, exit })
  }

  #ran(worker: WorkerId, message: RanMessage, isTired = false): void {
    const shard = message.shard as ShardId
    const held = this.#shards.find(shard)
    if (held === undefined || held.worker !== worker) {
      // The shard was taken from this worker in the meantime; somebody else's result is or will be the recorded one.
      if (held !== undefined) this.#parts.observer.duplicateDropped(held.run.pool, 'late', message.count)
      return
    }
    if (!isPossibleAnswer(message, held.count)) {
      this.#parts.fleet.kill(worker, 'protocol')
      return
    }
    const spent = this.#shards.answered(shard, held, message.count) || isTired
    if (held.run.isSmall) this.#stir()
    const runMs = message.decodeMs + message.runMs + message.encodeMs
    if (message.count > 0) this.#parts.observer.shardRan(held.run.pool, message.count, message.runMs, message.decodeMs, message.encodeMs)
    const ran = asItCounts(held.run.request, held.from, message, isShardTooLate(this.#steps.state, worker, shard, runMs))
    this.#steps.feed(
      { kind: 'shard-ran', worker, shard, ran: ran.count, failures: ran.failures ?? NO_FAILURES, runMs, spent },
      { batch: held.run.id, from: held.from, attempt: held.attempt, message: ran },
    )
  }

  #releaseBlock(batch: BatchId, block: number): void {
    const run = this.#runs.get(batch)
    const held = run?.block(block)
    if (run === undefined || held === undefined) return
    const bytes = run.release(block)
    if (held.isReplayed) this.#replays.released(batch, bytes)
    else run.settledBytes += bytes
  }

  #credit(run: BatchRun, bytes: number): void {
    run.heldBytes -= bytes
    this.left.credited(run, bytes)
    run.sink.credit(bytes)
  }

  #assign(command: Assign): void {
    const run = this.#runs.get(command.batch)
    const held = run?.block(command.block)
    if (run === undefined || held === undefined) return
    const { request } = run
    const { shard, worker, from, attempt, yieldAfterMs } = command
    const count = this.#shards.cut(worker, command.count)
    if (count === 0) return this.#steps.feed({ kind: 'shard-ran', worker, shard, ran: 0, failures: NO_FAILURES, runMs: 0, spent: true })
    this.#shards.hold(shard, { run, worker, from, count, attempt })
    this.#parts.observer.tasksAssigned(run.pool, attempt === 1 ? 'first' : 'retry', count, this.#parts.clock.now() - held.arrivedAt)
    const whole = command.offset === 0 && count === held.items.count
    const items = whole ? held.items : sliceBlock(held.items, command.offset, count)
    this.#parts.fleet.run(worker, {
      kind: 'run',
      shard,
      task: request.task,
      from,
      spread: request.spread,
      attempt,
      reply: request.reply,
      yieldAfterMs,
      items,
    })
  }

  /** Records what one step settled of a batch; failed runs that are repeated are noted. */
  #settled(batch: BatchId, ranges: readonly RecordedRange[], end: BatchSettled | undefined, answer: ShardAnswer | undefined): void {
    const run = this.#runs.get(batch)
    if (run === undefined) return
    const { clock, engine } = this.#parts
    const repeated = answer === undefined || !engine.durable ? NO_ATTEMPTS : failedAttempts(answer, ranges, clock.wallTime())
    // So that a restart does not grant failed runs again. Where the note is lost, it does.
    if (repeated.length > 0) engine.attempted(batch, repeated).catch(() => undefined)
    if (end !== undefined) run.settle(end, clock.now())
    const summary = end === undefined || run.appending > 0 ? undefined : run.summary
    if (ranges.length > 0 || summary !== undefined) this.#record(run, ranges, summary)
  }

  #record(run: BatchRun, ranges: readonly RecordedRange[], summary: BatchSummary | undefined): void {
    const { settledBytes } = run
    run.settledBytes = 0
    this.#recorder.record({
      batch: run.id,
      ranges,
      summary,
      givenUp: run.givenUp && { code: run.givenUp.code, message: run.givenUp.message },
      recorded: (fresh) => {
        if (settledBytes > 0) this.#credit(run, settledBytes)
        this.#recorded(run, { ranges, fresh, summary })
      },
      failed: (error) => {
        this.#refused(run, error)
        if (run.summary !== undefined) this.#drop(run)
      },
    })
  }

  #recorded(run: BatchRun, recorded: Recorded): void {
    const { engine, observer } = this.#parts
    reportRecorded(run, recorded, observer)
    const { summary } = recorded
    if (summary !== undefined) {
      const ledger = engine.ledger(run.id)
      observer.batchEnded(run.pool, summary.wallMs, ledger === undefined ? 0 : unaccounted(ledger))
      this.#close(run)
    }
    this.#parts.recorded?.(run.id)
  }

  /** A frame of a small batch came: the next is waited for awake, unless there is work that needs the processors. */
  #stir(): void {
    if (this.#largeOpen === 0) this.#poll.stir()
    else this.#poll.rest()
  }

  #leave(run: BatchRun): void {
    if (this.#runs.delete(run.id) && !run.isSmall) this.#largeOpen--
    this.#pauses.forget(run.id)
    this.left.delete(run)
  }

  #close(run: BatchRun): void {
    this.#leave(run)
    run.close()
    run.endedAt = this.#parts.clock.wallTime()
    this.#ended.add(run)
  }
}

const NO_FAILURES: readonly ShardFailure[] = []
const NO_ATTEMPTS: readonly AttemptRecord[] = []
