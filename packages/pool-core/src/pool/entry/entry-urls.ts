import { isSource } from '../../package-files.ts'

/** The programs of the workers. */
export const THREAD_ENTRY = 'pool/entry/thread-entry'
export const PROCESS_ENTRY = 'pool/entry/process-entry'

/** The room of locks, queues and their like, which workers load when one of these comes. */
export const SYNC_DOOR = 'sync/attach-once'

/** The pool as tasks see it, which workers load when a task first asks for it. */
export const TASK_POOLS_DOOR = 'nested/task-pools'

/** Flags without which a worker would not find the sources of this repository's other packages. */
export function entryFlags(): readonly string[] {
  return isSource() ? ['--conditions=forkpool-source'] : []
}
