import type { DurationFigures } from './duration-histogram.ts'
import type { PoolState } from './pool-state.ts'

/** What the tasks of one name came to. */
export interface TaskFigures {
  /** Runs that ended, again and again counted. */
  readonly ran: number
  /** Of those: tasks that threw or ran for too long, whether or not they run again. */
  readonly failed: number
  /** Of those: runs after a failed one. */
  readonly retried: number
  /** Of the failed ones: ran for longer than `timeoutMs`. */
  readonly timedOut: number
  /** Time in workers: decoding, running, encoding; milliseconds. */
  readonly runMs: number
  /** The same, for each run; those of one shard count with their mean. */
  readonly run: DurationFigures
}

/** How long things took since the pool began, as far as its workers have answered for them. */
export interface PoolDurations {
  /** Of each task: from its arrival in the pool until a worker was given it, before its first run. */
  readonly queueWait: DurationFigures
  /** Of each run: decoding, running and encoding in the worker; those of one shard count with their mean. */
  readonly run: DurationFigures
  /** Of each shard: from when a worker was given it until its answer, the wait behind another shard of that worker included. */
  readonly roundTrip: DurationFigures
}

/** The workers of a local pool. */
export interface WorkerFigures {
  readonly starting: number
  readonly idle: number
  readonly busy: number
  readonly stopping: number
  /** Ready, and held back to take the place of another. */
  readonly standby: number
  /** Started since the pool began, and how many of them ended unasked. */
  readonly started: number
  readonly lost: number
  /** Replaced because they had run `maxTasksPerWorker` tasks, or took more than `memoryLimitMb`. */
  readonly recycled: { readonly tasks: number; readonly memory: number }
  /** Known with `memoryLimitMb` alone. */
  readonly memory?: MemoryFigures | undefined
}

/** What workers take after a task, as they said last; bytes. Of a process its resident memory, of a thread its heap and buffers. */
export interface MemoryFigures {
  /** All workers together that have run a task. */
  readonly bytes: number
  /** The most that one has ever taken. */
  readonly largestBytes: number
}

/** What can be seen of a local pool. Times are milliseconds. */
export interface LocalPoolStatistics {
  readonly state: PoolState
  /** Workers at most. */
  readonly size: number
  readonly workers: WorkerFigures
  /** Calls that have not ended. */
  readonly openCalls: number
  readonly tasks: {
    /** Waiting for a worker, or for the end of a back-off. */
    readonly queued: number
    /** Held by workers. */
    readonly running: number
    readonly completed: number
    readonly failed: number
    readonly cancelled: number
  }
  readonly durations: PoolDurations
  readonly byTask: Readonly<Record<string, TaskFigures>>
}
