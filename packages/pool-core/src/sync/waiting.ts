import { after, systemClock } from '../base/clock.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import { checkOpen } from '../memory/check-open.ts'
import type { Memory, PendingWait } from '../memory/memory.ts'
import type { WaitOptions } from './timeout.ts'
import { WaiterCount } from './waiter-count.ts'
import type { WaiterCountPlace } from './waiter-count.ts'

/** Words that a wait point takes: changes, waiters, starving. */
export const WAIT_POINT_WORDS = 3
const CHANGES = 0
const WAITERS = 1
const STARVING = 2

/**
 * Fairness. Whoever comes while the thing is free may take it, ahead of those asleep: a wake-up takes microseconds, and letting the
 * thing lie idle meanwhile costs more than the wait is worth. But a waiter that was woken, found nothing, and has waited this long by
 * then, says that it is starving; from then on nobody takes ahead of the queue, and the wake-ups, which come in order of arrival, decide
 * alone. So a waiter waits for this long, and then for those before it in the queue, once. 1 ms is the bound of Go's mutex.
 * Source: go/src/internal/sync/mutex.go, "Mutex fairness". Async waiters of one event loop queue in order of arrival behind one place.
 */
const HAND_OVER_AFTER_MS = 1

/** A newcomer that lines up because others starve looks for itself after this: they may have died without taking their word back. */
const QUEUE_GRACE_MS = 4

/**
 * Looks before the kernel is asked to sleep, about 15 µs: a little more than a sleep and its wake-up take, so that looking in vain at most
 * doubles the cost of a wait, and two that hand over to each other find out of the habit of sleeping. Measured in README.md.
 */
const SPIN_LOOKS = 500

/** One waiter of this event loop. */
interface LocalWaiter {
  readonly attempt: () => boolean
  readonly settle: (outcome: boolean) => void
  readonly fail: (reason: unknown) => void
  readonly since: number
}

/** How a wait point behaves. */
export interface WaitPointOptions {
  /** `fifo`: only the first may take, as with a lock. `all`: each looks for itself, as with an event. */
  readonly order: 'fifo' | 'all'
  readonly clock?: Clock | undefined
  /** Look again at least this often even without a wake-up: for what no wake-up announces, such as the death of an owner. */
  readonly lookEveryMs?: number | undefined
  /** Where the waiters are counted, instead of in a word of the wait point. */
  readonly count?: WaiterCountPlace | undefined
}

/**
 * The one place in the house that waits. A primitive brings an `attempt` that takes what it wants or says false; the wait point sleeps
 * between attempts. The primitive changes its state first and calls `wake` afterwards; README.md argues why no wake-up is lost.
 */
export class WaitPoint {
  readonly #memory: Memory
  readonly #words: Int32Array
  readonly #changes: number
  readonly #waiters: WaiterCount
  readonly #starving: number
  readonly #order: 'fifo' | 'all'
  readonly #clock: Clock
  readonly #lookEveryMs: number
  /** In order of arrival. All of them together are one waiter in the shared count. */
  readonly #queue = new Set<LocalWaiter>()
  #pending: PendingWait | undefined
  /** Whether the first of the queue has been through the kernel's queue. */
  #hasSlept = false
  #isStarving = false

  constructor(memory: Memory, base: number, options: WaitPointOptions) {
    this.#memory = memory
    this.#words = memory.words
    this.#changes = base + CHANGES
    this.#waiters = new WaiterCount(memory.words, options.count ?? { word: base + WAITERS, shift: 0 })
    this.#starving = base + STARVING
    this.#order = options.order
    this.#clock = options.clock ?? systemClock
    this.#lookEveryMs = options.lookEveryMs ?? Infinity
  }

