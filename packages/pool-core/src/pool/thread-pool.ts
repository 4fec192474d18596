import { ForkpoolError } from '../base/index.ts'
import type { AnyTasks } from '../batch/index.ts'
import { ThreadBackend } from './backends/thread-backend.ts'
import { inlineModule } from './inline-module.ts'
import type { InlineTasks } from './inline-module.ts'
import { LocalPool } from './local-pool.ts'
import { resolvePoolOptions } from './options.ts'
import type { LocalPoolOptions, TaskModuleSpec } from './options.ts'

/**
 * A pool of worker threads. They start sooner and take less memory than processes, and share memory with this program; a native crash in one,
 * or `process.kill(process.pid)`, takes the program along.
 *
 * `new ThreadPool<typeof import('./tasks.ts')>(new URL('./tasks.ts', import.meta.url), { size: 4 })`
 *
 * Source: `multiprocessing.pool.ThreadPool`, `concurrent.futures.ThreadPoolExecutor`.
 */
export class ThreadPool<Tasks = AnyTasks> extends LocalPool<Tasks> {
  /** @throws ForkpoolError BAD_ARGUMENT that names the option and what was expected. */
  constructor(modules: TaskModuleSpec | readonly TaskModuleSpec[], options: NoInfer<LocalPoolOptions<Tasks>> = {}) {
    const resolved = resolvePoolOptions(modules, options)
    checkCloneable(resolved.initializerArguments)
    super(new ThreadBackend(resolved.heapMb, resolved.link), resolved)
  }

  /**
   * A pool of functions that are written on the spot and close over nothing: `ThreadPool.of({ square: (n: number) => n * n })`.
   * A function that uses what stands around it fails with a `ReferenceError` that names it.
   * @throws ForkpoolError BAD_ARGUMENT as the constructor, and for a function that is built in or bound.
   */
  static of<Tasks extends InlineTasks>(functions: Tasks, options: LocalPoolOptions<Tasks> = {}): ThreadPool<Tasks> {
    return new ThreadPool<Tasks>(inlineModule(functions), options)
  }
}

function checkCloneable(args: readonly unknown[]): void {
  try {
    structuredClone(args)
  } catch (error) {
    throw new ForkpoolError('BAD_ARGUMENT', `initializerArguments cannot be sent to a thread: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
