import { ForkpoolError } from '../base/index.ts'
import { reportCallbackError } from '../future/index.ts'
import type { ShardFailure, WireError } from '../protocol/index.ts'
import { toTaskError } from './wire-errors.ts'

/**
 * Which failures are worth another run: a text is the class name or the `code` of what was thrown, a pattern is looked for in its message. It is
 * enough that one of several fits.
 */
export type RetryRule = string | RegExp

/**
 * Rules, or a function that is asked with the error that the call would get. Both are applied where the pool is, in the caller's program, and not
 * in the worker: so a function may close over anything, and is the same for threads and processes. Rules that are texts could travel.
 */
export type RetryOn = RetryRule | readonly RetryRule[] | ((error: ForkpoolError) => boolean)

/** A failed run of a task. */
export interface FailedRun {
  readonly task: string
  readonly index: number
  readonly attempt: number
  readonly error: WireError
}

/** @throws ForkpoolError BAD_ARGUMENT where it is none. */
export function checkRetryOn(retryOn: unknown): void {
  if (retryOn === undefined || typeof retryOn === 'function') return
  const rules: readonly unknown[] = Array.isArray(retryOn) ? (retryOn as readonly unknown[]) : [retryOn]
  for (const rule of rules) {
    if ((typeof rule === 'string' && rule !== '') || rule instanceof RegExp) continue
    throw new ForkpoolError(
      'BAD_ARGUMENT',
      `retryOn must be names of errors, patterns of messages, or a function, not ${typeof rule === 'object' ? 'an object' : JSON.stringify(rule)}`,
    )
  }
}

/** Whether the task shall run again. A function that throws is reported, and says no. */
export function isWorthRetry(retryOn: RetryOn, { task, index, attempt, error }: FailedRun): boolean {
  if (typeof retryOn === 'function') {
    try {
      return retryOn(toTaskError({ at: 0, attempts: attempt, error }, task, index)) === true
    } catch (thrown) {
      reportCallbackError('retryOn', thrown)
      return false
    }
  }
  return Array.isArray(retryOn) ? retryOn.some((rule: RetryRule) => fits(rule, error)) : fits(retryOn as RetryRule, error)
}

function fits(rule: RetryRule, { name, code, message, properties }: WireError): boolean {
  // `search` and not `test`: that of a pattern with the flag g depends on the call before.
  if (rule instanceof RegExp) return message.search(rule) >= 0
  return rule === name || rule === code || rule === properties?.['code']
}

const NO_FAILURES: readonly ShardFailure[] = []

/** The failures of a shard that ran for the `attempt`th time, `from` on; those that its call does not want to run again are marked as such. */
export function judgeFailures(
  { task, retries = 0, retryOn }: { readonly task: string; readonly retries?: number | undefined; readonly retryOn?: RetryOn | undefined },
  { from, attempt }: { readonly from: number; readonly attempt: number },
  failures: readonly ShardFailure[] = NO_FAILURES,
): readonly ShardFailure[] {
  if (retryOn === undefined || failures.length === 0 || attempt > retries) return failures
  return failures.map((failure) => {
    const { at, error, retryable } = failure
    return retryable && !isWorthRetry(retryOn, { task, index: from + at, attempt, error }) ? { ...failure, retryable: false } : failure
  })
}
