/** What both doors, Node's and the browser's, have in common. */
export type { AttachedBatch } from './attached-batch.ts'
export type { AttachOptions } from './attached-run.ts'
export type { Cluster, PoolOptions } from './cluster.ts'
export type { ClusterPool } from './cluster-pool.ts'
export type { Connect, ConnectOptions } from './connect.ts'
export type { ConnectionEvent, ReconnectPolicy } from './connection.ts'
export type { TlsOptions } from './transport.ts'
export { compare } from './compare.ts'
export type { CompareOptions, CompareProgress } from './compare.ts'
export { DEFAULT_URL } from './cluster-url.ts'
export { fitScalability, recommendPoolSize } from './scalability-fit.ts'
export type { ThroughputPoint } from './scalability-fit.ts'
export { CancelledError, ForkpoolError, TaskError, WorkerLostError } from '@forkpool/pool-core/base'
export { asCompleted, CancelScope, Future, TaskGroup, wait } from '@forkpool/pool-core/future'
export type { CancelScopeOptions, CompletedFuture, FutureState, ReturnWhen, WaitResult } from '@forkpool/pool-core/future'
export type { BatchSummary, ComparisonReport, ComparisonRun, ScalabilityFit } from '@forkpool/pool-core/protocol'
export { Range, range } from '@forkpool/pool-core/batch'
export type {
  AnyTasks,
  BatchDefaults,
  BatchOptions,
  BatchProgress,
  ClusterCallOptions,
  Items,
  MapOptions,
  ResultIterator,
  StreamOptions,
  TaskArguments,
  TaskItem,
  TaskName,
  TaskResult,
} from '@forkpool/pool-core/batch'
