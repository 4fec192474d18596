import type { Clock } from '../base/clock.ts'
import { checkOpen } from '../memory/check-open.ts'
import { Guard } from './guard.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import { checkInteger, timeoutOf } from './timeout.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'
import { WAIT_POINT_WORDS, WaitPoint } from './waiting.ts'

const VALUE = 0
const POINT = 1

/** Words of a semaphore; a `BoundedSemaphore` has two more. */
export const SEMAPHORE_WORDS: number = POINT + WAIT_POINT_WORDS

/** As POSIX's SEM_VALUE_MAX: what a signed word holds. */
export const SEMAPHORE_VALUE_MAX = 0x7fff_ffff

/** How to make a semaphore. */
export interface SemaphoreOptions extends PlaceOptions {
  /** Permits at first: 0 or more. Default 1. */
  readonly permits?: number | undefined
  readonly clock?: Clock | undefined
}

export interface SemaphoreHandle extends Handle<'semaphore' | 'bounded-semaphore'> {}

/** A semaphore, looked at. */
export interface SemaphoreStatistics {
  readonly permits: number
  readonly waiters: number
}

/**
 * A count of permits: acquire takes one and waits while there is none, release gives some back, by whomever. Fairness: see `waiting.ts`.
 * Source: `threading.Semaphore`, `multiprocessing.Semaphore`.
 */
export class Semaphore extends SharedObject {
  protected readonly words: Int32Array
  readonly #value: number
  readonly #point: WaitPoint

  constructor(options: SemaphoreOptions = {}, region?: Region) {
    const permits = options.permits ?? 1
    checkInteger('permits', permits, 0, SEMAPHORE_VALUE_MAX)
    super(region ?? placeRegion(options, 4 * (SEMAPHORE_WORDS + 2)))
    const { memory, base } = this.region
    this.words = memory.words
    this.#value = base + VALUE
    this.#point = new WaitPoint(memory, base + POINT, { order: 'fifo', clock: options.clock })
    if (region === undefined) Atomics.store(this.words, this.#value, permits)
  }

  /** The same semaphore, in another thread or process. */
  static attach(handle: SemaphoreHandle, options: Pick<SemaphoreOptions, 'clock'> = {}): Semaphore {
    return new Semaphore(options, attachRegion(handle, 'semaphore'))
  }

  get handle(): SemaphoreHandle {
    return { forkpool: 'semaphore', memory: this.region.memory.handle, offset: this.region.offset }
  }

  /** Permits that are free just now. */
  get permits(): number {
    checkOpen(this.region.memory)
    return Atomics.load(this.words, this.#value)
  }

  /** Takes a permit if one is free. */
  tryAcquire(): Guard | undefined {
    return this.#take() ? new Guard(this) : undefined
  }

  /** Waits for a permit. With `timeoutMs`, resolves with `undefined` when the time is over. Rejects with `signal.reason`; then none is held. */
  acquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<Guard>
  acquire(options?: WaitOptions): Promise<Guard | undefined>
  async acquire(options?: WaitOptions): Promise<Guard | undefined> {
    const timeoutMs = timeoutOf(options)
    options?.signal?.throwIfAborted()
    const isTaken = (!this.#point.isStarving && this.#take()) || (await this.#point.block(() => this.#take(), timeoutMs, options?.signal))
    return isTaken ? new Guard(this) : undefined
  }

  /** The same, blocking this thread. */
  acquireSync(): Guard
  acquireSync(options?: SyncWaitOptions): Guard | undefined
  acquireSync(options?: SyncWaitOptions): Guard | undefined {
    const timeoutMs = timeoutOf(options)
    const isTaken = (!this.#point.isStarving && this.#take()) || this.#point.blockSync(() => this.#take(), timeoutMs)
    return isTaken ? new Guard(this) : undefined
  }

  /**
   * Gives back `count` permits and wakes as many waiters.
   * @throws RangeError unless `count` is 1 or more and the sum stays within 2^31 - 1; the value does not change then.
   */
  release(count: number = 1): void {
    checkOpen(this.region.memory)
    checkInteger('count', count, 1, SEMAPHORE_VALUE_MAX)
    // The first look may be late; the exchange is not, and tells what is there.
    for (let value = this.words[this.#value] as number; ;) {
      if (value + count > SEMAPHORE_VALUE_MAX) {
        value = Atomics.load(this.words, this.#value)
        if (value + count > SEMAPHORE_VALUE_MAX) throw new RangeError(`count: ${value} permits and ${count} more are too many`)
      }
      const found = Atomics.compareExchange(this.words, this.#value, value, value + count)
      if (found === value) break
      value = found
    }
    this.#point.wake(count)
  }

  statistics(): SemaphoreStatistics {
    return { permits: this.permits, waiters: this.#point.waiters }
  }

  /** Called with each permit taken; a `BoundedSemaphore` counts them. */
  protected onTaken(): void {}

  #take(): boolean {
    checkOpen(this.region.memory)
    const words = this.words
    for (let value = (words[this.#value] as number) || Atomics.load(words, this.#value); value !== 0;) {
      const found = Atomics.compareExchange(words, this.#value, value, value - 1)
      if (found === value) {
        this.onTaken()
        return true
      }
      value = found
    }
    return false
  }
}
