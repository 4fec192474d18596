import type { Instant } from '../base/clock.ts'
import type { ExitCause } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { RingBuffer } from '../base/ring-buffer.ts'
import type { BatchSettled, SchedulerCommand } from './commands.ts'
import { DueQueue } from './due-queue.ts'
import type { Due } from './due-queue.ts'
import type { RunTimeout } from './events.ts'
import { FairQueue } from './fair-queue.ts'
import type { FairEntry } from './fair-queue.ts'
import type { BatchId, PoolName, SessionId, ShardId, WorkerId } from './ids.ts'
import type { Block, ItemLog, ItemRange } from './item-range.ts'
import { LinkedList } from './linked-list.ts'
import type { Linked } from './linked-list.ts'
import { resolveSchedulerOptions } from './options.ts'
import type { ResolvedSchedulerOptions, SchedulerOptions } from './options.ts'
import { TaskCosts } from './task-cost.ts'
import type { ItemCost } from './task-cost.ts'
import type { BatchPhase, WorkerPhase } from './transitions.ts'

// Pools, batches, shards and workers know each other, so their records stand in one file. What may be done with each of them
// stands in its own: pool-state.ts, batch-state.ts, worker-state.ts. All are written by handlers of the running `step` alone.

/** Items counted by where they are. */
export interface ItemCounts {
  /** Waiting for a worker or for the end of a back-off. */
  queued: number
  /** In shards that workers hold. */
  running: number
  completed: number
  failed: number
  cancelled: number
}

/** A named limit. Its links: stands in `SchedulerState.hungry` while a further worker could serve it. */
export interface Pool extends Linked<Pool> {
  readonly name: PoolName
  size: number
  /** Batches with something to hand out: not paused, not cancelled, items queued. */
  readonly queue: FairQueue<Batch>
  /** Its workers that would begin a further shard at once: they run fewer tasks than they may, or what they run waits. */
  readonly open: LinkedList<Worker>
  /** Its workers that may be given a shard beyond what they run. */
  readonly spare: LinkedList<Worker>
  /** Workers that hold shards of it. */
  busyWorkers: number
  openBatches: number
  /** Of all its batches, the settled ones included. */
  readonly items: ItemCounts
  /** Who was served last, and when that was somebody else than before. */
  lastSession: SessionId | undefined
  sharedAt: Instant
  /** Stands in `SchedulerState.touched`. */
  touched: boolean
}

/** An open batch. Its links: stands in `pool.queue`. */
export interface Batch extends FairEntry<Batch> {
  readonly id: BatchId
  readonly session: SessionId
  readonly priority: number
  readonly pool: Pool
  /** The shard whose task opened it. */
  readonly parent: Shard | null
  /** Estimate of the task function, shared by its batches. */
  readonly taskCost: ItemCost
  /** This batch's own estimate: arguments make the cost, so batches of one function differ. */
  readonly cost: ItemCost
  readonly task: string
  readonly chunkSize: number | undefined
  readonly total: number | undefined
  readonly retries: number
  readonly backoffMs: number
  readonly failFast: boolean
  readonly weight: number
  readonly jitter: number
  readonly timeout: RunTimeout | undefined
  /** Its entry in `SchedulerState.deadlines`; null without a deadline, and once that has come. */
  deadline: Deadline | null

  phase: BatchPhase
  paused: boolean
  /** Why it was cancelled. `caller` outweighs everything; one that was cancelled for anything else has failed. */
  cancelledFor: 'caller' | 'failure' | NonNullable<BatchSettled['reason']> | null

  /** Items that arrived. Invariant: equals the sum of `items`. */
  added: number
  readonly items: ItemCounts
  blocks: number
  /** First block with fresh items, and the last block that arrived. */
  freshBlock: Block | null
  lastBlock: Block | null
  /** Fresh items in all blocks. Invariant: fresh + requeued + delayed = items.queued. */
  fresh: number
  /** Ranges to run again, before anything fresh. */
  requeued: RingBuffer<ItemRange> | null
  requeuedItems: number
  /** Ranges that wait for the end of a back-off. */
  delayed: Set<Delayed> | null
  delayedItems: number
  /** By index, of items that threw or lost a worker and have not settled. */
  logs: Map<number, ItemLog> | null

  shardsCut: number
  /** Workers that hold shards of it. */
  busyWorkers: number
  runMs: number
  /** The first worker that ran some of it, and all others: most batches are one task, and need no set. */
  firstWorker: WorkerId | undefined
  otherWorkers: Set<WorkerId> | null
}

/** What a worker was told to run. */
export interface Shard {
  readonly id: ShardId
  readonly batch: Batch
  readonly range: ItemRange
  /** Expected run time when it was handed out; Infinity while the function's cost is unknown. */
  readonly estimateMs: number
  /** Turns that its session was charged for it. */
  readonly turns: number
  /** The worker was asked to leave it. */
  aborted: boolean
  /** When it will have run for too long: Infinity without a limit, undefined while it has not begun. */
  lateAt: Instant | undefined
  /** It was asked because it ran for too long. */
  late: boolean
  /** The time within which it must leave it has begun. */
  graced: boolean
  /** What runs of it waits for something that is not the worker's to do. */
  waits: boolean
}

