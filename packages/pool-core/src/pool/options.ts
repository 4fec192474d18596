import { ForkpoolError } from '../base/index.ts'
import type { StoreSource } from '../task/index.ts'
import { checkName, checkWhole, resolveBatchOptions } from '../batch/index.ts'
import type { AnyTasks, BatchDefaults, RetryPolicy, TaskListeners, TaskName, TimeLimit } from '../batch/index.ts'
import type { WorkerSetup } from './worker-backend.ts'

/** Where a task module is: a `file:` URL, as `new URL('./tasks.ts', import.meta.url)` gives it, or an absolute path. */
export type TaskModuleSpec = URL | string

/**
 * How a pool reaches its workers: `ring`, through memory that both see; `channel`, by message ports to threads, and pipes to processes, where
 * nothing native is loaded.
 */
export type LinkKind = 'ring' | 'channel'

/** Options of a local pool. */
export interface LocalPoolOptions<Tasks = AnyTasks> extends BatchDefaults, TimeLimit, RetryPolicy, TaskListeners {
  /** Workers at most, 1 to 1,024. They are started when there is work for them. Default: the cores that this program may use. */
  readonly size?: number | undefined
  /** Workers that are started at once and kept while idle. Default 0. */
  readonly minSize?: number | undefined
  /** A worker above `minSize` that was idle for so long is stopped; milliseconds. Default 30,000. */
  readonly idleTimeoutMs?: number | undefined
  /**
   * A worker that is not ready by then, because a module or the initializer hangs, is ended and tried again; milliseconds. Default 60,000.
   */
  readonly startTimeoutMs?: number | undefined
  /**
   * Workers, up to `size`, that are kept ready beyond the running ones, modules loaded and initializer run: a lost or replaced worker's place is
   * taken at once. They are not stopped when idle. With them there are `size + standby` workers at most. Default 0.
   */
  readonly standby?: number | undefined
  /**
   * Tasks that each worker runs at once, 1 to 10,000, where they return promises: for work that waits, for a disk or a network. What one of them
   * computes, the others of its worker wait for. A task that was asked to end and does not for `cancelGraceMs` is then left behind, and its worker
   * goes on; only one that keeps the event loop from turning is ended with its worker. Default 1.
   */
  readonly concurrency?: number | undefined
  /**
   * Storages, most often of the type `AsyncLocalStorage`, whose stores go along with each call: a task reads a copy by `taskContext().store(name)`. Those made by
   * `carriedStorage` need not be named here.
   */
  readonly context?: Readonly<Record<string, StoreSource>> | undefined
  /** A worker that ran so many tasks is replaced by a new one. Counts tasks, where Python's `maxtasksperchild` counts chunks. */
  readonly maxTasksPerWorker?: number | undefined
  /**
   * A worker that takes more than so many megabytes after a task is replaced by a new one, when it holds nothing: of a process its resident
   * memory, of a thread its heap and buffers. No task fails for it, other than for `heapMb`, the limit that ends a worker in the middle of one.
   */
  readonly memoryLimitMb?: number | undefined
  /** Calls (`map`, `submit`, …) that may be open at once: a further one is `LIMIT_EXCEEDED`; `space()` waits. Default: no limit. */
  readonly queueLimit?: number | undefined
  /** An exported function that each worker runs before its first task; where it throws, the pool is of no use and every call says so. */
  readonly initializer?: TaskName<Tasks> | undefined
  /** Its arguments: whatever structured clone carries; to threads also handles of shared memory. */
  readonly initializerArguments?: readonly unknown[] | undefined
  /** An exported function that a worker runs when it is stopped in good order. What it throws is written to standard error. */
  readonly finalizer?: TaskName<Tasks> | undefined
  /** A task fails when it brought down so many workers that held it alone. Default 3. */
  readonly crashLimit?: number | undefined
  /** A task that was asked to end, and does not for so long, is ended with its worker; milliseconds. Default 1,000. */
  readonly cancelGraceMs?: number | undefined
  /** Default: rings where they can be had, which takes Linux or macOS and the package koffi for processes; `ring` insists on them. */
  readonly link?: LinkKind | undefined
  /** Limit of each worker's heap, megabytes; one that needs more ends. Default: Node's. */
  readonly heapMb?: number | undefined
}

/** Options of a process pool. */
export interface ProcessPoolOptions<Tasks = AnyTasks> extends LocalPoolOptions<Tasks> {
  /** Environment variables of the workers beside this program's own. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Flags for the workers' Node. Default: this program's, without those for debugging, watching and testing. */
  readonly execArgv?: readonly string[] | undefined
}

/** All of it, checked, with the defaults filled in. */
export interface ResolvedPoolOptions {
  readonly modules: readonly string[]
  readonly size: number
  readonly minSize: number
  readonly idleTimeoutMs: number
  readonly startTimeoutMs: number
  readonly standby: number
  readonly concurrency: number
  readonly listeners: TaskListeners
  readonly context: Readonly<Record<string, StoreSource>> | undefined
  readonly maxTasksPerWorker: number | undefined
  readonly memoryLimitMb: number | undefined
  readonly queueLimit: number
  readonly initializer: string | undefined
  readonly initializerArguments: readonly unknown[]
  readonly finalizer: string | undefined
  readonly crashLimit: number
  readonly cancelGraceMs: number
  readonly heapMb: number | undefined
  readonly link: LinkKind | undefined
  readonly defaults: BatchDefaults & TimeLimit & RetryPolicy
}

