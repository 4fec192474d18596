import type { Clock } from '../base/index.ts'
import { ForkpoolError } from '../base/index.ts'
import type { Future } from '../future/index.ts'
import type { BatchCarrier, BatchSubmission } from './batch-carrier.ts'
import type {
  BatchDefaults,
  BatchOptions,
  ClusterCallOptions,
  LocalCallOptions,
  MapOptions,
  RetryPolicy,
  StreamOptions,
  TimeLimit,
} from './batch-options.ts'
import { BUFFER_SIZE_DEFAULT, checkName, resolveBatchOptions } from './batch-options.ts'
import { CallGatherer } from './call-gatherer.ts'
import { withFallbackTask } from './fallback-task.ts'
import { BatchRun } from './batch-run.ts'
import { GatheredResults } from './gathered-results.ts'
import { ResultIterator } from './result-iterator.ts'
import { ResultStream } from './result-stream.ts'
import { SingleCall } from './single-call.ts'
import type { AnyTasks, Items, TaskArguments, TaskItem, TaskName, TaskResult } from './task-types.ts'

export interface BatchCallsParts {
  readonly carrier: BatchCarrier
  readonly clock: Clock
  /** Name and size of the pool, for a carrier that has several. */
  readonly pool?: Pick<BatchSubmission, 'pool' | 'poolSize'> | undefined
  readonly defaults: BatchDefaults & TimeLimit & RetryPolicy
}

/** What a batch with `settle` gives for each task. */
type Outcome<Tasks, Name> = PromiseSettledResult<TaskResult<Tasks, Name>>

type Settling<Options> = Options & { readonly settle: true }

/**
 * The calls of every pool. `More` are the options that one kind of pool takes beyond those of all.
 *
 * Every method sends the tasks of one call as one batch. Where a task fails, and nothing else is asked for, the rest runs to its end and then
 * the first failure by index is thrown, a `TaskError` with the remote error as its cause. Bad options and bad items are `BAD_ARGUMENT`.
 *
 * Source: `multiprocessing.pool.Pool` and `concurrent.futures.Executor`, names in camelCase.
 */
export class BatchCalls<Tasks = AnyTasks, More = unknown> {
  readonly #parts: BatchCallsParts
  readonly #gatherer: CallGatherer | undefined
  /** What the last call without options of its own asked for: usually the next one asks for the same. */
  #plain: { readonly options: StreamOptions & LocalCallOptions; readonly request: BatchSubmission } | undefined

  constructor(parts: BatchCallsParts) {
    this.#parts = parts
    if (parts.carrier.gathersCalls === true) this.#gatherer = new CallGatherer(parts.carrier, parts.clock)
  }

