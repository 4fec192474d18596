import { ForkpoolError } from '../base/index.ts'
import type { BatchSummary } from '../protocol/index.ts'
import { DEADLINE_MS_MAX, NAME_LENGTH_MAX, PRIORITY_MAX, RETRIES_MAX, TIMEOUT_MS_MAX } from '../protocol/index.ts'
import type { Fallback } from './fallback.ts'
import { checkRetryOn } from './retry-on.ts'
import type { RetryOn } from './retry-on.ts'
import type { TaskListeners } from './task-told.ts'
import type { AnyTasks, TaskName } from './task-types.ts'

/** How far a batch is. */
export interface BatchProgress {
  /** Tasks that have ended, the failed ones among them. */
  readonly done: number
  readonly failed: number
  /** `undefined` until the input has ended, where its length is not known before. */
  readonly total: number | undefined
  readonly elapsedMs: number
}

/** How long work may take. */
export interface TimeLimit {
  /**
   * Longest run of one task, milliseconds, counted from the start of its run and not of its wait. Then its `taskContext().signal` is
   * aborted, and a task that does not end is ended with its worker; it fails with `TIMED_OUT`, which `retries` may cure. Only the guilty one is
   * hit: pools of this program send such a batch task by task, and a coordinator runs a task's neighbours again.
   */
  readonly timeoutMs?: number | undefined
  /**
   * The whole call is to be over by then, milliseconds from when the pool has it. What runs is stopped as with `timeoutMs`, and the call fails
   * with `TIMED_OUT`.
   */
  readonly deadlineMs?: number | undefined
}

/** Which failures are retried, and how regularly. */
export interface RetryPolicy {
  /** Only these failures are worth one of the `retries`; the others are final. Default: all. Lost workers do not count here: see `crashLimit`. */
  readonly retryOn?: RetryOn | undefined
  /**
   * The part of each wait before a further run that chance may take off, 0 to 1, so that what failed together does not come back together.
   * Default 0.
   */
  readonly jitter?: number | undefined
}

/** Which task answers for those that fail. */
export interface FallbackPolicy<Tasks = AnyTasks> {
  /**
   * A task that is called with the same arguments for one that has failed for good; it is not retried. Its result is the result; where it fails
   * too, that is the failure, with the first one as its cause, and `fallback` answers for both.
   */
  readonly fallbackTask?: TaskName<Tasks> | undefined
}

/** Options of one call that the pools of a cluster take beyond those of all. */
export interface ClusterCallOptions<Tasks = AnyTasks> extends TimeLimit, Pick<RetryPolicy, 'jitter'>, FallbackPolicy<Tasks> {
  /** Class names or codes of the errors that are worth one of the `retries`; others are final. Default: all. */
  readonly retryOn?: string | readonly string[] | undefined
  /**
   * A name for the batch, 1 to 200 characters: submitted again under it, from here or after a restart, it does not run twice, and its results
   * come again. Whoever comes with the key gives the same task and the same input: another task, or another number of items, is refused with
   * `ALREADY_EXISTS`, and nobody compares the items. Keys of different tokens do not meet.
   */
  readonly key?: string | undefined
  /** The batch runs to its end whatever becomes of this client; its results can be fetched by its id. Default false: it ends with its client. */
  readonly detached?: boolean | undefined
}

/** Options of one call that only the pools of this program take. */
export interface LocalCallOptions<Tasks = AnyTasks> extends TimeLimit, RetryPolicy, TaskListeners, FallbackPolicy<Tasks> {
  /**
   * Buffers in the arguments of a single call (`submitWith`, `apply`) that are moved and not copied: nothing is copied on the way to a thread. In either
   * kind of pool they are of length 0 here afterwards. Such a task cannot run a second time: it takes no `retries`, and fails with its worker.
   */
  readonly transfer?: readonly ArrayBuffer[] | undefined
}

/** What a pool may set once for all its batches. */
export interface BatchDefaults {
  /** Items in a shard; replaces the measured sizing. */
  readonly chunkSize?: number | undefined
  /** −10 to 10; higher runs sooner. Default 0. */
  readonly priority?: number | undefined
  /** How often a failed task runs again, 0 to 100. Default 0. */
  readonly retries?: number | undefined
  /** Wait before the first further run of a failed task, doubled each time; milliseconds. Default 0. */
  readonly backoffMs?: number | undefined
  /** The first failed task rejects at once and cancels the rest (`Promise.all`'s habit). Default false: Python's, the rest runs to its end. */
  readonly failFast?: boolean | undefined
}

