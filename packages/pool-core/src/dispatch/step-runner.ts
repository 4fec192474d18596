import type { Cancel, Clock, Random } from '../base/index.ts'
import { createScheduler, step } from '../scheduler/index.ts'
import type {
  Assign,
  BatchId,
  BatchSettled,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerOptions,
  SchedulerState,
  SettleFailed,
  ShardId,
  WorkerId,
} from '../scheduler/index.ts'
import { settledRanges } from './settled-ranges.ts'
import type { ShardAnswer } from './settled-ranges.ts'
import { rangesOfFailures } from './split-ranges.ts'
import type { SettledRange } from './split-ranges.ts'
import { StepOutcome } from './step-outcome.ts'
import { StepQueue } from './step-queue.ts'
import { taskFailureOf } from './task-failure.ts'

/** Who does what the scheduler commands: a coordinator's dispatcher, or a local pool. It may feed events meanwhile; they wait their turn. */
export interface StepHost {
  assign(command: Assign): void
  /** All items of the block have settled. */
  releaseBlock(batch: BatchId, block: number): void
  startWorkers(count: number): void
  stopWorker(worker: WorkerId): void
  killWorker(worker: WorkerId): void
  abortShard(worker: WorkerId, shard: ShardId): void
  /** A task has failed for good. It will be among what the step settled; its block is still there. */
  failed?(command: SettleFailed): void
  /**
   * What one step settled of a batch, when its commands are carried out: ranges of results, its end, or both. `answer`: the worker's, where
   * the step was about one.
   */
  settled(batch: BatchId, ranges: readonly SettledRange[], end: BatchSettled | undefined, answer: ShardAnswer | undefined): void
  drained(): void
}

export interface StepRunnerParts {
  readonly scheduler: SchedulerOptions
  readonly clock: Clock
  /** Where the jitter of waits comes from. */
  readonly random: Pick<Random, 'next'>
  readonly host: StepHost
  /** Whether the scheduler's timer keeps the program alive. Default true. */
  readonly keepsAlive?: boolean | undefined
}

/**
 * Runs a scheduler: steps events one after the other, has their commands carried out, keeps the one timer, and puts together what each step
 * settled. It decides nothing.
 */
export class StepRunner {
  readonly #clock: Clock
  readonly #host: StepHost
  readonly #keepsAlive: boolean
  /** Written by `step` alone. */
  readonly #state: SchedulerState
  readonly #steps = new StepQueue<ShardAnswer>((event, answer) => this.#step(event, answer))
  #cancelWake: Cancel | undefined

  constructor({ scheduler, clock, random, host, keepsAlive = true }: StepRunnerParts) {
    this.#clock = clock
    this.#host = host
    this.#keepsAlive = keepsAlive
    this.#state = createScheduler(scheduler, random)
  }

  /** To read figures from; nobody but `step` writes it. */
  get state(): SchedulerState {
    return this.#state
  }

  /** Takes an event in; with `shard-ran`, what the worker gave. @throws what `step` throws. */
  feed(event: SchedulerEvent, answer?: ShardAnswer): void {
    this.#steps.feed(event, answer)
  }

  /** Stops the timer. */
  stop(): void {
    this.#cancelWake?.()
    this.#cancelWake = undefined
  }

  #step(event: SchedulerEvent, answer: ShardAnswer | undefined): void {
    const outcome = new StepOutcome()
    for (const command of step(this.#state, event, this.#clock.now())) this.#carryOut(command, outcome)
    if (answer !== undefined) this.#report(answer.batch, settledRanges(answer, outcome), outcome, answer)
    if (outcome.empty) return
    for (const batch of outcome.batches()) this.#report(batch, rangesOfFailures(outcome.takeFailed(batch)), outcome, undefined)
  }

  #carryOut(command: SchedulerCommand, outcome: StepOutcome): void {
    const host = this.#host
    switch (command.kind) {
      case 'assign':
        return host.assign(command)
      case 'settle-failed':
        outcome.failed(command.batch, command.index, taskFailureOf(command))
        return host.failed?.(command)
      case 'release-block':
        return host.releaseBlock(command.batch, command.block)
      case 'batch-settled':
        return outcome.settled(command)
      case 'abort-shard':
        return host.abortShard(command.worker, command.shard)
      case 'start-workers':
        return host.startWorkers(command.count)
      case 'stop-worker':
        return host.stopWorker(command.worker)
      case 'kill-worker':
        return host.killWorker(command.worker)
      case 'wake-at': {
        this.#cancelWake?.()
        const wake = (): void => this.feed({ kind: 'woken' })
        this.#cancelWake = command.at === undefined ? undefined : this.#clock.schedule(command.at, wake, { unref: !this.#keepsAlive })
        return
      }
      case 'drained':
        host.drained()
    }
  }

  #report(batch: BatchId, ranges: readonly SettledRange[], outcome: StepOutcome, answer: ShardAnswer | undefined): void {
    const end = outcome.takeSettled(batch)
    if (ranges.length > 0 || end !== undefined) this.#host.settled(batch, ranges, end, answer)
  }
}
