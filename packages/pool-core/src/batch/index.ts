/**
 * One call of a pool, from its input to its results: what the pools of this program and the client of a coordinator have in common. Runs in
 * Node and in browsers.
 */
export { BatchCalls } from './batch-calls.ts'
export type { BatchCarrier, BatchOwner, BatchSubmission, CarrierLimits } from './batch-carrier.ts'
export { checkName, checkWhole, resolveBatchOptions } from './batch-options.ts'
export type {
  BatchDefaults,
  BatchOptions,
  BatchProgress,
  ClusterCallOptions,
  LocalCallOptions,
  MapOptions,
  RetryPolicy,
  StreamOptions,
  TimeLimit,
} from './batch-options.ts'
export type { Fallback } from './fallback.ts'
export { GatheredResults } from './gathered-results.ts'
export { BLOCK_ITEMS } from './item-source.ts'
export { Range, range } from './range.ts'
export { ResultIterator } from './result-iterator.ts'
export type { ResultSink, SinkBatch } from './result-sink.ts'
export { ResultStream } from './result-stream.ts'
export { tell } from './tell.ts'
export { StreamCall, TaskStream } from './task-stream.ts'
export type { TaskStreamOptions } from './task-stream.ts'
export type { TaskListeners, TaskLog, TaskProgress, TaskTold } from './task-told.ts'
export type { AnyTasks, Items, StreamItem, StreamName, TaskArguments, TaskItem, TaskName, TaskResult } from './task-types.ts'
export { isWorthRetry, judgeFailures } from './retry-on.ts'
export type { RetryOn, RetryRule } from './retry-on.ts'
export { toForkpoolError, toTaskError } from './wire-errors.ts'
