/**
 * `@forkpool/pool-core`: pools of threads and processes for one program, without any service. Locks, queues and shared memory are behind
 * `./sync`.
 */
export type { Advice, TaskMeasurements, WayFailure, WayFigures, WayToRun } from './advice/advice.ts'
export { advise } from './advice/advise.ts'
export type { AdviseOptions } from './advice/advise.ts'
export { CancelledError, ForkpoolError, TaskError, WorkerLostError } from './base/index.ts'
export type { ErrorCode } from './base/index.ts'
export { Range, range, TaskStream } from './batch/index.ts'
export type {
  AnyTasks,
  BatchDefaults,
  BatchOptions,
  BatchProgress,
  Fallback,
  Items,
  LocalCallOptions,
  MapOptions,
  ResultIterator,
  RetryOn,
  RetryPolicy,
  RetryRule,
  StreamItem,
  StreamName,
  StreamOptions,
  TaskArguments,
  TaskItem,
  TaskListeners,
  TaskLog,
  TaskName,
  TaskProgress,
  TaskResult,
  TaskStreamOptions,
  TimeLimit,
} from './batch/index.ts'
export { asCompleted, CancelScope, Future, TaskGroup, wait } from './future/index.ts'
export type { CancelScopeOptions, CompletedFuture, FutureState, ReturnWhen, WaitResult } from './future/index.ts'
export type { InlineTasks } from './pool/inline-module.ts'
export type { LocalPoolOptions, ProcessPoolOptions, TaskModuleSpec } from './pool/options.ts'
export type { Pool } from './pool/pool.ts'
export type { PoolState } from './pool/pool-state.ts'
export { ProcessPool } from './pool/process-pool.ts'
export type { DurationBucket, DurationFigures } from './pool/duration-histogram.ts'
export type { LocalPoolStatistics, MemoryFigures, PoolDurations, TaskFigures, WorkerFigures } from './pool/statistics.ts'
export { ThreadPool } from './pool/thread-pool.ts'
export { carriedStorage, move, taskContext } from './task/index.ts'
export type { StoreSource, TaskContext } from './task/index.ts'
