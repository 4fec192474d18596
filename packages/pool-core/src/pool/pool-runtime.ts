import type { Clock, ExitCause, ForkpoolError } from '../base/index.ts'
import { systemRandom, WorkerLostError } from '../base/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission, CarrierLimits } from '../batch/index.ts'
import { StepRunner, TaskCatalogue, whyGivenUp } from '../dispatch/index.ts'
import type { SettledRange, StepHost } from '../dispatch/index.ts'
import { FRAME_BYTES_MAX, INPUT_WINDOW_BYTES } from '../protocol/index.ts'
import type { ItemBlock, RanMessage, TaskListing } from '../protocol/index.ts'
import type { Assign, BatchId, BatchSettled, ShardId, WorkerId } from '../scheduler/index.ts'
import { summaryOf } from './batch-end.ts'
import { LocalBatch } from './local-batch.ts'
import { movedIn, NestedCalls } from './nested-calls.ts'
import { LocalFleet } from './local-fleet.ts'
import { carriedStores } from '../task/index.ts'
import type { ResolvedPoolOptions } from './options.ts'
import { closedError, PoolLife } from './pool-life.ts'
import { batchOpened, fleetSetup, poolSet, schedulerOptions } from './pool-setup.ts'
import { ShardRuns } from './shard-runs.ts'
import type { LocalPoolStatistics } from './statistics.ts'
import { statisticsOf } from './statistics-of.ts'
import type { WorkerBackend } from './worker-backend.ts'

/**
 * Runs the scheduler for a local pool: calls and workers' news in, commands out. It decides nothing about who runs what. The coordinator's
 * dispatcher is its like, with a record on disk in between.
 */
export class PoolRuntime implements BatchCarrier, StepHost {
  readonly limits: CarrierLimits = { frameBytes: FRAME_BYTES_MAX, inputWindowBytes: INPUT_WINDOW_BYTES }
  readonly isRemote = false
  /** Not where calls are counted. */
  readonly gathersCalls: boolean
  readonly attaches: boolean
  readonly life: PoolLife
  readonly #clock: Clock
  /** Storages that go along with calls, by name. */
  readonly #context: ResolvedPoolOptions['context']
  readonly #size: number
  readonly #kind: WorkerBackend['kind']
  readonly #steps: StepRunner
  readonly #fleet: LocalFleet
  readonly #runs: ShardRuns
  readonly #nested: NestedCalls
  readonly #catalogue = new TaskCatalogue()
  readonly #batches = new Map<BatchId, LocalBatch>()
  #submitted = 0

