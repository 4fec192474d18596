import type { Instant } from '../base/clock.ts'
import { BinaryHeap } from '../base/binary-heap.ts'
import { RingBuffer } from '../base/ring-buffer.ts'
import type { SchedulerCommand } from './commands.ts'
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
  /** Its workers that may be given a shard beyond the one that they run. */
  readonly spare: LinkedList<Worker>
  /** Workers that hold shards of it. */
  busyWorkers: number
  openBatches: number
  /** Of all its batches, the settled ones included. */
  readonly items: ItemCounts
  /** Stands in `SchedulerState.touched`. */
  touched: boolean
}

/** An open batch. Its links: stands in `pool.queue`. */
export interface Batch extends FairEntry<Batch> {
  readonly id: BatchId
  readonly session: SessionId
  readonly priority: number
  readonly pool: Pool
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

  phase: BatchPhase
  paused: boolean
  /** `cancelled` outweighs everything; a `failFast` batch that cancelled itself has failed. */
  cancelledByCaller: boolean

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
  /** The worker was asked to leave it. */
  aborted: boolean
}

/** A worker that came online. Its links: stands in `SchedulerState.idle` or `pool.spare` or neither. */
export interface Worker extends Linked<Worker> {
  readonly id: WorkerId
  phase: WorkerPhase
  /** The pool of the shards that it holds; null while it holds none. */
  pool: Pool | null
  /** In the order handed out, so the first is the one that runs. */
  readonly held: Shard[]
  idleSince: Instant
  /** Has answered for a shard: a worker that ends without is a failed start. */
  proven: boolean
}

/** Items that wait for the end of a back-off. */
export interface Delayed {
  readonly at: Instant
  /** Breaks ties, so that equal input gives equal output. */
  readonly sequence: number
  readonly batch: Batch
  readonly range: ItemRange
  /** Its batch was cancelled: the heap still has it, nobody else. */
  dropped: boolean
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
  readonly delays: BinaryHeap<Delayed>
  delaysDropped: number
  /** Ascending by `at`, because every grace is equally long. */
  readonly graces: RingBuffer<Grace>
  /** Consecutive failed starts of workers, and when the next start may be. */
  failedStarts: number
  startsFrom: Instant
  /** A start that is needed waits for `startsFrom`. */
  startsWaiting: boolean
  /** What the host's timer is set to; undefined: it is not set. */
  wakeAt: Instant | undefined
  drain: 'no' | 'draining' | 'drained'
  nextShard: number
  nextDelay: number
  /** Commands of the running step. */
  commands: SchedulerCommand[]
}

/**
 * A scheduler without pools, batches or workers. Its first step, whatever the event (`woken` will do), asks for `baseWorkers`.
 * @throws ForkpoolError BAD_ARGUMENT that names the option which is not what was expected.
 */
export function createScheduler(options: SchedulerOptions): SchedulerState {
  return {
    options: resolveSchedulerOptions(options),
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
    delays: new BinaryHeap<Delayed>((a, b) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence)),
    delaysDropped: 0,
    graces: new RingBuffer(),
    failedStarts: 0,
    startsFrom: Number.NEGATIVE_INFINITY as Instant,
    startsWaiting: false,
    wakeAt: undefined,
    drain: 'no',
    nextShard: 1,
    nextDelay: 0,
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
    spare: new LinkedList(),
    busyWorkers: 0,
    openBatches: 0,
    items: noItems(),
    touched: false,
  }
}

/** All counts zero. */
export function noItems(): ItemCounts {
  return { queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0 }
}
