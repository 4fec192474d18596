/** The worker's end of a pool, whoever started it: shards in, reports out, and an end that follows its parent's. Node only. */
export { endOnStrayErrors, sayLastWords } from './last-words.ts'
export { isOrphan, startWatchdog } from './watchdog.ts'
export { WorkerSession } from './worker-session.ts'
export type { WorkerNotes, WorkerSessionParts } from './worker-session.ts'
