import type { Clock } from '../base/clock.ts'
import { after, systemClock } from '../base/clock.ts'
import { CancelledError, ForkpoolError } from '../base/errors.ts'
import type { Future } from './future.ts'

export interface CancelScopeOptions {
  /** Of what lies around the scope: its abort cancels the scope too, with the same reason. */
  readonly signal?: AbortSignal | undefined
  /** The scope is cancelled after so many milliseconds, with `TIMED_OUT`. Default: never. */
  readonly timeoutMs?: number | undefined
  readonly clock?: Clock | undefined
}

/** Futures that have ended are forgotten when the scope holds so many, and then each time that it holds twice as many as were left. */
const FORGET_FROM = 1_024

/**
 * Work that is cancelled together: by `cancel`, by its time, or with what lies around it. Whoever works in it takes its `signal`, or adds its
 * futures. Scopes nest: an inner one takes the outer one's `signal`.
 *
 * `using scope = new CancelScope({ timeoutMs: 500 })`: at the end of the block it lets go of its timer and of the outer signal, and cancels
 * nothing any more.
 *
 * Source: `CancelScope`, `move_on_after` and `fail_after` of trio; `asyncio.timeout`.
 */
export class CancelScope implements Disposable {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal | undefined
  #stopTimer: (() => void) | undefined
  #futures = new Set<Future<unknown>>()
  #forgetAt = FORGET_FROM
  #isOwn = false

  /** @throws ForkpoolError BAD_ARGUMENT for a `timeoutMs` that is no number of 0 or more. */
  constructor({ signal, timeoutMs, clock = systemClock }: CancelScopeOptions = {}) {
    if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
      throw new ForkpoolError('BAD_ARGUMENT', `timeoutMs must be 0 or more, not ${String(timeoutMs)}`)
    }
    this.#outer = signal
    if (signal?.aborted === true) this.#abort(signal.reason)
    else signal?.addEventListener('abort', this.#onOuterAbort)
    if (timeoutMs === undefined || this.cancelled) return
    const timeOut = (): void => this.cancel(new ForkpoolError('TIMED_OUT', `the scope was not left within ${timeoutMs} ms`))
    this.#stopTimer = clock.schedule(after(clock.now(), timeoutMs), timeOut)
  }

  /** Aborted when the scope is cancelled. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get cancelled(): boolean {
    return this.signal.aborted
  }

  /** Cancels what works in the scope. The first reason counts. */
  cancel(reason: unknown = new CancelledError('the scope was cancelled')): void {
    if (this.cancelled) return
    this.#isOwn = true
    this.#abort(reason)
  }

  /** Has the future cancelled with the scope; at once, where that is cancelled already. Returns the future. */
  add<Added extends Future<unknown>>(future: Added): Added {
    if (this.cancelled) future.cancel()
    else this.#futures.add(future)
    if (this.#futures.size >= this.#forgetAt) this.#forgetEnded()
    return future
  }

  /**
   * Runs `work` in the scope. Where the scope itself was cancelled and `work` rejects for that (with its reason, or with a `CancelledError`), it
   * resolves with `undefined`: the cancellation was meant for here. One that came from outside goes on to there, as does any other error.
   */
  async run<Value>(work: (signal: AbortSignal) => Value | PromiseLike<Value>): Promise<Value | undefined> {
    try {
      return await work(this.signal)
    } catch (error) {
      if (this.#isOwn && this.isCancellation(error)) return undefined
      throw error
    }
  }

  /** Whether an error says no more than that the scope was cancelled. */
  isCancellation(error: unknown): boolean {
    return this.cancelled && (error === this.signal.reason || error instanceof CancelledError)
  }

  [Symbol.dispose](): void {
    this.#release()
    this.#futures.clear()
  }

  readonly #onOuterAbort = (): void => this.#abort(this.#outer?.reason)

  #abort(reason: unknown): void {
    if (this.cancelled) return
    this.#release()
    this.#controller.abort(reason)
    for (const future of this.#futures) future.cancel()
    this.#futures.clear()
  }

  #release(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#outer?.removeEventListener('abort', this.#onOuterAbort)
  }

  #forgetEnded(): void {
    this.#futures = new Set([...this.#futures].filter((future) => !future.done()))
    this.#forgetAt = Math.max(FORGET_FROM, 2 * this.#futures.size)
  }
}
