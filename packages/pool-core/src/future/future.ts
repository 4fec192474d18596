import type { Clock } from '../base/clock.ts'
import { after, systemClock } from '../base/clock.ts'
import { CancelledError, ForkpoolError } from '../base/errors.ts'
import { reportCallbackError } from './report-callback-error.ts'

/** `cancelled` becomes `cancelled-and-notified` once the executor knows; only then do `wait` and `asCompleted` count it as done. */
export type FutureState = 'pending' | 'running' | 'cancelled' | 'cancelled-and-notified' | 'finished'

export interface FutureOptions {
  /** For the timeouts of `result` and `exception`. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Told at once when the future is cancelled, before its callbacks: the executor drops the work and calls `setRunningOrNotifyCancel`. */
  readonly onCancel?: (() => void) | undefined
}

/**
 * The result of a call that may not have ended yet. Awaitable: it can stand wherever a promise can.
 *
 * A future that fails while nobody has looked at it (by `then`, `result`, `exception`, a callback, `wait` or `asCompleted`) ends as a
 * failed promise does: `unhandledRejection`, unless somebody looks before the microtasks are drained. Python says nothing; a lost
 * failure is the worse habit. A cancelled future says nothing either way: its canceller knows.
 *
 * Source: `concurrent.futures.Future`, names in camelCase.
 */
export class Future<out Value> implements Promise<Value> {
  readonly #clock: Clock
  readonly #onCancel: (() => void) | undefined
  #state: FutureState = 'pending'
  /** Set once, with `finished`. */
  #outcome: PromiseSettledResult<Value> | undefined
  /** Run and dropped when the future is done. */
  #callbacks: ((future: Future<unknown>) => void)[] | undefined
  /** Run and dropped when the future is done and the executor knows. */
  #watchers: Set<() => void> | undefined
  /** Made when somebody awaits, and not before: most futures of a large list are read by other means. */
  #promise: Promise<Value> | undefined
  #settlePromise: (() => void) | undefined
  #lookedAt = false

  constructor(options?: FutureOptions) {
    this.#clock = options?.clock ?? systemClock
    this.#onCancel = options?.onCancel
  }

  get [Symbol.toStringTag](): string {
    return 'Future'
  }

  get state(): FutureState {
    return this.#state
  }

  /** Cancelled or finished. */
  done(): boolean {
    return this.#state !== 'pending' && this.#state !== 'running'
  }

  cancelled(): boolean {
    return this.#state === 'cancelled' || this.#state === 'cancelled-and-notified'
  }

  running(): boolean {
    return this.#state === 'running'
  }

