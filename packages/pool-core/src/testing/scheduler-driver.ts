import { after } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { checkInvariants, createScheduler, isShardHeld, step } from '../scheduler/index.ts'
import type {
  Assign,
  BatchId,
  BatchOpened,
  PoolName,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerOptions,
  SchedulerState,
  SessionId,
  ShardTaskFailure,
  WorkerId,
} from '../scheduler/index.ts'

/** A command of one kind. */
export type CommandOf<Kind extends SchedulerCommand['kind']> = Extract<SchedulerCommand, { kind: Kind }>

/** What a test wants to say about a batch; everything has a quiet default. */
export interface DrivenBatch {
  readonly pool?: string | undefined
  readonly session?: string | undefined
  readonly task?: string | undefined
  readonly priority?: number | undefined
  readonly chunkSize?: number | undefined
  readonly total?: number | undefined
  readonly retries?: number | undefined
  readonly backoffMs?: number | undefined
  readonly failFast?: boolean | undefined
  readonly weight?: number | undefined
  readonly jitter?: number | undefined
  readonly timeoutMs?: number | undefined
  readonly deadlineMs?: number | undefined
  readonly itemBytes?: number | undefined
}

/** How a worker answers; by default it ran everything, without a failure, in no time. */
export interface DrivenAnswer {
  readonly ran?: number | undefined
  readonly failures?: readonly ShardTaskFailure[] | undefined
  readonly runMs?: number | undefined
  readonly spent?: boolean | undefined
  readonly skipped?: boolean | undefined
}

/**
 * Drives a scheduler by hand, in a test: short names for events, a clock that the test moves, the shards that each worker holds, and the
 * invariants checked after every step. The pool `pool` exists, with size 2, until the test sets it otherwise.
 */
export class SchedulerDriver {
  readonly state: SchedulerState
  now: Instant = 0 as Instant
  /** All commands so far. */
  readonly log: SchedulerCommand[] = []
  readonly #shards: Assign[] = []

  constructor(options: Partial<SchedulerOptions> = {}, random?: Pick<Random, 'next'>) {
    this.state = createScheduler({ baseWorkers: 0, maxWorkers: 8, ...options }, random)
    this.pool('pool', 2)
  }

  give(event: SchedulerEvent): readonly SchedulerCommand[] {
    const commands = step(this.state, event, this.now)
    checkInvariants(this.state)
    for (const command of commands) {
      this.log.push(command)
      if (command.kind === 'assign') this.#shards.push(command)
    }
    return commands
  }

  pool(name: string, size: number): readonly SchedulerCommand[] {
    return this.give({ kind: 'pool-set', pool: name as PoolName, size })
  }

  open(id: string, options: DrivenBatch = {}): readonly SchedulerCommand[] {
    const {
      backoffMs = 0,
      chunkSize,
      deadlineMs,
      failFast = false,
      jitter,
      pool = 'pool',
      priority = 0,
      retries = 0,
      session = 's',
      task = 't',
      timeoutMs,
      total,
      weight,
    } = options
    const batch: BatchOpened = {
      kind: 'batch-opened',
      batch: id as BatchId,
      session: session as SessionId,
      pool: pool as PoolName,
      task,
      priority,
      chunkSize,
      total,
      retries,
      backoffMs,
      failFast,
      weight,
      jitter,
      timeout: timeoutMs === undefined ? undefined : { ms: timeoutMs, error: 'too long' },
      deadlineMs,
    }
    return this.give(batch)
  }

  items(id: string, count: number, bytes: number = count * 8): readonly SchedulerCommand[] {
    return this.give({ kind: 'items-added', batch: id as BatchId, count, bytes })
  }

  end(id: string): readonly SchedulerCommand[] {
    return this.give({ kind: 'batch-ended', batch: id as BatchId })
  }

  /** Opens a batch with these items in one block, and ends its input. */
  submit(id: string, count: number, options: DrivenBatch = {}): readonly SchedulerCommand[] {
    const opened = this.open(id, options)
    const added = this.items(id, count, count * (options.itemBytes ?? 8))
    return [...opened, ...added, ...this.end(id)]
  }

  cancel(id: string): readonly SchedulerCommand[] {
    return this.give({ kind: 'batch-cancelled', batch: id as BatchId })
  }

  pause(id: string, paused: boolean): readonly SchedulerCommand[] {
    return this.give({ kind: 'batch-paused', batch: id as BatchId, paused })
  }

  online(...workers: readonly string[]): readonly SchedulerCommand[] {
    return workers.flatMap((worker) => this.give({ kind: 'worker-online', worker: worker as WorkerId }))
  }

  lost(worker: string, exitCode = 1): readonly SchedulerCommand[] {
    return this.give({ kind: 'worker-lost', worker: worker as WorkerId, exit: { exitCode } })
  }

  drain(): readonly SchedulerCommand[] {
    return this.give({ kind: 'drain-requested' })
  }

  /** Moves the clock by `ms`, without telling the scheduler. */
  pass(ms: number): void {
    this.now = after(this.now, ms)
  }

  /** Moves the clock by `ms` and wakes the scheduler. */
  wake(ms: number): readonly SchedulerCommand[] {
    this.pass(ms)
    return this.give({ kind: 'woken' })
  }

  /** The shards that a worker holds, the running one first. */
  held(worker: string): readonly Assign[] {
    return this.#shards.filter((shard) => shard.worker === worker && isShardHeld(this.state, shard.worker, shard.shard))
  }

  /** The worker answers for the shard that it runs. */
  answer(worker: string, answer: DrivenAnswer = {}): readonly SchedulerCommand[] {
    const [running] = this.held(worker)
    if (running === undefined) throw new Error(`${worker} holds nothing`)
    return this.answerFor(running, answer)
  }

  /** A worker answers for this shard, held or not. */
  answerFor(
    shard: Assign,
    { failures = [], ran = shard.count, runMs = 0, spent, skipped }: DrivenAnswer = {},
  ): readonly SchedulerCommand[] {
    return this.give({ kind: 'shard-ran', worker: shard.worker, shard: shard.shard, ran, failures, runMs, spent, skipped })
  }

  /** The task that the worker runs took too long. */
  timedOut(shard: Assign, error: unknown = 'too long'): readonly SchedulerCommand[] {
    return this.give({ kind: 'shard-timed-out', worker: shard.worker, shard: shard.shard, error })
  }

  /** Teaches the scheduler what an item of this task costs, by a batch of its own. A worker must be idle. */
  learn(task: string, itemMs: number, pool = 'pool'): void {
    const id = `to-learn-${task}-${this.log.length}`
    const [assign] = commandsOf(this.submit(id, 8, { task, pool, chunkSize: 8 }), 'assign')
    if (assign === undefined) throw new Error('no worker is idle')
    this.answerFor(assign, { runMs: 8 * itemMs })
  }
}

/** Those of one kind. */
export function commandsOf<Kind extends SchedulerCommand['kind']>(commands: readonly SchedulerCommand[], kind: Kind): CommandOf<Kind>[] {
  return commands.filter((command): command is CommandOf<Kind> => command.kind === kind)
}

/** A failure as a worker reports it. */
export function failureAt(at: number, error: unknown = `error ${at}`, retryable = true): ShardTaskFailure {
  return { at, error, retryable }
}
