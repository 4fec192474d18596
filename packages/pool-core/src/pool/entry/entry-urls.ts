import { FROM_SOURCE, programFile } from '../../package-files.ts'

/** The programs of the workers. */
export const THREAD_ENTRY: URL = programFile('pool/entry/thread-entry')
export const PROCESS_ENTRY: URL = programFile('pool/entry/process-entry')

/** The room of locks, queues and their like, which workers load when one of these comes. */
export const SYNC_DOOR: URL = programFile('sync/attach-once')

/** The pool as tasks see it, which workers load when a task first asks for it. */
export const TASK_POOLS_DOOR: URL = programFile('nested/task-pools')

/** Flags without which a worker would not find the sources of this repository's other packages. */
export const ENTRY_FLAGS: readonly string[] = FROM_SOURCE ? ['--conditions=forkpool-source'] : []
