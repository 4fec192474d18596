import { ForkpoolError, systemClock } from '../base/index.ts'
import { BatchCalls, checkName, checkWhole, StreamCall, TaskStream } from '../batch/index.ts'
import type { LocalCallOptions, StreamItem, StreamName, TaskArguments, TaskStreamOptions } from '../batch/index.ts'
import { PRIORITY_MAX } from '../protocol/index.ts'
import { reviveHandles } from './live-handles.ts'
import { workerSetup } from './options.ts'
import type { ResolvedPoolOptions } from './options.ts'
import type { Pool } from './pool.ts'
import { PoolRuntime } from './pool-runtime.ts'
import type { PoolState } from './pool-state.ts'
import type { LocalPoolStatistics } from './statistics.ts'
import { StartedAhead } from './started-ahead.ts'
import { noteOpenPool } from './unclosed-pools.ts'
import type { WorkerBackend } from './worker-backend.ts'

/** What thread pools and process pools have in common: everything but where their workers live. */
export abstract class LocalPool<Tasks> extends BatchCalls<Tasks, LocalCallOptions<Tasks>> implements Pool<Tasks> {
  readonly size: number
  readonly #runtime: PoolRuntime
  readonly #priority: number | undefined

  constructor(backend: WorkerBackend, options: ResolvedPoolOptions) {
    const started = new StartedAhead(backend)
    started.startAhead(workerSetup(options), options.minSize)
    const runtime = new PoolRuntime(started, options, systemClock)
    super({ carrier: runtime, clock: systemClock, defaults: options.defaults })
    this.#runtime = runtime
    reviveHandles()
    this.#priority = options.defaults.priority
    this.size = options.size
    void runtime.life.closed.then(noteOpenPool(this))
  }

  stream<Name extends StreamName<Tasks>>(task: Name, ...args: TaskArguments<Tasks, Name>): TaskStream<StreamItem<Tasks, Name>> {
    return this.streamWith({}, task, ...args)
  }

  streamWith<Name extends StreamName<Tasks>>(
    options: TaskStreamOptions,
    task: Name,
    ...args: TaskArguments<Tasks, Name>
  ): TaskStream<StreamItem<Tasks, Name>> {
    checkName('task', task)
    checkWhole('priority', options.priority, -PRIORITY_MAX, PRIORITY_MAX)
    const { priority = this.#priority } = options
    const call = new StreamCall(this.#runtime, task, options)
    const stores = this.#runtime.stores()
    call.start({ task, ...(priority !== undefined && { priority }), ...(stores !== undefined && { stores }) }, args)
    return new TaskStream(call)
  }

  get state(): PoolState {
    return this.#runtime.life.state
  }

  close(): Promise<void> {
    this.sendGathered()
    return this.#runtime.close()
  }

  terminate(): Promise<void> {
    return this.#runtime.terminate()
  }

  join(): Promise<void> {
    if (this.state !== 'running') return this.#runtime.life.closed
    return Promise.reject(new ForkpoolError('INVALID_STATE', 'a pool that is running cannot be joined: call close() or terminate() first'))
  }

  space(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#runtime.life.space(options.signal)
  }

  statistics(): LocalPoolStatistics {
    return this.#runtime.statistics()
  }

  /** As `close`: what was submitted still ends. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
