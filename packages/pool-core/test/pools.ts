import { ProcessPool, ThreadPool } from '../src/index.ts'

/** Both columns of docs/conformance.md: pools of threads and pools of processes. */
export const POOLS: readonly [readonly ['thread', typeof ThreadPool], readonly ['process', typeof ProcessPool]] = [
  ['thread', ThreadPool],
  ['process', ProcessPool],
]

/** The module that most tests of pools call. */
export type PoolTasks = typeof import('./fixtures/pool-tasks.ts')
export const POOL_TASKS: URL = new URL('./fixtures/pool-tasks.ts', import.meta.url)
