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
  readonly onCancel?: ((future: Future<unknown>) => void) | undefined
}

/** Of the promise that is being constructed: one function for all futures takes them, where a closure each would weigh on every call in flight. */
let resolveNewest: ((value: unknown) => void) | undefined
let rejectNewest: ((reason: unknown) => void) | undefined

function handOut(resolve: (value: unknown) => void, reject: (reason: unknown) => void): void {
  resolveNewest = resolve
  rejectNewest = reject
}

function ignore(): void {
  // The failure is told by other means.
}

/** `Promise` without its static functions: those would make futures that no executor settles. */
const PromiseOnly = Promise as unknown as new <Value>(executor: typeof handOut) => Promise<Value>

/**
 * The result of a call that may not have ended yet: a promise that can be asked for its state, and cancelled.
 *
 * A future that fails while nobody has looked at it (by `then`, `result`, `exception`, a callback, `wait` or `asCompleted`) ends as a
 * failed promise does: `unhandledRejection`, unless somebody looks before the microtasks are drained. Python says nothing; a lost
 * failure is the worse habit. A cancelled future says nothing either way: its canceller knows.
 *
 * Source: `concurrent.futures.Future`, names in camelCase.
 */
export class Future<out Value> extends PromiseOnly<Value> {
  static {
    // What `then` gives are plain promises, and `await` and `Promise.all` take a future as it is: for one whose constructor is another they make a
    // promise of their own, call `then` in a later turn, and so cost three times the memory of the future itself.
    Reflect.defineProperty(this.prototype, 'constructor', { value: Promise, writable: true, configurable: true })
  }

  /** As given: an executor of many calls has one object for all of them. */
  readonly #options: FutureOptions | undefined
  #state: FutureState = 'pending'
  /** Set once, with `finished`: what it came to, and whether by `setException`. */
  #result: unknown
  #isRejected = false
  /** Run and dropped when the future is done. */
  #callbacks: ((future: Future<unknown>) => void)[] | undefined
  /** Run and dropped when the future is done and the executor knows. */
  #watchers: Set<() => void> | undefined
  /** Of the promise, until the future is done: whoever keeps one that is need not keep these. */
  #resolve: ((value: unknown) => void) | undefined
  #reject: ((reason: unknown) => void) | undefined
  /** Somebody will see a failure by other means than the promise, which must not be reported then. */
  #lookedAt = false
  #progress: number | undefined

  constructor(options?: FutureOptions) {
    super(handOut)
    this.#resolve = resolveNewest
    this.#reject = rejectNewest
    // They hold the future, and with it its result.
    resolveNewest = undefined
    rejectNewest = undefined
    this.#options = options
  }

  override get [Symbol.toStringTag](): string {
    return 'Future'
  }

  get state(): FutureState {
    return this.#state
  }

  /** How far the call is, 0 to 1, as its task says by `taskContext().progress`; undefined while it has said nothing. */
  get progress(): number | undefined {
    return this.#progress
  }

  /** For the executor: the call's task says how far it is. */
  setProgress(fraction: number): void {
    this.#progress = fraction
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
    this.#refuse(new CancelledError(), true)
    this.#options?.onCancel?.(this)
    this.#runCallbacks()
    return true
  }

  /**
   * The result. Rejects with the call's error, with `CancelledError`, or with `TIMED_OUT` after `timeoutMs` milliseconds; the call
   * goes on after a timeout, and may be asked again.
   */
  result(timeoutMs?: number): Promise<Value> {
    return timeoutMs === undefined || this.done() ? this : this.#within(timeoutMs).then(() => this)
  }

  /** The call's error, `undefined` if it succeeded. Rejects with `CancelledError` or `TIMED_OUT` as `result` does. */
  async exception(timeoutMs?: number): Promise<unknown> {
    this.#look()
    if (timeoutMs !== undefined && !this.done()) await this.#within(timeoutMs)
    await this.catch(() => undefined)
    if (this.#state !== 'finished') throw new CancelledError()
    return this.#isRejected ? this.#result : undefined
  }

  /** How it ended, without waiting: `undefined` while it has not finished, and when it was cancelled. */
  outcome(): PromiseSettledResult<Value> | undefined {
    if (this.#state !== 'finished') return undefined
    this.#look()
    return this.#isRejected ? { status: 'rejected', reason: this.#result } : { status: 'fulfilled', value: this.#result as Value }
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
    this.#begin('take a result')
    this.#result = value
    this.#resolve?.(value)
    this.#finish()
  }

  /** For executors. @throws ForkpoolError INVALID_STATE if it is cancelled or finished. */
  setException(reason: unknown): void {
    this.#begin('take an exception')
    this.#result = reason
    this.#isRejected = true
    this.#refuse(reason, this.#lookedAt)
    this.#finish()
  }

  #begin(what: string): void {
    if (this.done()) throw this.#invalid(what)
    this.#state = 'finished'
  }

  #finish(): void {
    this.#resolve = undefined
    this.#reject = undefined
    this.#runWatchers()
    this.#runCallbacks()
  }

  #invalid(what: string): ForkpoolError {
    return new ForkpoolError('INVALID_STATE', `a future that is ${this.#state} cannot ${what}`)
  }

  /** Rejects the promise; `quietly` where nobody needs to be told that it was. */
  #refuse(reason: unknown, quietly: boolean): void {
    this.#reject?.(reason)
    if (quietly) this.#keepQuiet()
  }

  #look(): void {
    if (this.#lookedAt) return
    this.#lookedAt = true
    // It has failed before anybody looked: takes the report back.
    if (this.#isRejected) this.#keepQuiet()
  }

  #keepQuiet(): void {
    void this.then(undefined, ignore)
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
      const clock = this.#options?.clock ?? systemClock
      const stop = clock.schedule(after(clock.now(), timeoutMs), () => {
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
