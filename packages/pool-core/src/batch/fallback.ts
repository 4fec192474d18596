import type { ForkpoolError } from '../base/index.ts'

/** A result that stands in for that of a failed task, or what makes it. A function cannot be a result: it would not have travelled. */
export type Fallback<Result> = Result | ((error: ForkpoolError, index: number) => Result)

/** What the fallback says for the task with this index. Throws what a fallback function throws. */
export function fallbackAnswer(fallback: unknown, error: ForkpoolError, index: number): unknown {
  return typeof fallback === 'function' ? (fallback as (error: ForkpoolError, index: number) => unknown)(error, index) : fallback
}
