import type { Cancel, Clock, ExitCause } from '../base/index.ts'
import { deferred, ForkpoolError } from '../base/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission, CarrierLimits } from '../batch/index.ts'
import { rangesOfFailures, splitRanges, StepOutcome, StepQueue, TaskCatalogue, taskFailureOf } from '../dispatch/index.ts'
import type { SettledRange } from '../dispatch/index.ts'
import { blockBytes, FRAME_BYTES_MAX, INPUT_WINDOW_BYTES, resultBytes, RESULT_WINDOW_BYTES, sliceBlock } from '../protocol/index.ts'
import type { BatchSummary, ItemBlock, RanMessage, TaskFailure, TaskListing } from '../protocol/index.ts'
import { createScheduler, schedulerStatistics, step } from '../scheduler/index.ts'
import type {
  Assign,
  BatchId,
  PoolName,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerState,
  SessionId,
  ShardId,
  WorkerId,
} from '../scheduler/index.ts'
import { LocalBatch } from './local-batch.ts'
import { LocalFleet } from './local-fleet.ts'
import type { ResolvedPoolOptions } from './options.ts'
import type { PoolState } from './pool-state.ts'
import { RunDeadlines } from './run-deadlines.ts'
import { RunCounts } from './run-counts.ts'
import type { LocalPoolStatistics } from './statistics.ts'
import { timedOutRun, timeoutError } from './timed-out-run.ts'
import { Vigil } from './vigil.ts'
import type { WorkerBackend } from './worker-backend.ts'
import { WorkerQuotas } from './worker-quotas.ts'

/** What a worker gave, beside the event that tells the scheduler of it. */
interface RanShard {
  readonly batch: LocalBatch
  readonly from: number
  readonly message: RanMessage
}

interface HeldShard {
  readonly batch: LocalBatch
  readonly worker: WorkerId
  readonly from: number
}

/** The one pool and the one session that the scheduler of a local pool knows. */
const POOL = 'local' as PoolName
const SESSION = 'local' as SessionId

/**
 * Runs the scheduler for a local pool: calls and workers' news in, commands out. It decides nothing about who runs what. The coordinator's
 * dispatcher is its like, with a record on disk in between.
 */
export class PoolRuntime implements BatchCarrier {
  readonly limits: CarrierLimits = { frameBytes: FRAME_BYTES_MAX, inputWindowBytes: INPUT_WINDOW_BYTES }
  readonly keepsTime = true
  /** Not where calls are counted. */
  readonly gathersCalls: boolean
  readonly #clock: Clock
  readonly #options: ResolvedPoolOptions
  readonly #kind: WorkerBackend['kind']
  /** Written by `step` alone. */
  readonly #scheduler: SchedulerState
  readonly #fleet: LocalFleet
  readonly #deadlines: RunDeadlines
  readonly #catalogue = new TaskCatalogue()
  readonly #batches = new Map<BatchId, LocalBatch>()
  readonly #shards = new Map<ShardId, HeldShard>()
  readonly #quotas: WorkerQuotas
  readonly #counts = new RunCounts()
  #lostCount = 0
  #submitted = 0
  readonly #steps = new StepQueue<RanShard>((event, ran) => this.#step(event, ran))
  #cancelWake: Cancel | undefined
  #state: PoolState = 'running'
  /** No worker can be set up: why. */
  #broken: ForkpoolError | undefined
  readonly #drained = deferred<void>()
  /** Resolves when the pool is closed. */
  readonly #closed = deferred<void>()
  /** Held while a call is open, and while the pool ends. */
  readonly #vigil = new Vigil()
  #spaceWaiters: (() => void)[] = []

