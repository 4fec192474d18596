/** Where to run a task: `async`, in the program itself, without any pool; in a `ThreadPool`; in a `ProcessPool`. */
export type WayToRun = 'async' | 'threads' | 'processes'

/** One way to run the samples, measured. */
export interface WayFigures {
  /** Workers; 1 for `async`. */
  readonly size: number
  /** Tasks in flight at once: of the whole program for `async`, of each worker for pools. */
  readonly concurrency: number
  /** Wall time for one task, all workers together; milliseconds. */
  readonly taskMs: number
  readonly tasksPerSecond: number
  /** Times as fast as one task after the other in the program itself. */
  readonly speedup: number
  /** From nothing to the first results, modules loaded; milliseconds. 0 for `async`. */
  readonly startMs: number
}

/** A way on which the samples failed. */
export interface WayFailure {
  /** The message of the first failure. */
  readonly failed: string
}

/** What was measured of a task. Times are milliseconds. */
export interface TaskMeasurements {
  /** Cores that this program may use. */
  readonly cores: number
  /** Runs that were measured one after the other. */
  readonly runs: number
  /** Wall time of one run, alone in a process. */
  readonly taskMs: number
  /**
   * Processor time of all threads of that process, over wall time without what a busy machine denied: near 0 for a task that waits, near 1 for
   * one that computes.
   */
  readonly cpuShare: number
  /** The same for JavaScript's own thread: what keeps other tasks of the same event loop from running. */
  readonly loopShare: number
  readonly payload: {
    /** Mean bytes of the encoded arguments and of the encoded result. */
    readonly argumentBytes: number
    readonly resultBytes: number
    /** To encode and decode both, once each: what sharing out costs at least. */
    readonly costMs: number
  }
  readonly async: WayFigures
  readonly threads: WayFigures | WayFailure
  readonly processes: WayFigures
}

/** What `advise` found. */
export interface Advice {
  readonly task: string
  readonly recommended: WayToRun
  /** Workers of the pool; 1 for `async`. */
  readonly size: number
  /** Tasks that each worker, or for `async` the program, should run at once. */
  readonly concurrency: number
  /** Why, in sentences with figures. */
  readonly reasons: readonly string[]
  readonly measured: TaskMeasurements
}
