/** What every error code means. `retryable`: the same call may succeed later without a change by the caller. */
export interface ErrorEntry {
  readonly retryable: boolean
  readonly text: string
}

export type ErrorCode =
  | 'ALREADY_EXISTS'
  | 'BAD_ARGUMENT'
  | 'BAD_MESSAGE'
  | 'BARRIER_BROKEN'
  | 'BATCH_CANCELLED'
  | 'BATCH_UNKNOWN'
  | 'CLOSED'
  | 'CONNECTION_LOST'
  | 'COORDINATOR_UNREACHABLE'
  | 'DATA_CORRUPT'
  | 'DATA_DIR'
  | 'DEADLOCK'
  | 'DISK_FULL'
  | 'DRAINING'
  | 'ENGINE_FAILED'
  | 'INVALID_STATE'
  | 'LIMIT_EXCEEDED'
  | 'NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'NOT_LOCKED'
  | 'NOT_OWNER'
  | 'NOT_SERIALISABLE'
  | 'NOT_SUPPORTED'
  | 'POOL_CLOSED'
  | 'PROTOCOL_VERSION'
  | 'QUEUE_EMPTY'
  | 'QUEUE_FULL'
  | 'QUEUE_SHUT_DOWN'
  | 'RESULTS_GONE'
  | 'SUPERSEDED'
  | 'TASK_FAILED'
  | 'TASK_MODULE'
  | 'TASK_UNKNOWN'
  | 'TIMED_OUT'
  | 'UNAUTHORISED'
  | 'UNBALANCED'
  | 'WORKER_LOST'

/** The one table of error codes. Match on `code`; messages are for people and may change. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = {
  ALREADY_EXISTS: { retryable: false, text: 'Something with this name exists already.' },
  BAD_ARGUMENT: { retryable: false, text: 'An argument or option is not what was expected.' },
  BAD_MESSAGE: { retryable: false, text: 'A message does not follow the protocol.' },
  BARRIER_BROKEN: { retryable: false, text: 'The barrier is broken: a party timed out, was aborted, or reset it.' },
  BATCH_CANCELLED: { retryable: false, text: 'The batch was cancelled before this task ended.' },
  BATCH_UNKNOWN: { retryable: false, text: 'No batch has this identifier.' },
  CLOSED: { retryable: false, text: 'The object was closed and cannot be used any more.' },
  CONNECTION_LOST: { retryable: true, text: 'The connection to the coordinator is gone.' },
  COORDINATOR_UNREACHABLE: { retryable: true, text: 'No coordinator answers at this address.' },
  DATA_CORRUPT: { retryable: false, text: 'What is stored is not what was written.' },
  DATA_DIR: { retryable: false, text: 'The data directory cannot be used.' },
  DEADLOCK: { retryable: false, text: 'Threads or processes wait for each other in a circle.' },
  DISK_FULL: { retryable: true, text: 'There is no room left for new work; what is recorded stays.' },
  DRAINING: { retryable: true, text: 'The coordinator is shutting down and takes no new work.' },
  ENGINE_FAILED: { retryable: true, text: 'The disk did not take what was to be recorded.' },
  INVALID_STATE: { retryable: false, text: 'The object is not in a state that allows this call.' },
  LIMIT_EXCEEDED: { retryable: true, text: 'A configured limit is reached.' },
  NOT_ALLOWED: { retryable: false, text: 'The coordinator does not allow this.' },
  NOT_FOUND: { retryable: false, text: 'Nothing has this name.' },
  NOT_LOCKED: { retryable: false, text: 'The lock was released though nobody holds it.' },
  NOT_OWNER: { retryable: false, text: 'Only the thread that holds the lock may do this.' },
  NOT_SERIALISABLE: { retryable: false, text: 'A value cannot be sent to or from a worker.' },
  NOT_SUPPORTED: { retryable: false, text: 'This system lacks what the call needs.' },
  POOL_CLOSED: { retryable: false, text: 'The pool takes no more tasks.' },
  PROTOCOL_VERSION: { retryable: false, text: 'Client and coordinator share no protocol version.' },
  QUEUE_EMPTY: { retryable: true, text: 'The queue stayed empty for the time allowed.' },
  QUEUE_FULL: { retryable: true, text: 'The queue stayed full for the time allowed.' },
  QUEUE_SHUT_DOWN: { retryable: false, text: 'The queue was shut down.' },
  RESULTS_GONE: { retryable: false, text: 'Results of this batch are no longer kept.' },
  SUPERSEDED: { retryable: false, text: 'Another connection has taken this batch over: its results go there.' },
  TASK_FAILED: { retryable: false, text: 'The task function threw.' },
  TASK_MODULE: { retryable: false, text: 'A task module cannot be used.' },
  TASK_UNKNOWN: { retryable: false, text: 'No task function has this name.' },
  TIMED_OUT: { retryable: true, text: 'The time allowed is over.' },
  UNAUTHORISED: { retryable: false, text: 'The token is missing or wrong.' },
  UNBALANCED: { retryable: false, text: 'More was given back than was taken.' },
  WORKER_LOST: { retryable: true, text: 'The worker process ended while it ran the task.' },
}

/** Every error that Forkpool itself raises. `code` is stable; `cause` is what lay behind it. */
export class ForkpoolError extends Error {
  override readonly name: string = 'ForkpoolError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message?: string, options?: { readonly cause?: unknown }) {
    super(message ?? ERRORS[code].text, options)
    this.code = code
  }

  /** Whether the same call may succeed later without a change. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}

/** Where and how often a task ran before it failed. */
export interface TaskPlace {
  readonly task: string
  readonly index: number
  readonly attempts: number
  readonly worker?: string | undefined
}

