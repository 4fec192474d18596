import { isWorthRetry } from '@forkpool/pool-core/batch'
import { timedOutRun, timeoutError } from '@forkpool/pool-core/dispatch'
import type { RanMessage, ShardFailure } from '@forkpool/pool-core/protocol'
import type { BatchOpened } from '@forkpool/pool-core/scheduler'
import type { BatchRequest } from '../batch-request.ts'

/** What the scheduler is told of how a batch is to be treated, beside its place in the queue. */
export function policyOf(request: BatchRequest): Pick<BatchOpened, 'deadlineMs' | 'jitter' | 'timeout' | 'weight'> {
  const { deadlineMs, jitter, retryOn, task, timeoutMs, weight } = request
  if (timeoutMs === undefined) return { deadlineMs, jitter, weight }
  const error = timeoutError(timeoutMs)
  const retryable = retryOn === undefined || isWorthRetry(retryOn, { task, index: 0, attempt: 1, error })
  return { deadlineMs, jitter, weight, timeout: { ms: timeoutMs, error, retryable } }
}

/** A worker's answer as it counts: without the result of a task that took too long, and with the failures that nobody wants to run again marked. */
export function asItCounts({ retryOn, task, timeoutMs }: BatchRequest, from: number, message: RanMessage, isTooLate: boolean): RanMessage {
  const ran = isTooLate ? timedOutRun(message, timeoutMs) : message
  if (retryOn === undefined || ran.failures === undefined) return ran
  const judged = (failure: ShardFailure): ShardFailure => {
    const { at, error, retryable } = failure
    return retryable && !isWorthRetry(retryOn, { task, index: from + at, attempt: 1, error }) ? { ...failure, retryable: false } : failure
  }
  return { ...ran, failures: ran.failures.map(judged) }
}
