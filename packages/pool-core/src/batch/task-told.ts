/** Where a task is that says something of itself. */
export interface TaskPlaceTold {
  /** Position of its arguments in the call's input, from 0. */
  readonly index: number
  readonly worker: string
  /** 1 for the first run. */
  readonly attempt: number
}

/** What a task passed to `taskContext().log`. */
export interface TaskLog extends TaskPlaceTold {
  readonly values: readonly unknown[]
}

/** What a task passed to `taskContext().progress`. */
export interface TaskProgress extends TaskPlaceTold {
  /** 0 to 1. */
  readonly fraction: number
  readonly note?: string | undefined
}

/** Callbacks of a call for what its tasks say of themselves. One that throws is reported and does no harm. */
export interface TaskListeners {
  /** Called with what a task logs. Without it, and without one of the pool, the program prints it. */
  readonly onLog?: ((log: TaskLog) => void) | undefined
  /** Called with how far a task is, at most some twenty times a second for each worker. */
  readonly onTaskProgress?: ((progress: TaskProgress) => void) | undefined
}

/** What a carrier tells the owner of a batch. */
export type TaskTold = ({ readonly kind: 'log' } & TaskLog) | ({ readonly kind: 'progress' } & TaskProgress)
