/** Futures and what waits for many of them. Runs in Node and in browsers. Source: `concurrent.futures`. */
export { asCompleted } from './as-completed.ts'
export type { AsCompletedOptions, CompletedFuture } from './as-completed.ts'
export { Future } from './future.ts'
export type { FutureOptions, FutureState } from './future.ts'
export { reportCallbackError } from './report-callback-error.ts'
export { wait } from './wait.ts'
export type { ReturnWhen, WaitOptions, WaitResult } from './wait.ts'
