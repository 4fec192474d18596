import { ForkpoolError, systemClock } from '../base/index.ts'
import type { AnyTasks } from '../batch/index.ts'
import { ProcessBackend } from './backends/process-backend.ts'
import { inlineModule } from './inline-module.ts'
import type { InlineTasks } from './inline-module.ts'
import { LocalPool } from './local-pool.ts'
import { resolvePoolOptions } from './options.ts'
import type { ProcessPoolOptions, TaskModuleSpec } from './options.ts'

/**
 * A pool of worker processes. Nothing that happens in one of them, a native crash included, reaches this program or its neighbours.
 *
 * `new ProcessPool<typeof import('./tasks.ts')>(new URL('./tasks.ts', import.meta.url), { size: 4 })`
 *
 * Source: `multiprocessing.Pool`, `concurrent.futures.ProcessPoolExecutor`. Node has no `fork`: a worker starts anew and loads the task
 * modules, as Python's start method `spawn` does.
 */
export class ProcessPool<Tasks = AnyTasks> extends LocalPool<Tasks> {
  /** @throws ForkpoolError BAD_ARGUMENT that names the option and what was expected. */
  constructor(modules: TaskModuleSpec | readonly TaskModuleSpec[], options: NoInfer<ProcessPoolOptions<Tasks>> = {}) {
    const resolved = resolvePoolOptions(modules, options)
    checkSerialisable(resolved.initializerArguments)
    const { env, execArgv } = options
    super(new ProcessBackend({ clock: systemClock, heapMb: resolved.heapMb, link: resolved.link, env, execArgv }), resolved)
  }

  /**
   * A pool of functions that are written on the spot and close over nothing: `ProcessPool.of({ square: (n: number) => n * n })`.
   * A function that uses what stands around it fails with a `ReferenceError` that names it.
   * @throws ForkpoolError BAD_ARGUMENT as the constructor, and for a function that is built in or bound.
   */
  static of<Tasks extends InlineTasks>(functions: Tasks, options: ProcessPoolOptions<Tasks> = {}): ProcessPool<Tasks> {
    return new ProcessPool<Tasks>(inlineModule(functions), options)
  }
}

function checkSerialisable(args: readonly unknown[]): void {
  if (args.length === 0) return
  try {
    process.getBuiltinModule('node:v8').serialize(args)
  } catch (error) {
    throw new ForkpoolError('BAD_ARGUMENT', `initializerArguments cannot be sent to a process: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
