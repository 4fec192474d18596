import type { Cancel, Clock, ExitCause, Random } from '@forkpool/pool-core/base'
import { ForkpoolError, deferred } from '@forkpool/pool-core/base'
import { rangesOfFailures, splitRanges, StepOutcome, StepQueue, TaskCatalogue, taskFailureOf } from '@forkpool/pool-core/dispatch'
import type { ItemBlock, RanMessage, ShardFailure, TaskFailure, TaskListing } from '@forkpool/pool-core/protocol'
import { sliceBlock } from '@forkpool/pool-core/protocol'
import type {
  Assign,
  BatchId,
  PoolName,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerOptions,
  SchedulerState,
  ShardId,
  WorkerId,
} from '@forkpool/pool-core/scheduler'
import { createScheduler, step } from '@forkpool/pool-core/scheduler'
import type { Engine, RecordedRange } from '../engine/engine.ts'
import type { BatchHandle, BatchRequest, BatchSink } from '../batch-request.ts'
import { BatchRun } from './batch-run.ts'
import { EndedBatches } from './ended-batches.ts'
import { LoopPoll } from './loop-poll.ts'
import type { DispatchObserver } from '../dispatch-observer.ts'
import { PoolRegistry } from './pool-registry.ts'
import type { WorkerFleet } from '../worker-fleet.ts'

/** A batch that came whole in so few bytes is likely over in less than a millisecond. */
const SMALL_BYTES = 4096

interface HeldShard {
  readonly run: BatchRun
  readonly worker: WorkerId
  readonly from: number
  readonly count: number
}

/** What a worker gave, beside the event that tells the scheduler of it. */
interface RanShard {
  readonly held: HeldShard
  readonly message: RanMessage
}

/** What the dispatcher is built on. */
export interface DispatcherParts {
  readonly clock: Clock
  readonly random: Random
  readonly engine: Engine
  readonly fleet: WorkerFleet
  readonly observer: DispatchObserver
  readonly scheduler: SchedulerOptions
  readonly poolsMax: number
  readonly defaultPoolSize: number
  /** Ended batches that `ended` keeps. */
  readonly batchesKept: number
  /** Longest that the event loop is kept turning for the next frame of a quick exchange of small batches, milliseconds; 0: never. */
  readonly loopPollMs: number
}

/**
 * Runs the scheduler: events in (a batch, a worker's answer, a lost worker, the time), commands out (give a worker a shard, settle,
 * start a worker). It decides nothing itself. Results go through the engine's create-only record before anybody hears of them.
 */
