import type { Clock } from '@forkpool/pool-core/base'
import type { Future } from '@forkpool/pool-core/future'
import type { SubmitMessage } from '@forkpool/pool-core/protocol'
import type { BatchDefaults, BatchOptions, MapOptions, StreamOptions } from './batch-options.ts'
import { BUFFER_SIZE_DEFAULT, checkName, resolveBatchOptions } from './batch-options.ts'
import { BatchRun } from './batch-run.ts'
import type { Connection } from './connection.ts'
import { GatheredResults } from './gathered-results.ts'
import { ResultIterator } from './result-iterator.ts'
import { ResultStream } from './result-stream.ts'
import { SingleCall } from './single-call.ts'
import type { AnyTasks, Items, TaskArguments, TaskItem, TaskName, TaskResult } from './task-types.ts'

export interface ClusterPoolParts {
  readonly connection: Connection
  readonly clock: Clock
  readonly name: string | undefined
  readonly size: number | undefined
  readonly defaults: BatchDefaults
}

/** What a batch with `settle` gives for each task. */
type Outcome<Tasks, Name> = PromiseSettledResult<TaskResult<Tasks, Name>>

type Settling<Options> = Options & { readonly settle: true }

/**
 * A pool of a cluster: at most `size` workers compute for it at once, whoever submits to it. A view, which holds nothing: it needs no close.
 *
 * Every method sends the tasks of one call as one batch. Where a task fails, and nothing else is asked for, the rest runs to its end and then
 * the first failure by index is thrown, a `TaskError` with the remote error as its cause. Bad options and bad items are `BAD_ARGUMENT`; a lost
 * connection is `CONNECTION_LOST`, a refused batch has the coordinator's code (`TASK_UNKNOWN`, `LIMIT_EXCEEDED`, …).
 *
 * Source: `multiprocessing.pool.Pool` and `concurrent.futures.Executor`, names in camelCase.
 */
export class ClusterPool<Tasks = AnyTasks> {
  readonly #parts: ClusterPoolParts

  constructor(parts: ClusterPoolParts) {
    this.#parts = parts
  }

  /** `undefined`: the coordinator names it, by its size. */
  get name(): string | undefined {
    return this.#parts.name
  }

  /** `undefined`: the coordinator's cores. */
  get size(): number | undefined {
    return this.#parts.size
  }

