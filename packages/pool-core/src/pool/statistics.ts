import type { PoolState } from './pool-state.ts'

/** What the tasks of one name came to. */
export interface TaskFigures {
  /** Runs that ended, again and again counted. */
  readonly ran: number
  readonly failed: number
  /** Time in workers: decoding, running, encoding; milliseconds. */
  readonly runMs: number
}

/** What can be seen of a local pool. */
export interface LocalPoolStatistics {
  readonly state: PoolState
  /** Workers at most. */
  readonly size: number
  readonly workers: {
    readonly starting: number
    readonly idle: number
    readonly busy: number
    readonly stopping: number
    /** Started since the pool began, and how many of them ended unasked. */
    readonly started: number
    readonly lost: number
  }
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
  readonly byTask: Readonly<Record<string, TaskFigures>>
}