/** A worker that came online. Its links: stands in `SchedulerState.idle`, `pool.open`, `pool.spare` or nowhere. */
export interface Worker extends Linked<Worker> {
  readonly id: WorkerId
  phase: WorkerPhase
  /** The pool of the shards that it holds; null while it holds none. */
  pool: Pool | null
  /** In the order handed out. The first is the one that runs, unless the worker `runsSeveral`. */
  readonly held: Shard[]
  /** Of these, the shards that wait. */
  waiting: number
  /** A shard has waited since the worker was last idle, so that several may have begun. */
  hosts: boolean
  idleSince: Instant
  /** Has answered for a shard: a worker that ends without is a failed start. */
  proven: boolean
  /** Has run as much as it may: it gets nothing more but what its own tasks wait for. */
  spent: boolean
  /** Its entry in `SchedulerState.runLimits`: at the first `lateAt` of its shards, or before it. */
  runLimit: RunLimit | null
}

/** Items that wait for the end of a back-off. */
export interface Delayed extends Due {
  readonly batch: Batch
  readonly range: ItemRange
}

/** When a batch is to be cancelled. */
export interface Deadline extends Due {
  readonly batch: Batch
}

/** When to look whether a worker's run takes too long. */
export interface RunLimit extends Due {
  readonly worker: Worker
}

/** A worker that was asked to leave the shard that it runs, and when it must have answered. */
export interface Grace {
  readonly at: Instant
  readonly worker: Worker
  readonly shard: Shard
}

/** Everything that the scheduler knows. Opaque outside this folder: read it by `schedulerStatistics` and its like. */
export interface SchedulerState {
  readonly options: ResolvedSchedulerOptions
  readonly random: Pick<Random, 'next'>
  readonly pools: Map<PoolName, Pool>
  /** Open batches. */
  readonly batches: Map<BatchId, Batch>
  /** Workers that came online and are not lost. */
  readonly workers: Map<WorkerId, Worker>
  /** The last lost workers, so that what arrives late about them is known as late. */
  readonly lately: Set<WorkerId>
  /** Workers asked for that neither came online nor were lost. */
  starting: number
  /** Workers in phase stopping or killed. */
  leaving: number
  /** Those longest idle first; work is taken from the last, so that the surplus gets old. */
  readonly idle: LinkedList<Worker>
  /** Pools with work and room for a further worker, served in turn. */
  readonly hungry: LinkedList<Pool>
  /** Pools in which this step may have made room to prefetch. */
  readonly touched: Pool[]
  readonly costs: TaskCosts
  readonly delays: DueQueue<Delayed>
  readonly deadlines: DueQueue<Deadline>
  /** One entry a worker at most, which may be due before its run takes too long. */
  readonly runLimits: DueQueue<RunLimit>
  /** Ascending by `at`, because every grace is equally long. */
  readonly graces: RingBuffer<Grace>
  /** Consecutive failed starts of workers, and when the next start may be. */
  failedStarts: number
  startsFrom: Instant
  /** How the last of them ended. */
  failedStartExit: ExitCause | undefined
  /** A start that is needed waits for `startsFrom`. */
  startsWaiting: boolean
  /** What the host's timer is set to; undefined: it is not set. */
  wakeAt: Instant | undefined
  drain: 'no' | 'draining' | 'drained'
  nextShard: number
  /** Commands of the running step. */
  commands: SchedulerCommand[]
}

/** Without chance every wait is as long as it may be. */
const NO_CHANCE: Pick<Random, 'next'> = { next: () => 0 }

/**
 * A scheduler without pools, batches or workers. Its first step, whatever the event (`woken` will do), asks for `baseWorkers`. `random` is
 * drawn from for `jitter` alone; without it there is none.
 * @throws ForkpoolError BAD_ARGUMENT that names the option which is not what was expected.
 */
export function createScheduler(options: SchedulerOptions, random: Pick<Random, 'next'> = NO_CHANCE): SchedulerState {
  return {
    options: resolveSchedulerOptions(options),
    random,
    pools: new Map(),
    batches: new Map(),
    workers: new Map(),
    lately: new Set(),
    starting: 0,
    leaving: 0,
    idle: new LinkedList(),
    hungry: new LinkedList(),
    touched: [],
    costs: new TaskCosts(),
    delays: new DueQueue(),
    deadlines: new DueQueue(),
    runLimits: new DueQueue(),
    graces: new RingBuffer(),
    failedStarts: 0,
    startsFrom: Number.NEGATIVE_INFINITY as Instant,
    failedStartExit: undefined,
    startsWaiting: false,
    wakeAt: undefined,
    drain: 'no',
    nextShard: 1,
    commands: [],
  }
}

export function createPool(name: PoolName, size: number, ageingMs: number): Pool {
  return {
    list: null,
    next: null,
    previous: null,
    name,
    size,
    queue: new FairQueue(ageingMs),
    open: new LinkedList(),
    spare: new LinkedList(),
    busyWorkers: 0,
    openBatches: 0,
    items: noItems(),
    lastSession: undefined,
    sharedAt: Number.NEGATIVE_INFINITY as Instant,
    touched: false,
  }
}

/** All counts zero. */
export function noItems(): ItemCounts {
  return { queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0 }
}
