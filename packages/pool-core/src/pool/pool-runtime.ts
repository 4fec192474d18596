import type { Clock, ExitCause, ForkpoolError } from '../base/index.ts'
import { systemRandom, WorkerLostError } from '../base/index.ts'
import type { BatchCarrier, BatchOwner, BatchSubmission, CarrierLimits } from '../batch/index.ts'
import { StepRunner, TaskCatalogue } from '../dispatch/index.ts'
import type { SettledRange, StepHost } from '../dispatch/index.ts'
import { FRAME_BYTES_MAX, INPUT_WINDOW_BYTES } from '../protocol/index.ts'
import type { ItemBlock, RanMessage } from '../protocol/index.ts'
import type { Assign, BatchId, BatchSettled, ShardId, WorkerId } from '../scheduler/index.ts'
import { LocalBatches } from './local-batches.ts'
import { movedIn, NestedCalls } from './nested-calls.ts'
import { LocalFleet } from './local-fleet.ts'
import { carriedStores } from '../task/index.ts'
import type { ResolvedPoolOptions } from './options.ts'
import { closedError, PoolLife } from './pool-life.ts'
import { fleetSetup, poolSet, schedulerOptions } from './pool-setup.ts'
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
  /** Storages that go along with calls, by name. */
  readonly #context: ResolvedPoolOptions['context']
  readonly #size: number
  readonly #steps: StepRunner
  readonly #fleet: LocalFleet
  readonly #runs: ShardRuns
  readonly #nested: NestedCalls
  readonly #catalogue = new TaskCatalogue<{ readonly name: string }>()
  readonly #batches: LocalBatches

  constructor(backend: WorkerBackend, options: ResolvedPoolOptions, clock: Clock) {
    this.#context = options.context
    this.attaches = backend.kind === 'thread'
    this.#size = options.size
    this.gathersCalls = options.queueLimit === Number.POSITIVE_INFINITY
    this.life = new PoolLife(options.queueLimit, clock)
    this.#batches = new LocalBatches({
      clock,
      life: this.life,
      pool: { kind: backend.kind, size: options.size },
      feed: (event) => this.#steps.feed(event),
      unknownTask: (task) => this.#unknownTask(task),
    })
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
    return this.#batches.submit(owner, submission)
  }

  items(number: number, items: ItemBlock, end: boolean): void {
    this.#batches.items(number, items, end)
  }

  end(number: number): void {
    this.#batches.end(number)
  }

  cancel(number: number): void {
    this.#batches.cancel(number)
  }

  skip(number: number, index: number): void {
    const batch = this.#batches.find(number)
    if (batch !== undefined) this.#runs.skip(batch, index)
  }

  consumed(number: number, bytes: number): void {
    this.#batches.consumed(number, bytes)
  }

  /** The reader of a generator has taken so many items. */
  more(number: number, count: number): void {
    const batch = this.#batches.find(number)
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
      this.#batches.failEach(() => closedError('the pool was terminated'))
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
    this.#batches.settled(id, ranges, end)
    if (end !== undefined) this.#drainIfDone()
  }

  drained(): void {
    void this.#endWorkers('stop')
  }

  /** What is open may be followed by more, so the scheduler is told only when nothing is. */
  #drainIfDone(): void {
    if (this.life.state === 'draining' && this.#batches.size === 0) this.#steps.feed({ kind: 'drain-requested' })
  }

  #online(worker: WorkerId, tasks: readonly string[]): void {
    if (this.#catalogue.tasks.length === 0) {
      this.#catalogue.learn(tasks.map((name) => ({ name })))
      this.#batches.failEach((batch) => this.#unknownTask(batch.submission.task))
    }
    this.#steps.feed({ kind: 'worker-online', worker })
  }

  /** A task that no module has would fail for each item; the call says it once. Undefined while nothing is known of the modules. */
  #unknownTask(task: string): ForkpoolError | undefined {
    return this.#catalogue.tasks.length === 0 ? undefined : this.#catalogue.refusal(task)
  }

  #lost(worker: WorkerId, exit: ExitCause): void {
    this.#nested.lost(worker)
    for (const batch of this.#runs.lost(worker)) this.#batches.fail(batch, lostFor(batch.submission.task, exit))
    this.#steps.feed({ kind: 'worker-lost', worker, exit })
  }

  #ran(worker: WorkerId, message: RanMessage): void {
    const answered = this.#runs.answered(worker, message)
    if (answered !== undefined) this.#steps.feed(answered.event, answered.answer)
  }

  #break(error: ForkpoolError): void {
    const copy = this.life.break(error)
    if (copy !== undefined) this.#batches.failEach(copy)
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