  constructor(backend: WorkerBackend, options: ResolvedPoolOptions, clock: Clock) {
    this.#clock = clock
    this.#context = options.context
    this.attaches = backend.kind === 'thread'
    this.#size = options.size
    this.#kind = backend.kind
    this.gathersCalls = options.queueLimit === Number.POSITIVE_INFINITY
    this.life = new PoolLife(options.queueLimit, clock)
    this.#steps = new StepRunner({ scheduler: schedulerOptions(options), clock, random: systemRandom, host: this, keepsAlive: false })
    this.#fleet = new LocalFleet(backend, fleetSetup(options), clock, {
      online: (worker, tasks) => this.#online(worker, tasks),
      lost: (worker, exit) => this.#lost(worker, exit),
      ran: (worker, message) => this.#ran(worker, message),
      note: (worker, note) => {
        if (note.kind === 'call') this.#nested.take(worker, note.shard as ShardId, note.call)
        else this.#runs.note(worker, note)
      },
      broken: (error) => this.#break(error),
    })
    this.#runs = new ShardRuns(this.#fleet, options, clock, (event) => this.#steps.feed(event))
    this.#nested = new NestedCalls(this, {
      parentOf: (worker, shard) => this.#runs.submissionOf(worker, shard),
      answer: (worker, answer) => this.#fleet.note(worker, { kind: 'answer', answer }, movedIn(answer)),
      waits: (worker, shard, waits) => this.#runs.waits(worker, shard, waits),
    })
    this.#steps.feed(poolSet(options))
    this.#fleet.prepare()
  }

  submit(owner: BatchOwner, submission: BatchSubmission): number {
    const number = ++this.#submitted
    const refusal = this.life.refusal(submission.follows === true) ?? this.#unknownTask(submission.task)
    if (refusal !== undefined) {
      owner.failed(refusal)
      return number
    }
    const batch = new LocalBatch(number, submission, owner, this.#clock.now())
    this.#batches.set(batch.id, batch)
    this.life.callOpened()
    const { items } = submission
    this.#steps.feed(batchOpened(batch))
    if (items !== undefined) this.#add(batch, items)
    if (batch.inputEnded) this.#steps.feed({ kind: 'batch-ended', batch: batch.id })
    owner.accepted({ kind: 'accepted', batch: number, id: batch.id, pool: this.#kind, poolSize: this.#size })
    batch.tellRoom()
    return number
  }

  items(number: number, items: ItemBlock, end: boolean): void {
    const batch = this.#find(number)
    if (batch?.owner === undefined) return
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
    batch.consumed(bytes)
    this.#pace(batch)
  }

  /** The reader of a generator has taken so many items. */
  more(number: number, count: number): void {
    const batch = this.#find(number)
    if (batch !== undefined) this.#runs.more(batch, count)
  }

  /** What goes along with a call that is made here and now. */
  stores(): Uint8Array | undefined {
    return carriedStores(this.#context)
  }

  /** Takes no further call, runs what is open, and ends the workers in good order. */
  close(): Promise<void> {
    if (this.life.drain()) this.#drainIfDone()
    return this.life.closed
  }

  /** Rejects what is open with `POOL_CLOSED`, and ends the workers at once. */
  terminate(): Promise<void> {
    if (this.life.stop()) {
      this.#failAll(() => closedError('the pool was terminated'))
      void this.#endWorkers('kill')
    }
    return this.life.closed
  }

  statistics(): LocalPoolStatistics {
    return statisticsOf({ life: this.life, size: this.#size, scheduler: this.#steps.state, fleet: this.#fleet, runs: this.#runs })
  }

  assign(command: Assign): void {
    const batch = this.#batches.get(command.batch)
    if (batch !== undefined) this.#runs.start(batch, command)
  }

  releaseBlock(id: BatchId, block: number): void {
    this.#batches.get(id)?.release(block)
  }

  startWorkers(count: number): void {
    // Of a broken pool, the others would end as those did that could not be set up.
    if (this.life.needsWorkers) this.#fleet.startWorkers(count)
  }

  stopWorker(worker: WorkerId): void {
    this.#fleet.retire(worker)
  }

  killWorker(worker: WorkerId): void {
    this.#fleet.kill(worker)
  }

  abortShard(worker: WorkerId, shard: ShardId): void {
    this.#fleet.abort(worker, shard)
  }

  settled(id: BatchId, ranges: readonly SettledRange[], end: BatchSettled | undefined): void {
    const batch = this.#batches.get(id)
    if (batch === undefined) return
    if (end === undefined) {
      batch.results(ranges, undefined)
      this.#pace(batch)
      return
    }
    const summary = summaryOf(end, this.#clock.now() - batch.openedAt)
    const error = whyGivenUp(end)
    this.#batches.delete(id)
    batch.results(ranges, error === undefined ? summary : undefined)
    if (error === undefined) batch.owner?.ended(summary)
    else batch.owner?.failed(error)
    batch.owner = undefined
    this.life.callEnded()
    this.#drainIfDone()
  }

  drained(): void {
    void this.#endWorkers('stop')
  }

  /** What is open may be followed by more, so the scheduler is told only when nothing is. */
  #drainIfDone(): void {
    if (this.life.state === 'draining' && this.#batches.size === 0) this.#steps.feed({ kind: 'drain-requested' })
  }

  #find(number: number): LocalBatch | undefined {
    return this.#batches.get(String(number) as BatchId)
  }

  #add(batch: LocalBatch, items: ItemBlock): void {
    batch.hold(items, this.#clock.now())
    // An empty block is not a block: the scheduler would wait for items that never settle.
    if (items.count === 0) return
    this.#steps.feed({ kind: 'items-added', batch: batch.id, count: items.count, bytes: items.bytes.byteLength })
  }

  #end(batch: LocalBatch): void {
    batch.inputEnded = true
    this.#steps.feed({ kind: 'batch-ended', batch: batch.id })
  }

  /** Starts no further shard of a batch whose reader is far behind. */
  #pace(batch: LocalBatch): void {
    const paused = batch.changeOfPause()
    if (paused !== undefined) this.#steps.feed({ kind: 'batch-paused', batch: batch.id, paused })
  }

  #online(worker: WorkerId, tasks: readonly TaskListing[]): void {
    if (this.#catalogue.tasks.length === 0) {
      this.#catalogue.learn(tasks)
      for (const batch of this.#batches.values()) {
        const error = this.#unknownTask(batch.submission.task)
        if (error !== undefined) this.#fail(batch, error)
      }
    }
    this.#steps.feed({ kind: 'worker-online', worker })
  }

  /** A task that no module has would fail for each item; the call says it once. Undefined while nothing is known of the modules. */
  #unknownTask(task: string): ForkpoolError | undefined {
    return this.#catalogue.tasks.length === 0 ? undefined : this.#catalogue.refusal(task)
  }

  #lost(worker: WorkerId, exit: ExitCause): void {
    this.#nested.lost(worker)
    for (const batch of this.#runs.lost(worker)) this.#fail(batch, lostFor(batch.submission.task, exit))
    this.#steps.feed({ kind: 'worker-lost', worker, exit })
  }

  #ran(worker: WorkerId, message: RanMessage): void {
    const answered = this.#runs.answered(worker, message)
    if (answered !== undefined) this.#steps.feed(answered.event, answered.answer)
  }

  #break(error: ForkpoolError): void {
    const copy = this.life.break(error)
    if (copy !== undefined) this.#failAll(copy)
  }

  #failAll(error: () => ForkpoolError): void {
    for (const batch of this.#batches.values()) this.#fail(batch, error())
  }

  #fail(batch: LocalBatch, error: ForkpoolError): void {
    const { owner } = batch
    this.cancel(batch.number)
    owner?.failed(error)
  }

  async #endWorkers(how: 'stop' | 'kill'): Promise<void> {
    this.life.stop()
    await this.#fleet.end(how)
    this.#batches.clear()
    this.#steps.stop()
    this.life.close()
  }
}

/** The one task of this call went down with its worker, and cannot run again: what it has sent, or was sent, is gone. */
function lostFor(task: string, exit: ExitCause): WorkerLostError {
  return new WorkerLostError(`the worker was lost that ran ${task}, which cannot run a second time`, { task, index: 0, attempts: 1 }, exit)
}
