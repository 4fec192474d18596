import { AsyncLocalStorage } from 'node:async_hooks'
import { CancelledError } from '../base/index.ts'

/** What a task may know about its own run. */
export interface TaskContext {
  /** Aborted when the task's result is no longer wanted: it should end soon, with any outcome. */
  readonly signal: AbortSignal
  /** Position of the task's arguments in their batch, from 0. */
  readonly index: number
  /** 1 for the first run. */
  readonly attempt: number
  /** Identifier of the worker. */
  readonly worker: string
}

/**
 * The context of the task that runs now, in synchronous code and after any `await`. Outside a pool, as in the task's own unit test, one
 * that never aborts. `index` is that of the task which the worker runs at the moment: code that outlives its task reads a later one.
 */
export function taskContext(): TaskContext {
  return storage().getStore() ?? OUTSIDE
}

/**
 * The context of all tasks of one shard, which run one after the other: one object a shard, because one a task would cost more than a
 * small task does.
 */
export class ShardContext implements TaskContext {
  readonly attempt: number
  readonly worker: string
  /** Written by the runner before each task. */
  index = 0
  #aborted = false
  /** Made when a task first asks for it: most never do. */
  #controller: AbortController | undefined

  constructor(worker: string, attempt: number) {
    this.worker = worker
    this.attempt = attempt
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
  }
}

/** Runs `run`, and all that it starts, with `context` as the answer of `taskContext()`. */
export function withTaskContext<Result>(context: TaskContext, run: () => Result): Result {
  return storage().run(context, run)
}

function cancelled(): CancelledError {
  return new CancelledError('the result of this task is no longer wanted')
}

const OUTSIDE: TaskContext = { signal: new AbortController().signal, index: 0, attempt: 1, worker: 'none' }

/**
 * One storage for the whole process: a task module may find another copy of this package than the worker that runs it (compiled and
 * source, or two installations), and both must speak of the same task.
 */
const STORAGE = Symbol.for('forkpool.task-context')

function storage(): AsyncLocalStorage<TaskContext> {
  const shared = globalThis as { [STORAGE]?: AsyncLocalStorage<TaskContext> | undefined }
  return (shared[STORAGE] ??= new AsyncLocalStorage<TaskContext>())
}
