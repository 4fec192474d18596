import { ForkpoolError } from '../base/index.ts'
import type { BatchSummary } from '../protocol/index.ts'
import { NAME_LENGTH_MAX, PRIORITY_MAX, RETRIES_MAX } from '../protocol/index.ts'
import type { Fallback } from './fallback.ts'

/** How far a batch is. */
export interface BatchProgress {
  /** Tasks that have ended, the failed ones among them. */
  readonly done: number
  readonly failed: number
  /** `undefined` until the input has ended, where its length is not known before. */
  readonly total: number | undefined
  readonly elapsedMs: number
}

/** Where the carrier keeps time: the pools of this program. */
export interface TimeLimit {
  /**
   * Longest run of one task, milliseconds, counted from the start of its run and not of its wait. Then its `taskContext().signal` is
   * aborted, and a task that does not end is ended with its worker; it fails with `TIMED_OUT`, which `retries` may cure. Such a batch is
   * sent task by task, so that only the guilty one is hit.
   */
  readonly timeoutMs?: number | undefined
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

/** A day: more is a mistake in the unit. */
const TIMEOUT_MS_MAX = 86_400_000

/**
 * A pool's defaults under a call's options.
 * @throws ForkpoolError BAD_ARGUMENT that names the option and what was expected.
 */
export function resolveBatchOptions(
  defaults: BatchDefaults & TimeLimit,
  options: (StreamOptions & TimeLimit) | undefined,
): StreamOptions & TimeLimit {
  const merged: StreamOptions & TimeLimit = { ...defaults, ...withoutUndefined(options) }
  checkWhole('chunkSize', merged.chunkSize, 1, Number.MAX_SAFE_INTEGER)
  checkWhole('priority', merged.priority, -PRIORITY_MAX, PRIORITY_MAX)
  checkWhole('retries', merged.retries, 0, RETRIES_MAX)
  checkWhole('backoffMs', merged.backoffMs, 0, BACKOFF_MS_MAX)
  checkWhole('timeoutMs', merged.timeoutMs, 1, TIMEOUT_MS_MAX)
  checkWhole('bufferSize', merged.bufferSize, 1, Number.MAX_SAFE_INTEGER)
  if (merged.failFast === true && merged.settle === true) throw bad('failFast and settle exclude each other: choose one')
  if (merged.failFast === true && merged.fallback !== undefined)
    throw bad('failFast and fallback exclude each other: with a fallback no task fails')
  return merged
}

/** @throws ForkpoolError BAD_ARGUMENT unless `value` is undefined or a whole number from `min` to `max`. */
export function checkWhole(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= min && value <= max)) return
  const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`
  throw bad(`${name} must be a whole number ${range}, not ${String(value)}`)
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