/** More workers than this on one machine are a mistake in the unit. */
const SIZE_MAX = 1_024

/** Far above what one event loop can serve. */
const CONCURRENCY_MAX = 10_000

const DAY_MS = 86_400_000

/** @throws ForkpoolError BAD_ARGUMENT that names the option and what was expected. */
export function resolvePoolOptions<Tasks>(
  modules: TaskModuleSpec | readonly TaskModuleSpec[],
  options: LocalPoolOptions<Tasks>,
): ResolvedPoolOptions {
  const {
    size = process.getBuiltinModule('node:os').availableParallelism(),
    minSize = 0,
    idleTimeoutMs = 30_000,
    crashLimit = 3,
    cancelGraceMs = 1_000,
  } = options
  const { maxTasksPerWorker, memoryLimitMb, queueLimit, heapMb, initializerArguments = [], startTimeoutMs = 60_000, standby = 0 } = options
  const { concurrency = 1, context } = options
  checkContext(context)
  checkWhole('pool size', size, 1, SIZE_MAX)
  checkWhole('minSize', minSize, 0, size)
  checkWhole('idleTimeoutMs', idleTimeoutMs, 0, DAY_MS)
  checkWhole('startTimeoutMs', startTimeoutMs, 1, DAY_MS)
  checkWhole('standby', standby, 0, size)
  checkWhole('concurrency', concurrency, 1, CONCURRENCY_MAX)
  checkWhole('memoryLimitMb', memoryLimitMb, 1, 1024 * 1024)
  checkWhole('maxTasksPerWorker', maxTasksPerWorker, 1, Number.MAX_SAFE_INTEGER)
  checkWhole('queueLimit', queueLimit, 1, Number.MAX_SAFE_INTEGER)
  checkWhole('crashLimit', crashLimit, 1, 100)
  checkWhole('cancelGraceMs', cancelGraceMs, 0, DAY_MS)
  checkWhole('heapMb', heapMb, 1, 1024 * 1024)
  const link: unknown = options.link
  if (link !== undefined && link !== 'ring' && link !== 'channel')
    throw bad(`link is "ring" or "channel", not ${process.getBuiltinModule('node:util').inspect(link)}`)
  const initializer: unknown = options.initializer
  const finalizer: unknown = options.finalizer
  if (initializer !== undefined) checkName('initializer', initializer)
  if (finalizer !== undefined) checkName('finalizer', finalizer)
  if (!Array.isArray(initializerArguments)) throw bad('initializerArguments must be an array')
  const { chunkSize, priority, retries, backoffMs, failFast, timeoutMs, deadlineMs, retryOn, jitter } = options
  const defaults = { chunkSize, priority, retries, backoffMs, failFast, timeoutMs, deadlineMs, retryOn, jitter }
  resolveBatchOptions(defaults, undefined)
  return {
    modules: moduleUrls(modules),
    size,
    minSize,
    idleTimeoutMs,
    startTimeoutMs,
    standby,
    concurrency,
    listeners: { onLog: options.onLog, onTaskProgress: options.onTaskProgress },
    context,
    maxTasksPerWorker,
    memoryLimitMb,
    queueLimit: queueLimit ?? Number.POSITIVE_INFINITY,
    initializer: initializer as string | undefined,
    initializerArguments,
    finalizer: finalizer as string | undefined,
    crashLimit,
    cancelGraceMs,
    heapMb,
    link,
    defaults,
  }
}

/** What each worker is told of them. */
export function workerSetup(options: ResolvedPoolOptions): Omit<WorkerSetup, 'workerId'> {
  const { modules, initializer, initializerArguments, finalizer, memoryLimitMb, concurrency, cancelGraceMs } = options
  return {
    modules,
    initializer,
    initializerArguments,
    finalizer,
    concurrency,
    abandonAfterMs: cancelGraceMs,
    ...(memoryLimitMb !== undefined && { measuresMemory: true }),
  }
}

export function moduleUrls(modules: TaskModuleSpec | readonly TaskModuleSpec[]): readonly string[] {
  const specs = Array.isArray(modules) ? (modules as readonly TaskModuleSpec[]) : [modules as TaskModuleSpec]
  if (specs.length === 0) throw bad('a pool needs a task module: new URL("./tasks.ts", import.meta.url)')
  // Not by `import`: see `requireHere`.
  const path = process.getBuiltinModule('node:path')
  const { pathToFileURL } = process.getBuiltinModule('node:url')
  return specs.map((spec) => {
    if (spec instanceof URL && (spec.protocol === 'file:' || spec.protocol === 'data:')) return spec.href
    if (typeof spec === 'string' && spec.startsWith('file:')) return spec
    if (typeof spec === 'string' && path.isAbsolute(spec)) return pathToFileURL(spec).href
    throw bad(`a task module is a file: URL or an absolute path, not ${spec instanceof URL ? spec.href : JSON.stringify(spec)}`)
  })
}

function bad(message: string): ForkpoolError {
  return new ForkpoolError('BAD_ARGUMENT', message)
}

function checkContext(context: Readonly<Record<string, StoreSource>> | undefined): void {
  for (const [name, source] of Object.entries(context ?? {})) {
    if (typeof (source as Partial<StoreSource> | null)?.getStore !== 'function') throw bad(`context: "${name}" has no getStore()`)
  }
}
