import type { AsyncLocalStorage } from 'node:async_hooks'
import { CancelledError, ForkpoolError } from '../base/index.ts'
import type { AnyTasks, BatchCalls } from '../batch/index.ts'
import { withStores } from './carried-storage.ts'

/** What a task may know about its own run, and say of it. */
export interface TaskContext {
  /** Aborted when the task's result is no longer wanted: it should end soon, with any outcome. */
  readonly signal: AbortSignal
  /** Position of the task's arguments in their batch, from 0. */
  readonly index: number
  /** 1 for the first run. */
  readonly attempt: number
  /** Identifier of the worker. */
  readonly worker: string
  /**
   * Tells the caller, whose `onLog` is called with these values; without one, the program prints them. Values that structured clone does not
   * carry arrive as text. Outside a pool of this program: `console.log`.
   */
  log(...values: unknown[]): void
  /**
   * Tells the caller how far the task is: `onTaskProgress`, and `progress` of its future. Cheap enough for a loop: of many in a short time the last
   * is sent.
   * @param fraction 0 to 1. @throws ForkpoolError BAD_ARGUMENT for another one.
   */
  progress(fraction: number, note?: string): void
  /**
   * What the storage that the pool's option `context` calls `name` held where the task was called from: a copy. Undefined where it held nothing.
   */
  store(name: string): unknown
  /**
   * The pool that runs this task, to call further tasks from within it. Never a deadlock, however deep: while a task waits for its own calls, its
   * worker runs others. Such calls end with the task that made them when that is cancelled, or when its worker is lost.
   * @throws ForkpoolError NOT_SUPPORTED outside a pool of threads or processes.
   */
  pool<Tasks = AnyTasks>(): BatchCalls<Tasks>
}

/** What a task's context passes on: the worker's end of it. */
export interface TaskServices {
  log(index: number, values: readonly unknown[]): void
  progress(index: number, fraction: number, note: string | undefined): void
  /** By name, where the tasks were called from. */
  readonly stores: ReadonlyMap<string, unknown> | undefined
  /** The calls that tasks in this context may make. */
  pool(context: ShardContext): BatchCalls
  /** What runs in this context waits for something that is not its worker's to do, or goes on. */
  waits(waits: boolean): void
}

/**
 * The context of the task that runs now, in synchronous code and after any `await`. Outside a pool, as in the task's own unit test, one
 * that never aborts. Where a worker runs one task at a time, `index` is that of the task which it runs at the moment: code that outlives its task
 * reads a later one.
 */
export function taskContext(): TaskContext {
  return storage().getStore() ?? OUTSIDE
}

/**
 * The context of all tasks of one shard that run one after the other: one object a shard, because one a task would cost more than a
 * small task does.
 */
export class ShardContext implements TaskContext {
  readonly attempt: number
  readonly worker: string
  /** Written by the runner before each task. */
  index = 0
  readonly #services: TaskServices | undefined
  #aborted = false
  /** Made when a task first asks for it: most never do. */
  #controller: AbortController | undefined
  #onAbort: (() => void)[] | undefined
  /** Things that are waited for. */
  #waits = 0
  #isClosed = false

  constructor(worker: string, attempt: number, services?: TaskServices) {
    this.worker = worker
    this.attempt = attempt
    this.#services = services
  }

  get aborted(): boolean {
    return this.#aborted
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(cancelled())
    }
    return this.#controller.signal
  }

  /** Asks the shard's tasks to end. Twice is fine. */
  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#controller?.abort(cancelled())
    for (const told of this.#onAbort ?? []) told()
  }

  /** Calls `told` when the shard's tasks are asked to end: the runner's way, before any signal is made. */
  onAbort(told: () => void): void {
    if (this.#aborted) told()
    else (this.#onAbort ??= []).push(told)
  }

  /** Something is waited for that is not the worker's to do. Each call needs one of `goOn`. */
  wait(): void {
    if (this.#waits++ === 0 && !this.#isClosed) this.#services?.waits(true)
  }

  goOn(): void {
    if (--this.#waits === 0 && !this.#isClosed) this.#services?.waits(false)
  }

  /** Nothing runs in this context any more, whatever is still waited for. Twice is fine. */
  close(): void {
    if (!this.#isClosed && this.#waits > 0) this.#services?.waits(false)
    this.#isClosed = true
  }

  log(...values: unknown[]): void {
    if (this.#services === undefined) console.log(...values)
    else this.#services.log(this.index, values)
  }

  progress(fraction: number, note?: string): void {
    checkFraction(fraction)
    this.#services?.progress(this.index, fraction, note)
  }

  get stores(): ReadonlyMap<string, unknown> | undefined {
    return this.#services?.stores
  }

  store(name: string): unknown {
    return this.stores?.get(name)
  }

  pool<Tasks>(): BatchCalls<Tasks> {
    if (this.#services === undefined) throw noPool()
    return this.#services.pool(this) as BatchCalls<unknown> as BatchCalls<Tasks>
  }

  /** The context of one task of the shard, where several run at once. `waits` is told of its own waiting alone. */
  forTask(index: number, waits: (waits: boolean) => void): ShardContext {
    const services = this.#services
    const own = new ShardContext(this.worker, this.attempt, services === undefined ? undefined : new OwnWaits(services, waits))
    own.index = index
    this.onAbort(() => own.abort())
    return own
  }
}

/** The services of a shard, for one of its tasks. */
class OwnWaits implements TaskServices {
  readonly #services: TaskServices
  readonly waits: (waits: boolean) => void

  constructor(services: TaskServices, waits: (waits: boolean) => void) {
    this.#services = services
    this.waits = waits
  }

  get stores(): ReadonlyMap<string, unknown> | undefined {
    return this.#services.stores
  }

  log(index: number, values: readonly unknown[]): void {
    this.#services.log(index, values)
  }

  progress(index: number, fraction: number, note: string | undefined): void {
    this.#services.progress(index, fraction, note)
  }

  pool(context: ShardContext): BatchCalls {
    return this.#services.pool(context)
  }
}

/** Runs `run`, and all that it starts, with `context` as the answer of `taskContext()`. */
export function withTaskContext<Result>(context: ShardContext, run: () => Result): Result {
  return storage().run(context, () => withStores(context.stores, run))
}

function cancelled(): CancelledError {
  return new CancelledError('the result of this task is no longer wanted')
}

function checkFraction(fraction: number): void {
  if (typeof fraction === 'number' && fraction >= 0 && fraction <= 1) return
  throw new ForkpoolError('BAD_ARGUMENT', `the fraction of a progress must be a number from 0 to 1, not ${String(fraction)}`)
}

function noPool(): ForkpoolError {
  return new ForkpoolError('NOT_SUPPORTED', 'taskContext().pool() is for tasks that a ThreadPool or a ProcessPool runs')
}

const OUTSIDE: TaskContext = new ShardContext('none', 1)

/**
 * One storage for the whole process: a task module may find another copy of this package than the worker that runs it (compiled and
 * source, or two installations), and both must speak of the same task.
 */
const STORAGE = Symbol.for('forkpool.task-context')

function storage(): AsyncLocalStorage<TaskContext> {
  const shared = globalThis as { [STORAGE]?: AsyncLocalStorage<TaskContext> | undefined }
  return (shared[STORAGE] ??= new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)<TaskContext>())
}