  /** Threads that wait, with each event loop counted once, plus those waiting in this loop beyond the first. */
  get waiters(): number {
    checkOpen(this.#memory)
    return this.#waiters.value + Math.max(0, this.#queue.size - 1)
  }

  /** Whether a newcomer must line up. The plain reading may be late: it lets one more go ahead, which fairness allows. */
  get isStarving(): boolean {
    return this.#queue.size > 0 || (this.#words[this.#starving] as number) > 0
  }

  /** Wakes up to `count` waiters, after the state has changed. Costs one load when nobody waits. */
  wake(count: number): void {
    checkOpen(this.#memory)
    if (this.#waiters.value > 0) this.wakeWaiting(count)
  }

  /** The same for a caller who knows, from the change itself, that somebody waits. */
  wakeWaiting(count: number): void {
    Atomics.add(this.#words, this.#changes, 1)
    // Waiters of this very loop need no kernel; they look as soon as the caller is done.
    if (this.#queue.size > 0) queueMicrotask(() => this.#pump())
    this.#memory.notify(this.#changes, count)
  }

  /**
   * Blocks this thread until `attempt` succeeds. @returns false when the time is over. What `attempt` throws ends the wait.
   * @param glance a cheaper attempt for the looks before the first sleep.
   */
  blockSync(attempt: () => boolean, timeoutMs: number, glance: () => boolean = attempt): boolean {
    checkOpen(this.#memory)
    if (timeoutMs > 0) {
      for (let look = 0; look < SPIN_LOOKS && !this.isStarving; look++) {
        if (glance()) return true
        Atomics.pause()
      }
    }
    const words = this.#words
    const start = this.#clock.now()
    const end = start + timeoutMs
    let hasSlept = false
    let isStarving = false
    this.#waiters.join()
    try {
      for (;;) {
        const seen = Atomics.load(words, this.#changes)
        const mustQueue = !hasSlept && Atomics.load(words, this.#starving) > 0
        if (!mustQueue && (hasSlept ? attempt() : glance())) return true
        const now = this.#clock.now()
        if (now >= end) return !hasSlept && !mustQueue && glance !== attempt && attempt()
        if (hasSlept && !isStarving && this.#order === 'fifo' && now - start >= HAND_OVER_AFTER_MS) {
          isStarving = true
          Atomics.add(words, this.#starving, 1)
        }
        const sleepMs = Math.min(end - now, this.#lookEveryMs, mustQueue ? QUEUE_GRACE_MS : Infinity)
        const outcome = this.#memory.wait(this.#changes, seen, sleepMs)
        hasSlept = true
        if (mustQueue && outcome === 'timed-out' && attempt()) {
          // It lay free for the whole grace, so nobody who starves is left to take it.
          Atomics.store(words, this.#starving, 0)
          return true
        }
      }
    } finally {
      if (isStarving) this.#endStarving()
      this.#waiters.leave()
    }
  }

  /** The same without blocking. Rejects with `signal.reason`, and with what `attempt` throws. */
  block(attempt: () => boolean, timeoutMs: number, signal?: WaitOptions['signal']): Promise<boolean> {
    return new Promise<boolean>((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      checkOpen(this.#memory)
      let stopTimer: Cancel = () => {}
      const leave = (): void => {
        stopTimer()
        signal?.removeEventListener('abort', onAbort)
        this.#remove(waiter)
      }
      const onAbort = (): void => waiter.fail(signal?.reason)
      const waiter: LocalWaiter = {
        attempt,
        since: this.#clock.now(),
        settle: (outcome) => {
          leave()
          resolve(outcome)
        },
        fail: (reason) => {
          leave()
          reject(reason as Error)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      if (timeoutMs !== Infinity) stopTimer = this.#clock.schedule(after(this.#clock.now(), timeoutMs), () => this.#expire(waiter))
      if (this.#queue.size === 0) this.#waiters.join()
      this.#queue.add(waiter)
      this.#pump()
    })
  }

  /** A last look: what came just in time counts. */
  #expire(waiter: LocalWaiter): void {
    try {
      const isFirst = this.#order === 'all' || this.#queue.values().next().value === waiter
      waiter.settle(isFirst && waiter.attempt())
    } catch (error) {
      waiter.fail(error)
    }
  }

  #remove(waiter: LocalWaiter): void {
    if (!this.#queue.delete(waiter)) return
    // The words are gone. That the count of waiters stays too high by one costs the others a system call a turn, and nothing else.
    if (this.#memory.isClosed) return
    this.#hasSlept = false
    if (this.#isStarving) this.#endStarving()
    this.#isStarving = false
    if (this.#queue.size > 0) return
    this.#waiters.leave()
    this.#pending?.cancel()
    this.#pending = undefined
  }

  /** Serves whom it can, and sleeps for the rest. Called on every sign of change. */
  #pump(): void {
    if (this.#memory.isClosed) return this.#failAll()
    if (this.#queue.size === 0) return
    const seen = Atomics.load(this.#words, this.#changes)
    const mustQueue = !this.#hasSlept && Atomics.load(this.#words, this.#starving) > 0
    if (!mustQueue) this.#serve()
    if (this.#queue.size === 0) return
    this.#noteStarving()
    // A sleep that is under way keeps its place in the kernel's queue, and began before the attempts that just failed.
    if (this.#pending !== undefined) return
    const pending = this.#memory.waitAsync(this.#changes, seen, Math.min(this.#lookEveryMs, mustQueue ? QUEUE_GRACE_MS : Infinity))
    this.#pending = pending
    void pending.settled.then(() => {
      if (this.#pending !== pending) return
      this.#pending = undefined
      this.#hasSlept = true
      this.#pump()
    })
  }

  /** Whoever closes a memory ends the waits of his own loop in it. */
  #failAll(): void {
    for (const waiter of this.#queue) {
      try {
        checkOpen(this.#memory)
      } catch (error) {
        waiter.fail(error)
      }
    }
  }

  #serve(): void {
    for (const waiter of this.#queue) {
      try {
        if (waiter.attempt()) waiter.settle(true)
        else if (this.#order === 'fifo') return
      } catch (error) {
        waiter.fail(error)
      }
    }
  }

  #noteStarving(): void {
    const first = this.#queue.values().next().value
    if (first === undefined || this.#isStarving || !this.#hasSlept || this.#order === 'all') return
    if (this.#clock.now() - first.since < HAND_OVER_AFTER_MS) return
    this.#isStarving = true
    Atomics.add(this.#words, this.#starving, 1)
  }

  /** Down by one, never below 0: somebody may have set the count to 0 because those who raised it seemed dead. */
  #endStarving(): void {
    for (;;) {
      const count = Atomics.load(this.#words, this.#starving)
      if (count <= 0 || Atomics.compareExchange(this.#words, this.#starving, count, count - 1) === count) return
    }
  }
}