  constructor(backend: WorkerBackend, options: ResolvedPoolOptions, clock: Clock) {
    this.#clock = clock
    this.#options = options
    this.gathersCalls = options.queueLimit === Number.POSITIVE_INFINITY
    this.#kind = backend.kind
    this.#quotas = new WorkerQuotas(options.maxTasksPerWorker)
    this.#scheduler = createScheduler({
      baseWorkers: options.minSize,
      maxWorkers: options.size,
      idleRetireMs: options.idleTimeoutMs,
      crashLimit: options.crashLimit,
      cancelGraceMs: options.cancelGraceMs,
      // A worker that may run so many tasks is handed no more than those.
      ...(options.maxTasksPerWorker !== undefined && { prefetch: 0 }),
    })
    const { modules, initializer, initializerArguments, finalizer } = options
    this.#fleet = new LocalFleet(backend, { modules, initializer, initializerArguments, finalizer }, clock, {
      online: (worker, tasks) => this.#online(worker, tasks),
      lost: (worker, exit, asked) => this.#lost(worker, exit, asked),
      ran: (worker, message) => this.#ran(worker, message),
      broken: (error) => this.#break(error),
    })
    this.#deadlines = new RunDeadlines(clock, options.cancelGraceMs, {
      late: (worker, shard) => this.#fleet.abort(worker, shard),
      overdue: (worker, shard) => this.#overdue(worker, shard),
    })
    this.#steps.feed({ kind: 'pool-set', pool: POOL, size: options.size })
  }

  get state(): PoolState {
    return this.#state
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  submit(owner: BatchOwner, submission: BatchSubmission): number {
    const number = ++this.#submitted
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      owner.failed(refusal)
      return number
    }
    const bytes = submission.items === undefined ? 0 : blockBytes(submission.items)
    const batch = new LocalBatch(number, submission, owner, INPUT_WINDOW_BYTES - bytes, this.#clock.now())
    if (this.#batches.size === 0) this.#vigil.hold()
    this.#batches.set(batch.id, batch)
    const { task, priority = 0, chunkSize, total, retries = 0, backoffMs = 0, failFast = false, timeoutMs, items } = submission
    this.#steps.feed({
      kind: 'batch-opened',
      batch: batch.id,
      session: SESSION,
      pool: POOL,
      task,
      priority,
      // Of a longer shard nobody could say which task takes too long.
      chunkSize: timeoutMs === undefined ? chunkSize : 1,
      total,
      retries,
      backoffMs,
      failFast,
    })
    if (items !== undefined) this.#add(batch, items)
    if (batch.inputEnded) this.#steps.feed({ kind: 'batch-ended', batch: batch.id })
    owner.accepted({ kind: 'accepted', batch: number, id: batch.id, pool: this.#kind, poolSize: this.#options.size })
    if (!batch.inputEnded) owner.room(batch.roomBytes)
    return number
  }

  items(number: number, items: ItemBlock, end: boolean): void {
    const batch = this.#find(number)
    if (batch?.owner === undefined) return
    batch.roomBytes -= blockBytes(items)
    this.#add(batch, items)
    if (end) this.#end(batch)
  }

  end(number: number): void {
    const batch = this.#find(number)
    if (batch?.owner !== undefined) this.#end(batch)
  }

  cancel(number: number): void {
    const batch = this.#find(number)
    if (batch?.owner === undefined) return
    batch.owner = undefined
    this.#steps.feed({ kind: 'batch-cancelled', batch: batch.id })
  }

  consumed(number: number, bytes: number): void {
    const batch = this.#find(number)
    if (batch === undefined) return
    batch.unreadBytes -= bytes
    this.#pace(batch)
  }

  /** Resolves when a further call may be opened. Rejects with `POOL_CLOSED` when none ever will be. */
  async space(): Promise<void> {
    while (this.#state === 'running' && this.#batches.size >= this.#options.queueLimit) {
      await new Promise<void>((resolve) => this.#spaceWaiters.push(resolve))
    }
    if (this.#state !== 'running') throw closedError()
  }

  /** Takes no further call, runs what is open, and ends the workers in good order. */
  close(): Promise<void> {
    if (this.#state !== 'running') return this.#closed.promise
    this.#state = 'draining'
    this.#vigil.hold()
    this.#wakeSpaceWaiters()
    void this.#drained.promise.then(() => this.#endWorkers('stop'))
    this.#steps.feed({ kind: 'drain-requested' })
    return this.#closed.promise
  }

  /** Rejects what is open with `POOL_CLOSED`, and ends the workers at once. */
  terminate(): Promise<void> {
    if (this.#state === 'closed') return this.#closed.promise
    this.#state = 'stopping'
    this.#vigil.hold()
    this.#wakeSpaceWaiters()
    this.#failAll(() => closedError('the pool was terminated'))
    void this.#endWorkers('kill')
    return this.#closed.promise
  }

  statistics(): LocalPoolStatistics {
    const { pools, workers, openBatches } = schedulerStatistics(this.#scheduler)
    const { queued = 0, running = 0, completed = 0, failed = 0, cancelled = 0 } = pools[0] ?? {}
    return {
      state: this.#state,
      size: this.#options.size,
      workers: { ...workers, started: this.#fleet.startedCount, lost: this.#lostCount },
      openCalls: openBatches,
      tasks: { queued, running, completed, failed, cancelled },
      byTask: this.#counts.figures(),
    }
  }

  #refusal(): ForkpoolError | undefined {
    if (this.#state !== 'running') return closedError()
    if (this.#broken !== undefined) return copyOf(this.#broken)
    if (this.#batches.size < this.#options.queueLimit) return undefined
    return new ForkpoolError('LIMIT_EXCEEDED', `${this.#batches.size} calls are open, and queueLimit allows no more: wait for space()`)
  }

  #find(number: number): LocalBatch | undefined {
    return this.#batches.get(String(number) as BatchId)
  }

  #add(batch: LocalBatch, items: ItemBlock): void {
    // An empty block is not a block: the scheduler would wait for items that never settle.
    if (items.count === 0) return
    batch.hold(items)
    this.#steps.feed({ kind: 'items-added', batch: batch.id, count: items.count, bytes: items.bytes.byteLength })
  }

  #end(batch: LocalBatch): void {
    batch.inputEnded = true
    this.#steps.feed({ kind: 'batch-ended', batch: batch.id })
  }

  /** Starts no further shard of a batch whose reader is far behind. */
  #pace(batch: LocalBatch): void {
    const paused = batch.unreadBytes > RESULT_WINDOW_BYTES
    if (paused === batch.paused) return
    batch.paused = paused
    this.#steps.feed({ kind: 'batch-paused', batch: batch.id, paused })
  }

  #online(worker: WorkerId, tasks: readonly TaskListing[]): void {
    if (this.#catalogue.tasks.length === 0) {
      this.#catalogue.learn(tasks)
      for (const batch of this.#batches.values()) this.#checkTask(batch)
    }
    this.#steps.feed({ kind: 'worker-online', worker })
  }

  /** A task that no module has would fail for each item; the call says it once. */
  #checkTask(batch: LocalBatch): void {
    try {
      this.#catalogue.demand(batch.submission.task)
    } catch (error) {
      const { owner } = batch
      this.cancel(batch.number)
      owner?.failed(error as ForkpoolError)
    }
  }

  #lost(worker: WorkerId, exit: ExitCause, asked: boolean): void {
    if (!asked) this.#lostCount++
    for (const [shard, held] of this.#shards) if (held.worker === worker) this.#shards.delete(shard)
    this.#deadlines.lost(worker)
    this.#quotas.lost(worker)
    this.#steps.feed({ kind: 'worker-lost', worker, exit })
  }

  #ran(worker: WorkerId, message: RanMessage): void {
    const shard = message.shard as ShardId
    const isLate = this.#deadlines.answered(worker, shard)
    const held = this.#shards.get(shard)
    if (held === undefined || held.worker !== worker) return
    this.#shards.delete(shard)
    const { batch, from } = held
    const ran = isLate ? timedOutRun(message, batch.submission.timeoutMs) : message
    const { count, failures = [] } = ran
    const runMs = ran.decodeMs + ran.runMs + ran.encodeMs
    this.#counts.count(batch.submission.task, count, failures.length, runMs)
    const spent = this.#quotas.spend(worker, message.count)
    this.#steps.feed({ kind: 'shard-ran', worker, shard, ran: count, failures, runMs, spent }, { batch, from, message: ran })
  }

  #overdue(worker: WorkerId, shard: ShardId): void {
    const held = this.#shards.get(shard)
    if (held === undefined) return
    this.#shards.delete(shard)
    this.#counts.count(held.batch.submission.task, 1, 1, held.batch.submission.timeoutMs ?? 0)
    this.#steps.feed({ kind: 'shard-timed-out', worker, shard, error: timeoutError(held.batch.submission.timeoutMs) })
  }

  /** No worker can be set up, so no call can end well: all of them say why, those to come too. */
  #break(error: ForkpoolError): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    this.#failAll(() => copyOf(error))
  }

  #failAll(error: () => ForkpoolError): void {
    for (const batch of this.#batches.values()) {
      const { owner } = batch
      this.cancel(batch.number)
      owner?.failed(error())
    }
  }

  async #endWorkers(how: 'stop' | 'kill'): Promise<void> {
    if (this.#state === 'draining') this.#state = 'stopping'
    await this.#fleet.end(how)
    this.#batches.clear()
    this.#state = 'closed'
    this.#cancelWake?.()
    this.#cancelWake = undefined
    this.#closed.resolve()
    this.#letGoIfDone()
  }

  #letGoIfDone(): void {
    if (this.#batches.size > 0 || this.#state === 'draining' || this.#state === 'stopping') return
    this.#vigil.letGo()
  }

  #wakeSpaceWaiters(): void {
    const waiters = this.#spaceWaiters
    this.#spaceWaiters = []
    for (const wake of waiters) wake()
  }

  #step(event: SchedulerEvent, ran: RanShard | undefined): void {
    const outcome = new StepOutcome()
    for (const command of step(this.#scheduler, event, this.#clock.now())) this.#carryOut(command, outcome)
    if (ran !== undefined) this.#reportRan(ran, outcome)
    if (!outcome.empty) for (const id of outcome.batches()) this.#report(id, rangesOfFailures(outcome.takeFailed(id)), outcome)
  }

  #carryOut(command: SchedulerCommand, outcome: StepOutcome): void {
    switch (command.kind) {
      case 'assign':
        return this.#assign(command)
      case 'settle-failed':
        return outcome.failed(command.batch, command.index, taskFailureOf(command))
      case 'release-block':
        return this.#release(command.batch, command.block)
      case 'batch-settled':
        return outcome.settled(command)
      case 'abort-shard':
        return this.#fleet.abort(command.worker, command.shard)
      case 'start-workers':
        // The others would end as those did that could not be set up.
        if (this.#broken === undefined && this.#state !== 'stopping' && this.#state !== 'closed') this.#fleet.startWorkers(command.count)
        return
      case 'stop-worker':
        return this.#fleet.retire(command.worker)
      case 'kill-worker':
        return this.#fleet.kill(command.worker)
      case 'wake-at':
        this.#cancelWake?.()
        this.#cancelWake =
          command.at === undefined
            ? undefined
            : this.#clock.schedule(command.at, () => this.#steps.feed({ kind: 'woken' }), { unref: true })
        return
      case 'drained':
        this.#drained.resolve()
    }
  }

  #assign({ shard, worker, batch: id, block, offset, count, from, attempt, yieldAfterMs }: Assign): void {
    const batch = this.#batches.get(id)
    const held = batch?.block(block)
    if (batch === undefined || held === undefined) return
    const { task, spread = false, timeoutMs } = batch.submission
    const sent = this.#quotas.cut(worker, count)
    const items = offset === 0 && sent === held.count ? held : sliceBlock(held, offset, sent)
    this.#shards.set(shard, { batch, worker, from })
    this.#deadlines.assigned(worker, shard, timeoutMs)
    this.#fleet.run(worker, { kind: 'run', shard, task, from, spread, attempt, reply: 'auto', yieldAfterMs, items })
  }

  #release(id: BatchId, block: number): void {
    const batch = this.#batches.get(id)
    const released = batch?.release(block)
    if (batch === undefined || released === undefined) return
    batch.roomBytes += blockBytes(released)
    if (!batch.inputEnded) batch.owner?.room(batch.roomBytes)
  }

  /** Hands out what one shard gave, without the failures that will run again. */
  #reportRan({ batch, from, message }: RanShard, outcome: StepOutcome): void {
    const final = new Map<number, TaskFailure>()
    const failedAt = (message.failures ?? []).map((failure) => failure.at)
    for (const at of failedAt) {
      const failure = outcome.take(batch.id, from + at)
      if (failure !== undefined) final.set(at, { ...failure, at })
    }
    const ranges = message.count === 0 ? [] : splitRanges(from, message.count, message.values, failedAt, final)
    const others = outcome.takeFailed(batch.id)
    this.#report(batch.id, others.size === 0 ? ranges : [...ranges, ...rangesOfFailures(others)], outcome)
  }

  #report(id: BatchId, ranges: readonly SettledRange[], outcome: StepOutcome): void {
    const batch = this.#batches.get(id)
    const settled = outcome.takeSettled(id)
    if (batch === undefined) return
    let summary: BatchSummary | undefined
    if (settled !== undefined) {
      const { kind: _kind, batch: _batch, ...counts } = settled
      summary = { ...counts, wallMs: this.#clock.now() - batch.openedAt }
      this.#batches.delete(id)
    }
    const last = ranges.length - 1
    for (const [i, { from, count, values, failures }] of ranges.entries()) {
      const message = { kind: 'results' as const, batch: batch.number, from, count, values, failures, ...(i === last && { done: summary }) }
      batch.unreadBytes += resultBytes(message)
      batch.owner?.results(message)
    }
    if (summary === undefined) {
      this.#pace(batch)
      return
    }
    batch.owner?.ended(summary)
    batch.owner = undefined
    this.#wakeSpaceWaiters()
    this.#letGoIfDone()
  }
}

function closedError(message = 'the pool is closed and takes no further call'): ForkpoolError {
  return new ForkpoolError('POOL_CLOSED', message)
}

/** One error object for each: a caller may add to its own. */
function copyOf(error: ForkpoolError): ForkpoolError {
  return new ForkpoolError(error.code, error.message, { cause: error.cause })
}
