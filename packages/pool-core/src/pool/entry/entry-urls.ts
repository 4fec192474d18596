/**
 * The programs of the workers, beside this file: TypeScript where this is, JavaScript where it is compiled. The only place that finds
 * files by `import.meta.url`, so that a bundler has one place to be told of.
 */
const FROM_SOURCE: boolean = import.meta.url.endsWith('.ts')

export const THREAD_ENTRY: URL = FROM_SOURCE ? new URL('./thread-entry.ts', import.meta.url) : new URL('./thread-entry.js', import.meta.url)
export const PROCESS_ENTRY: URL = FROM_SOURCE
  ? new URL('./process-entry.ts', import.meta.url)
  : new URL('./process-entry.js', import.meta.url)

/** The room of locks, queues and their like, which workers load when one of these comes. */
export const SYNC_DOOR: URL = FROM_SOURCE
  ? new URL('../../sync/attach-once.ts', import.meta.url)
  : new URL('../../sync/attach-once.js', import.meta.url)

/** Flags without which a worker would not find the sources of this repository's other packages. */
export const ENTRY_FLAGS: readonly string[] = FROM_SOURCE ? ['--conditions=forkpool-source'] : []