/** Options of one batch. */
export interface BatchOptions<Result = unknown> extends BatchDefaults {
  /** Cancels the batch; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /**
   * Answers for a task that has failed for good, when its attempts are spent: a value, or a function that makes it from the error. Then no
   * task fails. One that throws fails its task with what it threw.
   */
  readonly fallback?: Fallback<Result> | undefined
  /** Called with every message of results. One that throws is reported and does no harm. */
  readonly onProgress?: ((progress: BatchProgress) => void) | undefined
  /** Called with the batch's identifier as HTTP, logs and the command line know it, when it has been accepted. */
  readonly onAccepted?: ((batch: { readonly id: string; readonly pool: string; readonly poolSize: number }) => void) | undefined
  /** Called with the account of the batch, before the call settles. Not after an abort. */
  readonly onEnd?: ((summary: BatchSummary) => void) | undefined
}

export interface MapOptions<Result = unknown> extends BatchOptions<Result> {
  /** Resolve with the outcome of every task (as `Promise.allSettled`) instead of rejecting with the first failure. */
  readonly settle?: boolean | undefined
}

export interface StreamOptions<Result = unknown> extends MapOptions<Result> {
  /**
   * Most items that are handed out but not read back yet: how far an endless iterable is read ahead. Default 65,536.
   * Source: `buffersize` of `Executor.map`, Python 3.14.
   */
  readonly bufferSize?: number | undefined
}

/** One block of numbers: less would send smaller blocks, more would read further ahead for no gain. */
export const BUFFER_SIZE_DEFAULT = 65_536

/** `backoffMs` above an hour is a mistake in the unit. The coordinator has the same limit. */
const BACKOFF_MS_MAX = 3_600_000

/**
 * A pool's defaults under a call's options.
 * @throws ForkpoolError BAD_ARGUMENT that names the option and what was expected.
 */
export function resolveBatchOptions(
  defaults: BatchDefaults & TimeLimit & RetryPolicy,
  options: (StreamOptions & LocalCallOptions) | undefined,
): StreamOptions & LocalCallOptions {
  const merged: StreamOptions & LocalCallOptions = { ...defaults, ...withoutUndefined(options) }
  checkWhole('chunkSize', merged.chunkSize, 1, Number.MAX_SAFE_INTEGER)
  checkWhole('priority', merged.priority, -PRIORITY_MAX, PRIORITY_MAX)
  checkWhole('retries', merged.retries, 0, RETRIES_MAX)
  checkWhole('backoffMs', merged.backoffMs, 0, BACKOFF_MS_MAX)
  checkWhole('timeoutMs', merged.timeoutMs, 1, TIMEOUT_MS_MAX)
  checkWhole('deadlineMs', merged.deadlineMs, 1, DEADLINE_MS_MAX)
  checkRetryOn(merged.retryOn)
  checkShare('jitter', merged.jitter)
  if (merged.fallbackTask !== undefined) checkName('fallbackTask', merged.fallbackTask)
  checkWhole('bufferSize', merged.bufferSize, 1, Number.MAX_SAFE_INTEGER)
  if (merged.failFast === true && merged.settle === true) throw bad('failFast and settle exclude each other: choose one')
  if (merged.failFast === true && (merged.fallback !== undefined || merged.fallbackTask !== undefined))
    throw bad('failFast and fallback exclude each other: with a fallback no task fails')
  return merged
}

/** @throws ForkpoolError BAD_ARGUMENT unless `value` is undefined or a whole number from `min` to `max`. */
export function checkWhole(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= min && value <= max)) return
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`
  throw bad(`${name} must be a whole number ${range}, not ${String(value)}`)
}

function checkShare(name: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= 1)) return
  throw bad(`${name} must be a number from 0 to 1, not ${String(value)}`)
}

/** @throws ForkpoolError BAD_ARGUMENT unless `value` can be the name of a `what`. */
export function checkName(what: string, value: unknown): void {
  if (typeof value === 'string' && value !== '' && value.length <= NAME_LENGTH_MAX) return
  throw bad(`the name of a ${what} must be a text of 1 to ${NAME_LENGTH_MAX} characters, not ${JSON.stringify(value)}`)
}

/** So that `{ chunkSize: undefined }` leaves the pool's default alone. */
function withoutUndefined<Options extends object>(options: Options | undefined): Partial<Options> {
  if (options === undefined) return {}
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<Options>
}

function bad(message: string): ForkpoolError {
  return new ForkpoolError('BAD_ARGUMENT', message)
}
