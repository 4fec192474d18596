import type { Clock } from '../base/clock.ts'
import { after, systemClock } from '../base/clock.ts'
import { ForkpoolError } from '../base/errors.ts'
import { RingBuffer } from '../base/ring-buffer.ts'
import type { Future } from './future.ts'

export interface AsCompletedOptions {
  /** Milliseconds from the call, for all futures together. Default: no limit. */
  readonly timeoutMs?: number | undefined
  readonly clock?: Clock | undefined
}

/**
 * A future without the parts that make it awaitable. TypeScript takes it for granted that `for await` awaits what an iterator yields, and would
 * call an awaitable one its value, which at run time it is not: an async iterator's values come as they are.
 */
export type CompletedFuture<Value> = Omit<Future<Value>, 'then' | 'catch' | 'finally'>

/**
 * Yields each future once, as it ends: those that have ended already come first. A yielded future is no longer held.
 * After `timeoutMs` the iteration rejects with `TIMED_OUT`, "2 (of 4) futures unfinished", and is over; the futures go on.
 *
 * Source: `concurrent.futures.as_completed`.
 */
export function asCompleted<Value>(
  futures: Iterable<Future<Value>>,
  options?: AsCompletedOptions,
): AsyncIterableIterator<CompletedFuture<Value>> {
  return new CompletionIterator(new Set(futures), options?.clock ?? systemClock, options?.timeoutMs)
}

interface Waiter<Value> {
  readonly resolve: (result: IteratorResult<Future<Value>, undefined>) => void
  readonly reject: (error: unknown) => void
}

/** By hand, since an async generator would await the future that it yields, and hand out its value. */
class CompletionIterator<Value> implements AsyncIterableIterator<Future<Value>, undefined> {
  readonly #total: number
  /** Takes the watcher off a future that has not ended. */
  readonly #pending = new Map<Future<Value>, () => void>()
  /** Ended, not yet handed out. */
  readonly #ended = new RingBuffer<Future<Value>>()
  /** Calls of `next` that wait for a future. Invariant: empty while `#ended` is not. */
  readonly #waiters = new RingBuffer<Waiter<Value>>()
  #stopTimer = (): void => undefined
  #timedOut: ForkpoolError | undefined

  constructor(futures: ReadonlySet<Future<Value>>, clock: Clock, timeoutMs: number | undefined) {
    this.#total = futures.size
    for (const future of futures) {
      const stop = future.watch(() => this.#end(future))
      if (!future.settled()) this.#pending.set(future, stop)
    }
    if (this.#pending.size === 0 || timeoutMs === undefined) return
    this.#stopTimer = clock.schedule(after(clock.now(), timeoutMs), () => this.#timeOut())
  }

  next(): Promise<IteratorResult<Future<Value>, undefined>> {
    const future = this.#ended.shift()
    if (future !== undefined) return Promise.resolve({ value: future, done: false })
    if (this.#timedOut !== undefined) {
      const error = this.#timedOut
      this.#timedOut = undefined
      this.#release()
      return Promise.reject(error)
    }
    if (this.#pending.size === 0) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  return(): Promise<IteratorResult<Future<Value>, undefined>> {
    this.#release()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #end(future: Future<Value>): void {
    this.#pending.delete(future)
    if (this.#pending.size === 0) this.#stopTimer()
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#ended.push(future)
    else waiter.resolve({ value: future, done: false })
    // Calls beyond the last future wait for the end of the iteration, and this is it.
    if (this.#pending.size === 0) this.#finishWaiters()
  }

  #timeOut(): void {
    this.#timedOut = new ForkpoolError('TIMED_OUT', `${this.#pending.size} (of ${this.#total}) futures unfinished`)
    const waiter = this.#waiters.shift()
    if (waiter === undefined) return
    waiter.reject(this.#timedOut)
    this.#timedOut = undefined
    this.#release()
  }

  /** The iteration is over: leaves nothing behind on the futures or the clock. */
  #release(): void {
    this.#stopTimer()
    for (const stop of this.#pending.values()) stop()
    this.#pending.clear()
    this.#ended.clear()
    this.#finishWaiters()
  }

  #finishWaiters(): void {
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) {
      waiter.resolve({ value: undefined, done: true })
    }
  }
}
