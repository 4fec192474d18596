/**
 * Tasks as a worker runs them: loading modules, running shards, and what a task may ask about its own run. Floor 2, worker side; the
 * coordinator's own process loads no task code.
 */
export { carriedStorage, carriedStores, readStores } from './carried-storage.ts'
export type { StoreSource } from './carried-storage.ts'
export { move } from './move.ts'
export { giveNumbersBack } from './number-buffers.ts'
export { Places } from './places.ts'
export { runShard } from './run-shard.ts'
export type { ShardHost } from './run-shard.ts'
export { runShardAtOnce } from './run-shard-at-once.ts'
export type { AtOnceHost } from './run-shard-at-once.ts'
export { runStream } from './run-stream.ts'
export type { StreamHost } from './run-stream.ts'
export { StreamRoom } from './stream-room.ts'
export { ShardContext, taskContext, withTaskContext } from './task-context.ts'
export type { TaskContext, TaskServices } from './task-context.ts'
export { loadTaskModules } from './task-module.ts'
export type { LoadTaskModulesOptions } from './task-module.ts'
export { TaskRegistry } from './task-registry.ts'
export type { TaskFunction, TaskModule } from './task-registry.ts'
