/**
 * Tasks as a worker runs them: loading modules, running shards, and what a task may ask about its own run. Floor 2, worker side; the
 * coordinator's own process loads no task code.
 */
export { runShard } from './run-shard.ts'
export type { ShardHost } from './run-shard.ts'
export { ShardContext, taskContext, withTaskContext } from './task-context.ts'
export type { TaskContext } from './task-context.ts'
export { loadTaskModules } from './task-module.ts'
export type { LoadTaskModulesOptions } from './task-module.ts'
export { TaskRegistry } from './task-registry.ts'
export type { TaskFunction, TaskModule } from './task-registry.ts'