export class Dispatcher {
  readonly tasks: TaskCatalogue = new TaskCatalogue()
  readonly pools: PoolRegistry
  readonly #parts: DispatcherParts
  /** Written by `step` alone. */
  readonly #state: SchedulerState
  /** Open batches. A batch leaves when its end is recorded. */
  readonly #runs = new Map<BatchId, BatchRun>()
  readonly #ended: EndedBatches
  /** Ids are this and a count: no two coordinators share it, and no id costs a random number. */
  readonly #idPrefix: string
  #submitted = 0
  /** Shards that a worker holds. Invariant: the scheduler holds the same. */
  readonly #shards = new Map<ShardId, HeldShard>()
  readonly #steps = new StepQueue<RanShard>((event, ran) => this.#step(event, ran))
  #cancelWake: Cancel | undefined
  readonly #poll: LoopPoll
  /** Open batches that are not small. */
  #largeOpen = 0
  #draining = false
  readonly #drained = deferred<void>()

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#poll = new LoopPoll(parts.clock, parts.loopPollMs)
    this.#ended = new EndedBatches(parts.batchesKept)
    this.#state = createScheduler(parts.scheduler)
    this.#idPrefix = `${parts.random.token(4)}-`
    this.pools = new PoolRegistry({ poolsMax: parts.poolsMax, sizeMax: parts.scheduler.maxWorkers, defaultSize: parts.defaultPoolSize })
    parts.fleet.listen({
      online: (worker, tasks) => this.#online(worker, tasks),
      lost: (worker, exit, reason) => this.#lost(worker, exit, reason),
      ran: (worker, message) => this.#ran(worker, message),
    })
  }

  /** The scheduler's state, to read figures from; nobody but `step` writes it. */
  get state(): SchedulerState {
    return this.#state
  }

  get draining(): boolean {
    return this.#draining
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
    const held = new Map<WorkerId, BatchRun>()
    for (const { worker, run } of this.#shards.values()) if (!held.has(worker)) held.set(worker, run)
    return held
  }

  /** How many workers work for a batch now. */
  workersOn(batch: BatchId): number {
    const workers = new Set<WorkerId>()
    for (const { worker, run } of this.#shards.values()) if (run.id === batch) workers.add(worker)
    return workers.size
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
    if (this.#draining) throw new ForkpoolError('DRAINING')
    this.tasks.demand(request.task)
    const { pool, changed } = this.pools.resolve(request.pool, request.poolSize)
    if (changed) this.#steps.feed({ kind: 'pool-set', pool: pool.name as PoolName, size: pool.size })
    const { clock, engine, observer } = this.#parts
    const id = `${this.#idPrefix}${(++this.#submitted).toString(36)}` as BatchId
    const run = new BatchRun(id, request, pool, sink, clock.wallTime(), clock.now())
    run.isSmall = ended && items !== undefined && items.bytes.byteLength <= SMALL_BYTES
    if (run.isSmall) this.#stir()
    else this.#largeOpen++
    this.#runs.set(id, run)
    observer.batchOpened(run.pool)
    const record = { ...request, id, pool: pool.name, poolSize: pool.size, submittedAt: run.submittedAt }
    engine.open(record, items, ended).then(
      () => this.#opened(run, items, ended),
      (error: unknown) => this.#refused(run, error),
    )
    return {
      id,
      add: (more, last) => this.#add(run, more, last),
      end: () => this.#end(run),
      cancel: () => this.cancel(id),
      pause: (paused) => this.#pause(run, paused),
    }
  }

  /** Cancels an open batch: queued tasks at once, running ones soon. False if there is no such open batch. */
  cancel(id: BatchId): boolean {
    const run = this.#runs.get(id)
    if (run === undefined) return false
    if (!run.cancelling) {
      run.cancelling = true
      if (run.scheduled) this.#steps.feed({ kind: 'batch-cancelled', batch: id })
    }
    return true
  }

  /** Takes no further batch; resolves when none is open. */
  drain(): Promise<void> {
    if (!this.#draining) {
      this.#draining = true
      this.#steps.feed({ kind: 'drain-requested' })
    }
    return this.#drained.promise
  }

  /** Cancels whatever is open: the end of a drain that took too long. */
  cancelAll(): void {
    for (const id of this.#runs.keys()) this.cancel(id)
  }

  /** Stops the timer; the fleet must be stopped before. */
  stop(): void {
    this.#cancelWake?.()
    this.#cancelWake = undefined
  }

  #opened(run: BatchRun, items: ItemBlock | undefined, ended: boolean): void {
    const { request } = run
    run.scheduled = true
    const { priority, chunkSize, total, retries, backoffMs, failFast, session, task } = request
    const pool = run.pool.name as PoolName
    // An empty block is not a block: the scheduler would wait for items that never settle.
    const first = items === undefined || items.count === 0 ? undefined : { count: items.count, bytes: items.bytes.byteLength }
    if (items !== undefined && first !== undefined) run.hold(items, this.#parts.clock.now())
    run.inputEnded = ended
    this.#steps.feed({
      kind: 'batch-opened',
      batch: run.id,
      session,
      pool,
      task,
      priority,
      chunkSize,
      total,
      retries,
      backoffMs,
      failFast,
      items: first,
      ended,
    })
    if (run.cancelling) this.#steps.feed({ kind: 'batch-cancelled', batch: run.id })
    // Last, so that the worker has its shard before this answer is written; a batch that ended at once still hears it first,
    // because results wait for the engine's promise.
    run.sink.accepted(run.id, run.pool.name, run.pool.size)
  }

  #add(run: BatchRun, items: ItemBlock, ended: boolean): void {
    if (!this.#runs.has(run.id)) return
    this.#parts.engine.append(run.id, items, ended).then(
      () => {
        this.#added(run, items)
        if (ended) this.#inputEnded(run)
      },
      (error: unknown) => this.#refused(run, error),
    )
  }

  #added(run: BatchRun, items: ItemBlock): void {
    if (items.count === 0 || !this.#runs.has(run.id)) return
    run.hold(items, this.#parts.clock.now())
    this.#steps.feed({ kind: 'items-added', batch: run.id, count: items.count, bytes: items.bytes.byteLength })
  }

  #end(run: BatchRun): void {
    if (!this.#runs.has(run.id)) return
    this.#parts.engine.end(run.id).then(
      () => this.#inputEnded(run),
      (error: unknown) => this.#refused(run, error),
    )
  }

  #inputEnded(run: BatchRun): void {
    run.inputEnded = true
    this.#steps.feed({ kind: 'batch-ended', batch: run.id })
  }

  #pause(run: BatchRun, paused: boolean): void {
    if (this.#runs.has(run.id)) this.#steps.feed({ kind: 'batch-paused', batch: run.id, paused })
  }

  /** The engine did not take it: the client hears why, and what is scheduled of it is cancelled. */
  #refused(run: BatchRun, error: unknown): void {
    if (!this.#runs.has(run.id)) return
    run.sink.failed(error)
    if (run.scheduled) this.cancel(run.id)
    else this.#leave(run)
  }

  #online(worker: WorkerId, tasks: readonly TaskListing[]): void {
    this.tasks.learn(tasks)
    this.#steps.feed({ kind: 'worker-online', worker })
  }

  #lost(worker: WorkerId, exit: ExitCause, reason: string | undefined): void {
    this.#parts.observer.workerLost(reason ?? (exit.signal === undefined ? 'exit' : 'signal'))
    for (const [shard, held] of this.#shards) if (held.worker === worker) this.#shards.delete(shard)
    this.#steps.feed({ kind: 'worker-lost', worker, exit })
  }

  #ran(worker: WorkerId, message: RanMessage): void {
    const shard = message.shard as ShardId
    const held = this.#shards.get(shard)
    const failures = message.failures ?? []
    if (held === undefined || held.worker !== worker) {
      // The shard was taken from this worker in the meantime; somebody else's result is or will be the recorded one.
      if (held !== undefined) this.#parts.observer.duplicateDropped(held.run.pool, 'late', message.count)
      return
    }
    if (message.count > held.count || message.values.count + failures.length !== message.count || !areInOrder(failures, message.count)) {
      this.#parts.fleet.kill(worker, 'protocol')
      return
    }
    this.#shards.delete(shard)
    if (held.run.isSmall) this.#stir()
    const runMs = message.decodeMs + message.runMs + message.encodeMs
    if (message.count > 0) this.#parts.observer.shardRan(held.run.pool, message.count, message.runMs, message.decodeMs, message.encodeMs)
    this.#steps.feed({ kind: 'shard-ran', worker, shard, ran: message.count, failures, runMs }, { held, message })
  }

  #step(event: SchedulerEvent, ran: RanShard | undefined): void {
    const outcome = new StepOutcome()
    for (const command of step(this.#state, event, this.#parts.clock.now())) this.#carryOut(command, outcome)
    if (ran !== undefined) this.#recordRan(ran.held, ran.message, outcome)
    if (!outcome.empty) this.#recordRest(outcome)
  }

  #carryOut(command: SchedulerCommand, outcome: StepOutcome): void {
    const { fleet, clock } = this.#parts
    switch (command.kind) {
      case 'assign':
        return this.#assign(command)
      case 'settle-failed': {
        const run = this.#runs.get(command.batch)
        if (run !== undefined) outcome.failed(command.batch, command.index, taskFailureOf(command))
        return
      }
      case 'release-block': {
        const run = this.#runs.get(command.batch)
        const bytes = run?.release(command.block) ?? 0
        if (bytes > 0) run?.sink.credit(bytes)
        return
      }
      case 'batch-settled':
        outcome.settled(command)
        return
      case 'abort-shard':
        return fleet.abort(command.worker, command.shard)
      case 'start-workers':
        return fleet.startWorkers(command.count)
      case 'stop-worker':
        return fleet.retire(command.worker)
      case 'kill-worker':
        return fleet.kill(command.worker, 'cancel')
      case 'wake-at':
        this.#cancelWake?.()
        this.#cancelWake = command.at === undefined ? undefined : clock.schedule(command.at, () => this.#steps.feed({ kind: 'woken' }))
        return
      case 'drained':
        this.#drained.resolve()
    }
  }

  #assign(command: Assign): void {
    const run = this.#runs.get(command.batch)
    const held = run?.block(command.block)
    if (run === undefined || held === undefined) return
    const { request } = run
    const { shard, worker, from, count, attempt, yieldAfterMs } = command
    this.#shards.set(shard, { run, worker, from, count })
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

  /** Records what one shard gave, without the failures that will run again. */
  #recordRan(held: HeldShard, message: RanMessage, outcome: StepOutcome): void {
    const { run, from } = held
    if (message.count === 0 || !this.#runs.has(run.id)) return
    const final = new Map<number, TaskFailure>()
    const failedAt = (message.failures ?? []).map((failure) => failure.at)
    for (const at of failedAt) {
      const failure = outcome.take(run.id, from + at)
      if (failure !== undefined) final.set(at, { ...failure, at })
    }
    const ranges = splitRanges(from, message.count, message.values, failedAt, final)
    this.#record(run, [...ranges, ...rangesOfFailures(outcome.takeFailed(run.id))], outcome)
  }

  /** Records failures and ends that came from anything else: a lost worker, a cancelled batch, an empty one. */
  #recordRest(outcome: StepOutcome): void {
    for (const batch of outcome.batches()) {
      const run = this.#runs.get(batch)
      if (run !== undefined) this.#record(run, rangesOfFailures(outcome.takeFailed(batch)), outcome)
    }
  }

  #record(run: BatchRun, ranges: readonly RecordedRange[], outcome: StepOutcome): void {
    const settled = outcome.takeSettled(run.id)
    if (settled !== undefined) {
      const { completed, failed, cancelled, runMs, workers } = settled
      const wallMs = this.#parts.clock.now() - run.openedAt
      run.summary = { outcome: settled.outcome, completed, failed, cancelled, wallMs, runMs, workers }
    }
    const summary = settled === undefined ? undefined : run.summary
    if (ranges.length === 0 && summary === undefined) return
    this.#parts.engine.record(run.id, ranges, summary).then(
      (fresh) => this.#recorded(run, ranges, fresh, summary),
      (error: unknown) => this.#refused(run, error),
    )
  }

  #recorded(run: BatchRun, ranges: readonly RecordedRange[], fresh: readonly RecordedRange[], summary: BatchRun['summary']): void {
    const { observer } = this.#parts
    if (fresh.length < ranges.length) observer.duplicateDropped(run.pool, 'record', countOf(ranges) - countOf(fresh))
    const last = fresh.length - 1
    for (const [i, range] of fresh.entries()) {
      run.count(range)
      const succeeded = range.count - range.failures.length
      if (succeeded > 0) observer.tasksSettled(run.pool, 'completed', succeeded)
      if (range.failures.length > 0) this.#observeFailures(run, range)
      run.sink.results(range, i === last ? summary : undefined)
    }
    if (summary === undefined) return
    if (last < 0) run.sink.done(summary)
    if (summary.cancelled > 0) observer.tasksSettled(run.pool, 'cancelled', summary.cancelled)
    const ledger = this.#parts.engine.ledger(run.id)
    observer.batchEnded(run.pool, summary.wallMs, ledger === undefined ? 0 : ledger.submitted - ledger.recorded - ledger.cancelled)
    this.#close(run)
  }

  #observeFailures(run: BatchRun, range: RecordedRange): void {
    const quarantined = range.failures.filter((failure) => failure.error.code === 'WORKER_LOST').length
    const { observer } = this.#parts
    if (quarantined > 0) observer.tasksSettled(run.pool, 'quarantined', quarantined)
    if (range.failures.length > quarantined) observer.tasksSettled(run.pool, 'failed', range.failures.length - quarantined)
  }

  /** A frame of a small batch came: the next is waited for awake, unless there is work that needs the processors. */
  #stir(): void {
    if (this.#largeOpen === 0) this.#poll.stir()
    else this.#poll.rest()
  }

  #leave(run: BatchRun): void {
    if (this.#runs.delete(run.id) && !run.isSmall) this.#largeOpen--
  }

  #close(run: BatchRun): void {
    const { engine, clock } = this.#parts
    this.#leave(run)
    run.close()
    run.endedAt = clock.wallTime()
    const forgotten = this.#ended.add(run)
    if (forgotten !== undefined) void engine.forget(forgotten)
  }
}

/** Failures stand in ascending order of distinct places, all of them among those that ran. */
function areInOrder(failures: readonly ShardFailure[], ran: number): boolean {
  return failures.every((failure, i) => failure.at < ran && failure.at > (failures[i - 1]?.at ?? -1))
}

function countOf(ranges: readonly RecordedRange[]): number {
  return ranges.reduce((sum, range) => sum + range.count, 0)
}