  /** Cancels the call unless it runs or has ended. True if it is cancelled now, also when it was before. */
  cancel(): boolean {
    if (this.#state === 'running' || this.#state === 'finished') return false
    if (this.cancelled()) return true
    this.#state = 'cancelled'
    this.#settlePromise?.()
    this.#onCancel?.()
    this.#runCallbacks()
    return true
  }

  /**
   * The result. Rejects with the call's error, with `CancelledError`, or with `TIMED_OUT` after `timeoutMs` milliseconds; the call
   * goes on after a timeout, and may be asked again.
   */
  result(timeoutMs?: number): Promise<Value> {
    return timeoutMs === undefined || this.done() ? this.#asPromise() : this.#within(timeoutMs).then(() => this.#asPromise())
  }

  /** The call's error, `undefined` if it succeeded. Rejects with `CancelledError` or `TIMED_OUT` as `result` does. */
  async exception(timeoutMs?: number): Promise<unknown> {
    this.#look()
    if (timeoutMs !== undefined && !this.done()) await this.#within(timeoutMs)
    await this.#asPromise().catch(() => undefined)
    if (this.#outcome === undefined) throw new CancelledError()
    return this.#outcome.status === 'rejected' ? this.#outcome.reason : undefined
  }

  /** How it ended, without waiting: `undefined` while it has not finished, and when it was cancelled. */
  outcome(): PromiseSettledResult<Value> | undefined {
    if (this.#outcome !== undefined) this.#look()
    return this.#outcome
  }

  /**
   * Runs `callback` when the future is cancelled or finished, in order of registration; at once if it is already. One that throws is
   * reported and the rest still run.
   */
  addDoneCallback(callback: (future: Future<Value>) => void): void {
    this.#look()
    if (this.done()) this.#runCallback(callback as (future: Future<unknown>) => void)
    else (this.#callbacks ??= []).push(callback as (future: Future<unknown>) => void)
  }

  /**
   * For `wait` and `asCompleted`: runs `watcher` once, when the future is finished or its cancellation is known to the executor; at once if it is.
   * Returns what takes the watcher away again.
   */
  watch(watcher: () => void): () => void {
    this.#look()
    if (this.settled()) {
      watcher()
      return () => undefined
    }
    const watchers = (this.#watchers ??= new Set())
    watchers.add(watcher)
    return () => watchers.delete(watcher)
  }

  /** Finished, or cancelled and the executor knows. */
  settled(): boolean {
    return this.#state === 'finished' || this.#state === 'cancelled-and-notified'
  }

  then<Fulfilled = Value, Rejected = never>(
    onFulfilled?: ((value: Value) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#asPromise().then(onFulfilled, onRejected)
  }

  catch<Rejected = never>(onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null): Promise<Value | Rejected> {
    return this.#asPromise().catch(onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<Value> {
    return this.#asPromise().finally(onFinally)
  }

  /**
   * For executors: the call is about to run. False if it was cancelled, and then the call must not run.
   * @throws ForkpoolError INVALID_STATE if it runs or has finished.
   */
  setRunningOrNotifyCancel(): boolean {
    if (this.#state === 'pending') {
      this.#state = 'running'
      return true
    }
    if (this.#state !== 'cancelled') throw this.#invalid('be told to run')
    this.#state = 'cancelled-and-notified'
    this.#runWatchers()
    return false
  }

  /** For executors. @throws ForkpoolError INVALID_STATE if it is cancelled or finished. */
  setResult(value: Value): void {
    this.#finish({ status: 'fulfilled', value })
  }

  /** For executors. @throws ForkpoolError INVALID_STATE if it is cancelled or finished. */
  setException(reason: unknown): void {
    this.#finish({ status: 'rejected', reason })
    // Nobody looked: a promise that is rejected now tells the platform, and a later look takes the report back.
    if (!this.#lookedAt) this.#promise ??= Promise.reject(reason)
  }

  #finish(outcome: PromiseSettledResult<Value>): void {
    if (this.done()) throw this.#invalid(outcome.status === 'fulfilled' ? 'take a result' : 'take an exception')
    this.#state = 'finished'
    this.#outcome = outcome
    this.#settlePromise?.()
    this.#runWatchers()
    this.#runCallbacks()
  }

  #invalid(what: string): ForkpoolError {
    return new ForkpoolError('INVALID_STATE', `a future that is ${this.#state} cannot ${what}`)
  }

  #asPromise(): Promise<Value> {
    this.#lookedAt = true
    this.#promise ??= new Promise<Value>((resolve, reject) => {
      const settle = (): void => {
        if (this.#outcome === undefined) reject(new CancelledError())
        else if (this.#outcome.status === 'fulfilled') resolve(this.#outcome.value)
        else reject(this.#outcome.reason)
      }
      if (this.done()) settle()
      else this.#settlePromise = settle
    })
    return this.#promise
  }

  /** Somebody will see a failure by other means than the promise: keeps the platform quiet about a promise made by `setException`. */
  #look(): void {
    if (this.#lookedAt) return
    this.#lookedAt = true
    this.#promise?.catch(() => undefined)
  }

  /** Resolves when the future is done; rejects with `TIMED_OUT` after `timeoutMs`, and then leaves nothing behind on the future. */
  #within(timeoutMs: number): Promise<void> {
    this.#look()
    return new Promise((resolve, reject) => {
      const callbacks = (this.#callbacks ??= [])
      const done = (): void => {
        stop()
        resolve()
      }
      const stop = this.#clock.schedule(after(this.#clock.now(), timeoutMs), () => {
        const at = callbacks.indexOf(done)
        if (at !== -1) callbacks.splice(at, 1)
        reject(new ForkpoolError('TIMED_OUT', `the future is still ${this.#state} after ${timeoutMs} ms`))
      })
      callbacks.push(done)
    })
  }

  #runWatchers(): void {
    const watchers = this.#watchers
    this.#watchers = undefined
    if (watchers !== undefined) for (const watcher of watchers) watcher()
  }

  #runCallbacks(): void {
    const callbacks = this.#callbacks
    this.#callbacks = undefined
    if (callbacks !== undefined) for (const callback of callbacks) this.#runCallback(callback)
  }

  #runCallback(callback: (future: Future<unknown>) => void): void {
    try {
      callback(this)
    } catch (error) {
      reportCallbackError('a done callback of a future', error)
    }
  }
}