/**
 * A task function threw. `cause` is the thrown error, rebuilt with its class name, own properties and remote stack;
 * the message is the thrown one's. Source: `multiprocessing.pool.RemoteTraceback`.
 */
export class TaskError extends ForkpoolError {
  override readonly name = 'TaskError'
  readonly task: string
  readonly index: number
  readonly attempts: number
  readonly worker: string | undefined

  constructor(message: string, place: TaskPlace, options?: { readonly cause?: unknown; readonly code?: ErrorCode | undefined }) {
    super(options?.code ?? 'TASK_FAILED', message, options)
    this.task = place.task
    this.index = place.index
    this.attempts = place.attempts
    this.worker = place.worker
  }
}

/** How a worker process ended. */
export interface ExitCause {
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  /** The last lines that the worker wrote to its standard error. */
  readonly stderr?: string | undefined
  /** Why it was ended, where it was: a sentence for people. */
  readonly reason?: string | undefined
  /** Its resident memory when it was last looked at, bytes. */
  readonly residentBytes?: number | undefined
}

/** The worker process ended each time it ran this task. Source: `concurrent.futures.process.BrokenProcessPool`, per task. */
export class WorkerLostError extends ForkpoolError {
  override readonly name = 'WorkerLostError'
  readonly task: string
  readonly index: number
  readonly attempts: number
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  readonly stderr: string | undefined
  readonly reason: string | undefined
  /** Resident memory of the worker when it was last looked at before its end, bytes. */
  readonly residentBytes: number | undefined

  constructor(message: string, place: TaskPlace, exit: ExitCause) {
    super('WORKER_LOST', message)
    this.task = place.task
    this.index = place.index
    this.attempts = place.attempts
    this.exitCode = exit.exitCode
    this.signal = exit.signal
    this.stderr = exit.stderr
    this.reason = exit.reason
    this.residentBytes = exit.residentBytes
  }
}

/** The task or batch was cancelled before it ended. Source: `concurrent.futures.CancelledError`. */
export class CancelledError extends ForkpoolError {
  override readonly name = 'CancelledError'

  constructor(message?: string, options?: { readonly cause?: unknown }) {
    super('BATCH_CANCELLED', message, options)
  }
}
