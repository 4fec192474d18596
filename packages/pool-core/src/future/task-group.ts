import { CancelledError, ForkpoolError } from '../base/errors.ts'
import { CancelScope } from './cancel-scope.ts'
import type { CancelScopeOptions } from './cancel-scope.ts'
import { Future } from './future.ts'

/**
 * Calls that belong together: none outlives the group, and the first that fails cancels the others.
 *
 * ```ts
 * const total = await TaskGroup.run(async (group) => {
 *   const left = group.add(pool.submit('count', 'a.txt'))
 *   const right = group.start((signal) => fetchCount('b.txt', { signal }))
 *   return (await left) + (await right)
 * })
 * ```
 *
 * Source: `asyncio.TaskGroup`, Python 3.11; `Nursery` of trio.
 */
export class TaskGroup {
  readonly #scope: CancelScope
  readonly #errors: unknown[] = []
  #begun = 0
  #open = 0
  #isOver = false
  #onEmpty: (() => void) | undefined
  /** By `cancel`, and not for a failure or from outside. */
  #isCancelledQuietly = false

  private constructor(scope: CancelScope) {
    this.#scope = scope
  }

  /**
   * Runs `body`, waits for everything that it has put into the group, and resolves with what `body` returned. Where something failed, `body` too,
   * the rest is cancelled and waited for, and then it rejects with an `AggregateError` of all failures in order, the first also as its `cause`; a
   * cancelled call has not failed. After the abort of `signal` it rejects with its reason, and after `timeoutMs` with `TIMED_OUT`.
   */
  static async run<Value>(body: (group: TaskGroup) => Value | PromiseLike<Value>, options?: CancelScopeOptions): Promise<Value> {
    using scope = new CancelScope(options)
    const group = new TaskGroup(scope)
    const outcome = await group.#settle(body)
    await group.#waitUntilEmpty()
    group.#isOver = true
    if (group.#errors.length > 0) throw group.#failure()
    if (outcome.status === 'fulfilled' && (!scope.cancelled || group.#isCancelledQuietly)) return outcome.value
    throw scope.signal.reason
  }

  /** Aborted when the group is cancelled: by a failure, by `cancel`, from outside, or by its time. */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  /** Cancels what has not ended. By itself that is no failure: `run` waits for the rest and then goes on. */
  cancel(): void {
    if (!this.#scope.cancelled) this.#isCancelledQuietly = true
    this.#scope.cancel()
  }

  /** Puts a call into the group, such as one of a pool. In a cancelled group it is cancelled at once. @throws ForkpoolError INVALID_STATE after the end. */
  add<Value>(future: Future<Value>): Future<Value> {
    this.#begin()
    void this.#scope.add(future)
    future.watch(() => {
      const outcome = future.outcome()
      if (outcome?.status === 'rejected') this.#fail(outcome.reason)
      this.#end()
    })
    return future
  }

  /**
   * Starts `work` in the group. Cancelling the future aborts the signal that `work` was given; the group waits for the end of `work` in any
   * case. @throws ForkpoolError INVALID_STATE after the end.
   */
  start<Value>(work: (signal: AbortSignal) => Value | PromiseLike<Value>): Future<Value> {
    const controller = new AbortController()
    const signal = AbortSignal.any([this.signal, controller.signal])
    const future = new Future<Value>({ onCancel: () => controller.abort(new CancelledError('the call was cancelled')) })
    void this.add(future)
    // In a cancelled group nothing is begun.
    if (future.cancelled()) future.setRunningOrNotifyCancel()
    else void this.#runInto(future, work, signal)
    return future
  }

  async #settle<Value>(body: (group: TaskGroup) => Value | PromiseLike<Value>): Promise<PromiseSettledResult<Value>> {
    try {
      return { status: 'fulfilled', value: await body(this) }
    } catch (reason) {
      this.#fail(reason)
      return { status: 'rejected', reason }
    }
  }

  async #runInto<Value>(
    future: Future<Value>,
    work: (signal: AbortSignal) => Value | PromiseLike<Value>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const value = await work(signal)
      if (!future.done()) future.setResult(value)
    } catch (error) {
      // One that ends because it was told to has been cancelled; one that fails meanwhile has failed, whatever its future says.
      const isCancellation = signal.aborted && (error === signal.reason || error instanceof CancelledError)
      if (isCancellation) future.cancel()
      else if (future.done()) this.#fail(error)
      else future.setException(error)
    }
    if (future.state === 'cancelled') future.setRunningOrNotifyCancel()
  }

  #begin(): void {
    if (this.#isOver) throw new ForkpoolError('INVALID_STATE', 'the task group has ended and takes no further call')
    this.#begun++
    this.#open++
  }

  #end(): void {
    this.#open--
    if (this.#open === 0) this.#onEmpty?.()
  }

  /** What fails because the group is cancelled is no further failure. */
  #fail(error: unknown): void {
    if (this.#scope.isCancellation(error) || this.#errors.includes(error)) return
    this.#errors.push(error)
    this.#scope.cancel(new CancelledError('another call of the group has failed', { cause: error }))
  }

  /** Resolves when all that was put in has ended, what was put in meanwhile included. */
  async #waitUntilEmpty(): Promise<void> {
    while (this.#open > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve))
  }

  #failure(): AggregateError {
    const [cause] = this.#errors
    return new AggregateError(this.#errors, `${this.#errors.length} of ${this.#begun} calls of the group failed: ${String(cause)}`, {
      cause,
    })
  }
}