  /** Calls the task with each item and resolves with all results in order; with `settle`, with all outcomes. */
  map<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options: Settling<MapOptions<TaskResult<Tasks, Name>> & More>,
  ): Promise<Outcome<Tasks, Name>[]>
  map<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options?: MapOptions<TaskResult<Tasks, Name>> & More,
  ): Promise<TaskResult<Tasks, Name>[]>
  map(task: string, items: unknown, options?: MapOptions): Promise<never[]> {
    return this.#gather(task, items, false, options) as Promise<never[]>
  }

  /** As `map`, but each item is the list of arguments of one call. */
  starmap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskArguments<Tasks, Name>>,
    options: Settling<MapOptions<TaskResult<Tasks, Name>> & More>,
  ): Promise<Outcome<Tasks, Name>[]>
  starmap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskArguments<Tasks, Name>>,
    options?: MapOptions<TaskResult<Tasks, Name>> & More,
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
    options: Settling<StreamOptions<TaskResult<Tasks, Name>> & More>,
  ): ResultIterator<Outcome<Tasks, Name>>
  imap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options?: StreamOptions<TaskResult<Tasks, Name>> & More,
  ): ResultIterator<TaskResult<Tasks, Name>>
  imap(task: string, items: unknown, options?: StreamOptions): ResultIterator<never> {
    return this.#stream(task, items, { ordered: true, spread: false }, options)
  }

  /** As `imap`, but each item is the list of arguments of one call. */
  istarmap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskArguments<Tasks, Name>>,
    options: Settling<StreamOptions<TaskResult<Tasks, Name>> & More>,
  ): ResultIterator<Outcome<Tasks, Name>>
  istarmap<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskArguments<Tasks, Name>>,
    options?: StreamOptions<TaskResult<Tasks, Name>> & More,
  ): ResultIterator<TaskResult<Tasks, Name>>
  istarmap(task: string, items: unknown, options?: StreamOptions): ResultIterator<never> {
    return this.#stream(task, items, { ordered: true, spread: true }, options)
  }

  /** As `imap`, but yields the results as they come. */
  imapUnordered<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options: Settling<StreamOptions<TaskResult<Tasks, Name>> & More>,
  ): ResultIterator<Outcome<Tasks, Name>>
  imapUnordered<Name extends TaskName<Tasks>>(
    task: Name,
    items: Items<TaskItem<Tasks, Name>>,
    options?: StreamOptions<TaskResult<Tasks, Name>> & More,
  ): ResultIterator<TaskResult<Tasks, Name>>
  imapUnordered(task: string, items: unknown, options?: StreamOptions): ResultIterator<never> {
    return this.#stream(task, items, { ordered: false, spread: false }, options)
  }

  /** Calls the task once, with these arguments. */
  submit<Name extends TaskName<Tasks>>(task: Name, ...args: TaskArguments<Tasks, Name>): Future<TaskResult<Tasks, Name>> {
    return this.#call(task, args, undefined)
  }

  /** As `submit`, with options of its own. */
  submitWith<Name extends TaskName<Tasks>>(
    options: BatchOptions<TaskResult<Tasks, Name>> & More,
    task: Name,
    ...args: TaskArguments<Tasks, Name>
  ): Future<TaskResult<Tasks, Name>> {
    return this.#call(task, args, options)
  }

  /** Calls the task once and resolves with its result. */
  apply<Name extends TaskName<Tasks>>(
    task: Name,
    args: TaskArguments<Tasks, Name>,
    options?: BatchOptions<TaskResult<Tasks, Name>> & More,
  ): Promise<TaskResult<Tasks, Name>> {
    return this.#call<TaskResult<Tasks, Name>>(task, args, options).result()
  }

  /** Sends the single calls that wait for others to join them: to be called before the carrier takes no more. */
  protected sendGathered(): void {
    this.#gatherer?.send()
  }

  /** Bad arguments reject rather than throw, as of any function that returns a promise. */
  async #gather(task: string, items: unknown, spread: boolean, given: MapOptions | undefined): Promise<unknown[]> {
    const { clock } = this.#parts
    const options = this.#resolve(given)
    const carrier = this.#carrierFor(options)
    const { settle = false, failFast = false, fallback } = options
    const request = this.#withStores(this.#request(task, spread, options))
    checkSeveral(options)
    const results = new GatheredResults({ task, settle, failFast, fallback })
    const run = new BatchRun({ carrier, clock, request, items, options }, results)
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
    const { clock } = this.#parts
    const options = this.#resolve(given)
    const carrier = this.#carrierFor(options)
    const { settle = false, failFast = false, bufferSize = BUFFER_SIZE_DEFAULT, fallback } = options
    const request = this.#withStores(this.#request(task, spread, options))
    checkSeveral(options)
    const stream = new ResultStream({ task, ordered, settle, failFast, bufferSize, fallback })
    const run = new BatchRun({ carrier, clock, request, items, options }, stream)
    stream.attach(run)
    run.start()
    return new ResultIterator(stream, clock)
  }

  #call<Result>(task: string, args: readonly unknown[], given: BatchOptions | undefined): Future<Result> {
    const { clock } = this.#parts
    const { options, request: asked } = given === undefined ? this.#plainCall(task) : this.#callWith(task, given)
    const request = this.#withStores(asked)
    // Options are of one call alone: it may be aborted, or want to be told of its end. So is what goes along with it.
    const gathered = given === undefined && request === asked ? this.#gatherer?.join(request, args) : undefined
    if (gathered !== undefined) return gathered as Future<Result>
    const call = new SingleCall(this.#carrierFor(options), clock, task, options)
    call.start(request, args)
    return call.future as Future<Result>
  }

  #plainCall(task: string): { readonly options: StreamOptions & LocalCallOptions; readonly request: BatchSubmission } {
    if (this.#plain?.request.task === task) return this.#plain
    return (this.#plain = this.#callWith(task, undefined))
  }

  #callWith(
    task: string,
    given: BatchOptions | undefined,
  ): { readonly options: StreamOptions & LocalCallOptions; readonly request: BatchSubmission } {
    const options = this.#resolve(given)
    return { options, request: this.#request(task, false, options) }
  }

  #resolve(given: StreamOptions | undefined): StreamOptions & LocalCallOptions {
    const { defaults, carrier } = this.#parts
    const options = resolveBatchOptions(defaults, given)
    if (carrier.isRemote) checkCarried(options)
    return options
  }

  /** The request with what goes along with a call that is made here and now. */
  #withStores(request: BatchSubmission): BatchSubmission {
    const stores = this.#parts.carrier.stores?.()
    return stores === undefined ? request : { ...request, stores }
  }

  #carrierFor({ fallbackTask }: LocalCallOptions): BatchCarrier {
    const { carrier, clock } = this.#parts
    return fallbackTask === undefined ? carrier : withFallbackTask(carrier, clock, fallbackTask)
  }

  #request(task: string, spread: boolean, options: StreamOptions & LocalCallOptions): BatchSubmission {
    checkName('task', task)
    const { chunkSize, priority, retries, backoffMs, failFast, timeoutMs, deadlineMs, retryOn, jitter } = options
    const { key, detached } = options as ClusterCallOptions
    if (key !== undefined) checkName('key', key)
    return {
      task,
      ...this.#parts.pool,
      ...(spread && { spread }),
      ...(chunkSize !== undefined && { chunkSize }),
      ...(priority !== undefined && { priority }),
      ...(retries !== undefined && { retries }),
      ...(backoffMs !== undefined && { backoffMs }),
      ...(failFast === true && { failFast }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(retryOn !== undefined && { retryOn }),
      ...(jitter !== undefined && { jitter }),
      ...(key !== undefined && { key }),
      ...(detached === true && { detached }),
    }
  }
}

/** @throws ForkpoolError BAD_ARGUMENT for what only a single call takes. */
function checkSeveral({ transfer }: LocalCallOptions): void {
  if (transfer !== undefined) throw new ForkpoolError('BAD_ARGUMENT', 'transfer is an option of single calls: submitWith and apply')
}

/** @throws ForkpoolError NOT_SUPPORTED for an option that does not reach a pool elsewhere. */
function checkCarried({ retryOn, transfer, onLog, onTaskProgress }: LocalCallOptions): void {
  for (const [name, value] of Object.entries({ transfer, onLog, onTaskProgress })) {
    if (value !== undefined) throw new ForkpoolError('NOT_SUPPORTED', `${name} is an option of thread and process pools`)
  }
  const rules: readonly unknown[] = Array.isArray(retryOn) ? retryOn : [retryOn]
  if (retryOn !== undefined && rules.some((rule) => typeof rule !== 'string'))
    throw new ForkpoolError('NOT_SUPPORTED', 'retryOn: a cluster takes names and codes of errors; functions and patterns do not get there')
}
