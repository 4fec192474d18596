export type {
  AbortShard,
  Assign,
  BatchSettled,
  Drained,
  KillWorker,
  ReleaseBlock,
  SchedulerCommand,
  SettleFailed,
  StartWorkers,
  StopWorker,
  WakeAt,
} from './commands.ts'
export type {
  BatchCancelled,
  BatchEnded,
  BatchOpened,
  BatchPaused,
  DrainRequested,
  ItemsAdded,
  PoolSet,
  RunTimeout,
  SchedulerEvent,
  ShardRan,
  ShardTaskFailure,
  ShardTimedOut,
  ShardWaits,
  Woken,
  WorkerLost,
  WorkerOnline,
} from './events.ts'
export type { BatchId, PoolName, SessionId, ShardId, WorkerId } from './ids.ts'
export { checkInvariants } from './invariants.ts'
export { resolveSchedulerOptions } from './options.ts'
export type { ResolvedSchedulerOptions, SchedulerOptions } from './options.ts'
export { createScheduler } from './scheduler-state.ts'
export type { SchedulerState } from './scheduler-state.ts'
export { batchStatistics, schedulerStatistics, workerStatistics } from './statistics.ts'
export type { BatchStatistics, ItemStatistics, PoolStatistics, SchedulerStatistics, WorkerStatistics } from './statistics.ts'
export { step } from './step.ts'
export { BATCH_TRANSITIONS, WORKER_TRANSITIONS } from './transitions.ts'
export type { BatchMove, BatchPhase, TransitionTable, WorkerMove, WorkerPhase } from './transitions.ts'
export { isShardTooLate } from './run-limit.ts'
export { isShardHeld } from './worker-state.ts'
