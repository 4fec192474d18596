import type { Clock } from '../base/clock.ts'
import { checkOpen } from '../memory/check-open.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import { timeoutOf } from './timeout.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'
import { WAIT_POINT_WORDS, WaitPoint } from './waiting.ts'

const FLAG = 0
const SETS = 1
const POINT = 2

/** How to make an event. */
export interface EventOptions extends PlaceOptions {
  readonly clock?: Clock | undefined
}

export interface EventHandle extends Handle<'event'> {}

/** An event, looked at. */
export interface EventStatistics {
  readonly isSet: boolean
  readonly waiters: number
}

/**
 * A flag that many can wait for. A waiter that was there when the flag was set is released, even if it was cleared again before the
 * waiter ran: it counts settings. Source: `threading.Event` (gh-57711); `multiprocessing.Event` looks at the flag again and may miss it.
 */
export class Event extends SharedObject {
  readonly #words: Int32Array
  readonly #base: number
  readonly #point: WaitPoint

  constructor(options: EventOptions = {}, region: Region = placeRegion(options, 4 * (POINT + WAIT_POINT_WORDS))) {
    super(region)
    this.#words = region.memory.words
    this.#base = region.base
    this.#point = new WaitPoint(region.memory, region.base + POINT, { order: 'all', clock: options.clock })
  }

  /** The same event, in another thread or process. */
  static attach(handle: EventHandle, options: Pick<EventOptions, 'clock'> = {}): Event {
    return new Event(options, attachRegion(handle, 'event'))
  }

  get handle(): EventHandle {
    return { forkpool: 'event', memory: this.region.memory.handle, offset: this.region.offset }
  }

  get isSet(): boolean {
    checkOpen(this.region.memory)
    return Atomics.load(this.#words, this.#base + FLAG) === 1
  }

  /** Sets the flag and releases every waiter. */
  set(): void {
    checkOpen(this.region.memory)
    if (Atomics.exchange(this.#words, this.#base + FLAG, 1) === 1) return
    Atomics.add(this.#words, this.#base + SETS, 1)
    this.#point.wake(Infinity)
  }

  /** Clears the flag: later waits wait. */
  clear(): void {
    checkOpen(this.region.memory)
    Atomics.store(this.#words, this.#base + FLAG, 0)
  }

  /** Waits until the flag is set. @returns false when the time is over. Rejects with `signal.reason`. */
  async wait(options?: WaitOptions): Promise<boolean> {
    const timeoutMs = timeoutOf(options)
    options?.signal?.throwIfAborted()
    const attempt = this.#attempt()
    return attempt() || this.#point.block(attempt, timeoutMs, options?.signal)
  }

  /** The same, blocking this thread. */
  waitSync(options?: SyncWaitOptions): boolean {
    const timeoutMs = timeoutOf(options)
    const attempt = this.#attempt()
    return attempt() || this.#point.blockSync(attempt, timeoutMs)
  }

  statistics(): EventStatistics {
    return { isSet: this.isSet, waiters: this.#point.waiters }
  }

  /** Counts from now on: a setting that comes later is never missed. */
  #attempt(): () => boolean {
    const sets = Atomics.load(this.#words, this.#base + SETS)
    return () => this.isSet || Atomics.load(this.#words, this.#base + SETS) !== sets
  }
}