  /** Calls the task with each item and resolves with all results in order; with `settle`, with all outcomes. */
  map<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options: Settling<MapOptions>,
  ): Promise<Outcome<Tasks, Name>[]>
  map<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options?: MapOptions,
  ): Promise<TaskResult<Tasks, Name>[]>
  map(task: string, items: unknown, options?: MapOptions): Promise<never[]> {
    return this.#gather(task, items, false, options) as Promise<never[]>
  }

  /** As `map`, but each item is the list of arguments of one call. */
  starmap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskArguments<Tasks, Name>>,
    options: Settling<MapOptions>,
  ): Promise<Outcome<Tasks, Name>[]>
  starmap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskArguments<Tasks, Name>>,
    options?: MapOptions,
  ): Promise<TaskResult<Tasks, Name>[]>
  starmap(task: string, items: unknown, options?: MapOptions): Promise<never[]> {
    return this.#gather(task, items, true, options) as Promise<never[]>
  }

  /**
   * Calls the task with each item and yields the results in order, while the input is still being read. Work starts with the call, not with
   * the first `next`. The input is read ahead by `bufferSize` items at most, so it may be endless.
   */
  imap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options: Settling<StreamOptions>,
  ): ResultIterator<Outcome<Tasks, Name>>
  imap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options?: StreamOptions,
  ): ResultIterator<TaskResult<Tasks, Name>>
  imap(task: string, items: unknown, options?: StreamOptions): ResultIterator<never> {
    return this.#stream(task, items, { ordered: true, spread: false }, options)
  }

  /** As `imap`, but each item is the list of arguments of one call. */
  istarmap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskArguments<Tasks, Name>>,
    options: Settling<StreamOptions>,
  ): ResultIterator<Outcome<Tasks, Name>>
  istarmap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskArguments<Tasks, Name>>,
    options?: StreamOptions,
  ): ResultIterator<TaskResult<Tasks, Name>>
  istarmap(task: string, items: unknown, options?: StreamOptions): ResultIterator<never> {
    return this.#stream(task, items, { ordered: true, spread: true }, options)
  }

  /** As `imap`, but yields the results as they come. */
  imapUnordered<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options: Settling<StreamOptions>,
  ): ResultIterator<Outcome<Tasks, Name>>
  imapUnordered<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options?: StreamOptions,
  ): ResultIterator<TaskResult<Tasks, Name>>
  imapUnordered(task: string, items: unknown, options?: StreamOptions): ResultIterator<never> {
    return this.#stream(task, items, { ordered: false, spread: false }, options)
  }

  /** Calls the task once, with these arguments. */
  submit<Name extends TaskName<Tasks>>(task: Name, ...args: TaskArguments<Tasks, Name>): Future<TaskResult<Tasks, Name>> {
    return this.#call(task, args, {})
  }

  /** As `submit`, with options of its own. */
  submitWith<Name extends TaskName<Tasks>>(
    options: BatchOptions,
    task: Name,
    ...args: TaskArguments<Tasks, Name>
  ): Future<TaskResult<Tasks, Name>> {
    return this.#call(task, args, options)
  }

  /** Calls the task once and resolves with its result. */
  apply<Name extends TaskName<Tasks>>(
    task: Name,
    args: TaskArguments<Tasks, Name>,
    options?: BatchOptions,
  ): Promise<TaskResult<Tasks, Name>> {
    return this.#call<TaskResult<Tasks, Name>>(task, args, options ?? {}).result()
  }

  /** Bad arguments reject rather than throw, as of any function that returns a promise. */
  async #gather(task: string, items: unknown, spread: boolean, given: MapOptions | undefined): Promise<unknown[]> {
    const { connection, clock } = this.#parts
    const options = resolveBatchOptions(this.#parts.defaults, given)
    const { settle = false, failFast = false } = options
    const request = this.#request(task, spread, options)
    const results = new GatheredResults({ task, settle, failFast })
    const run = new BatchRun({ connection, clock, request, items, options }, results)
    results.attach(run, run.total)
    run.start()
    return results.promise
  }

  #stream(
    task: string,
    items: unknown,
    { ordered, spread }: { readonly ordered: boolean; readonly spread: boolean },
    given: StreamOptions | undefined,
  ): ResultIterator<never> {
    const { connection, clock } = this.#parts
    const options = resolveBatchOptions(this.#parts.defaults, given)
    const { settle = false, failFast = false, bufferSize = BUFFER_SIZE_DEFAULT } = options
    const request = this.#request(task, spread, options)
    const stream = new ResultStream({ task, ordered, settle, failFast, bufferSize })
    const run = new BatchRun({ connection, clock, request, items, options }, stream)
    stream.attach(run)
    run.start()
    return new ResultIterator(stream)
  }

  #call<Result>(task: string, args: readonly unknown[], given: BatchOptions): Future<Result> {
    const { connection, clock, defaults } = this.#parts
    const options = resolveBatchOptions(defaults, given)
    const call = new SingleCall(connection, clock, task, options)
    call.start(this.#request(task, false, options), args)
    return call.future as Future<Result>
  }

  #request(task: string, spread: boolean, options: StreamOptions): Omit<SubmitMessage, 'kind' | 'batch'> {
    checkName('task', task)
    const { name, size } = this.#parts
    const { chunkSize, priority, retries, backoffMs, failFast } = options
    return {
      task,
      ...(name !== undefined && { pool: name }),
      ...(size !== undefined && { poolSize: size }),
      ...(spread && { spread }),
      ...(chunkSize !== undefined && { chunkSize }),
      ...(priority !== undefined && { priority }),
      ...(retries !== undefined && { retries }),
      ...(backoffMs !== undefined && { backoffMs }),
      ...(failFast === true && { failFast }),
    }
  }
}
