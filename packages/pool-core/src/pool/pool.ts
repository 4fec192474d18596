import type { AnyTasks, BatchCalls, LocalCallOptions, StreamItem, StreamName, TaskArguments } from '../batch/index.ts'
import type { TaskStream, TaskStreamOptions } from '../batch/index.ts'
import type { PoolState } from './pool-state.ts'
import type { LocalPoolStatistics } from './statistics.ts'

/**
 * A pool of this program's own workers, threads or processes: the calls of every pool, and a life of its own.
 *
 * A pool that is never closed does not keep the program alive once its calls have ended; the program says so when it ends
 * (a process warning, `FORKPOOL_UNCLOSED`).
 */
export interface Pool<Tasks = AnyTasks>
  extends Pick<BatchCalls<Tasks, LocalCallOptions<Tasks>>, keyof BatchCalls<Tasks, LocalCallOptions<Tasks>>>, AsyncDisposable {
  /**
   * Calls a generator, or an async generator, and yields what it yields while it runs. It is ahead of its reader by 256 items at most, and then waits,
   * while its worker runs other tasks. Leaving the loop ends it there, and its `finally` runs. What it throws comes behind the items before it. It does
   * not run a second time: when its worker is lost after its first item, the stream fails with `WORKER_LOST`.
   */
  stream<Name extends StreamName<Tasks>>(task: Name, ...args: TaskArguments<Tasks, Name>): TaskStream<StreamItem<Tasks, Name>>
  /** As `stream`, with options of its own. */
  streamWith<Name extends StreamName<Tasks>>(
    options: TaskStreamOptions,
    task: Name,
    ...args: TaskArguments<Tasks, Name>
  ): TaskStream<StreamItem<Tasks, Name>>
  readonly state: PoolState
  /** Workers at most. */
  readonly size: number
  /**
   * Takes no further call, waits for those that are open, and ends the workers in good order. Resolves when none is left. A stream that
   * nobody reads stays open, so read it to its end or leave it before. Source: `Executor.shutdown(wait=True)`.
   */
  close(): Promise<void>
  /** Rejects what is open with `POOL_CLOSED` and ends the workers at once. Resolves when none is left. Source: `Pool.terminate`. */
  terminate(): Promise<void>
  /** Resolves when the pool is closed. Rejects with `INVALID_STATE` before `close` or `terminate` was called. Source: `Pool.join`. */
  join(): Promise<void>
  /**
   * Resolves when fewer calls than `queueLimit` are open, for those who wait in order of arrival, and keeps the place for the call that is made
   * then. Rejects with `POOL_CLOSED` when there will be none, and with the signal's reason.
   */
  space(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  statistics(): LocalPoolStatistics
}
