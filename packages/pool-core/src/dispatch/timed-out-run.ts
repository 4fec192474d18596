import { ForkpoolError } from '../base/index.ts'
import { sliceBlock, toWireError } from '../protocol/index.ts'
import type { RanMessage, WireError } from '../protocol/index.ts'

/** What a task fails with that ran for longer than it may. */
export function timeoutError(timeoutMs: number | undefined): WireError {
  return toWireError(new ForkpoolError('TIMED_OUT', `the task ran for longer than ${timeoutMs} ms`))
}

/** What a worker says after the time of its one task was over does not count, whether the task ended or was left. */
export function timedOutRun(message: RanMessage, timeoutMs: number | undefined): RanMessage {
  return {
    ...message,
    count: 1,
    values: sliceBlock(message.values, 0, 0),
    failures: [{ at: 0, error: timeoutError(timeoutMs), retryable: true }],
  }
}
