import type { Clock } from '../base/clock.ts'
import { ForkpoolError } from '../base/errors.ts'
import { checkOpen } from '../memory/check-open.ts'
import type { Memory } from '../memory/memory.ts'
import { currentOwner, isOwnerAlive, OWNER_BITS } from '../memory/owner.ts'
import type { Owner } from '../memory/owner.ts'
import { WAIT_POINT_WORDS, WaitPoint } from './waiting.ts'

const OWNER = 0
const OWNER_MASK: number = 2 ** OWNER_BITS - 1
const START = 1
const FLAGS = 2
const DEPTH = 3
const POINT = 4

/** Words of a lock. */
export const LOCK_WORDS: number = POINT + WAIT_POINT_WORDS + 1

const ROBUST = 1
/** The last owner died, and nobody has said since that what the lock protects is sound. */
const INCONSISTENT = 2

/**
 * How often a waiter of a robust lock looks whether the owner still lives: no wake-up announces a death. Four looks fit in the 100 ms
 * within which the next owner shall have it; each costs one read of `/proc`.
 */
const OWNER_CHECK_MS = 25

/** Called while a thread is blocked, with the owner that it waits for. May throw, which ends the wait. */
export type BlockedObserver = (owner: number) => void

/** How this holder of a lock behaves. */
export interface LockCoreOptions {
  readonly robust?: boolean | undefined
  readonly clock?: Clock | undefined
  /** Call the observer of a blocked thread at least this often. */
  readonly lookEveryMs?: number | undefined
}

/**
 * The words of a lock and what is done to them, for `Lock`, `RLock`, `Condition` and the guards inside queues.
 * - OWNER: the holder's `Owner.id`, 0 when free, and above its bits the count of those who wait. The one word that decides. Taken and
 *   recovered by compare-exchange; released by clearing the holder's bits, which tells in the same step whether somebody waits: so a turn
 *   that nobody contends is two atomic operations.
 * - START: the holder's start time, in robust locks only; 0 while OWNER has just changed. Written by the holder.
 * - FLAGS: bits above. Written at creation and by the holder.
 * - DEPTH: how often an RLock was taken again. Written and read by the holder only.
 */
export class LockCore {
  readonly #memory: Memory
  readonly #words: Int32Array
  readonly #base: number
  /** Index of OWNER. */
  readonly #at: number
  readonly #id: number
  readonly #owner: Owner
  readonly #isRobust: boolean
  readonly #point: WaitPoint

  constructor(memory: Memory, base: number, options: LockCoreOptions = {}) {
    this.#memory = memory
    this.#words = memory.words
    this.#base = base
    this.#at = base + OWNER
    this.#owner = currentOwner()
    this.#id = this.#owner.id
    // The creator says robust; whoever attaches reads it.
    if (options.robust === true) Atomics.or(this.#words, base + FLAGS, ROBUST)
    this.#isRobust = (Atomics.load(this.#words, base + FLAGS) & ROBUST) !== 0
    this.#point = new WaitPoint(memory, base + POINT, {
      order: 'fifo',
      clock: options.clock,
      lookEveryMs: this.#isRobust ? OWNER_CHECK_MS : options.lookEveryMs,
      count: { word: this.#at, shift: OWNER_BITS },
    })
  }

  /** `Owner.id` of the holder; 0 when free. */
  get ownerId(): number {
    checkOpen(this.#memory)
    return Atomics.load(this.#words, this.#at) & OWNER_MASK
  }

  /** Whether this thread holds it. A plain reading will do: nobody else writes this thread's number, and its own writings it sees. */
  get isOwned(): boolean {
    checkOpen(this.#memory)
    return ((this.#words[this.#at] as number) & OWNER_MASK) === this.#id
  }

  get isRobust(): boolean {
    return this.#isRobust
  }

  get waiters(): number {
    return this.#point.waiters
  }

  /** Whether an owner died and nobody has called `makeConsistent` since. */
  get isInconsistent(): boolean {
    return (Atomics.load(this.#words, this.#base + FLAGS) & INCONSISTENT) !== 0
  }

  makeConsistent(): void {
    Atomics.and(this.#words, this.#base + FLAGS, ~INCONSISTENT)
  }

  /** Read and written by the holder, or for people: plain readings and writings, ordered by those of OWNER. */
  get depth(): number {
    return this.#words[this.#base + DEPTH] as number
  }

  set depth(depth: number) {
    this.#words[this.#base + DEPTH] = depth
  }

  /** Takes it if it is free, or if its owner is found dead, which costs a look at `/proc`: those who wait do so after a sleep only. */
  tryTake(): boolean {
    return this.#tryFree() || (this.#isRobust && this.#recover())
  }

  /** Takes it if it is free and nobody waits for it, in one step. */
  tryUnwanted(): boolean {
    checkOpen(this.#memory)
    return Atomics.compareExchange(this.#words, this.#at, 0, this.#id) === 0 && (!this.#isRobust || this.#taken())
  }

  /** Takes it if it is free. Looks before it writes: many who look often must not fight for the word. */
  #tryFree(): boolean {
    checkOpen(this.#memory)
    for (;;) {
      const seen = Atomics.load(this.#words, this.#at)
      if ((seen & OWNER_MASK) !== 0) return false
      if (Atomics.compareExchange(this.#words, this.#at, seen, seen | this.#id) === seen) return this.#taken()
    }
  }

  #taken(): true {
    if (this.#isRobust) Atomics.store(this.#words, this.#base + START, this.#owner.start)
    return true
  }

  /** Blocks this thread until it has the lock. @returns false when the time is over. */
  takeSync(timeoutMs: number, observe?: BlockedObserver): boolean {
    if (this.tryUnwanted() || (!this.#point.isStarving && this.#tryFree())) return true
    const attempt = observe === undefined ? () => this.tryTake() : () => this.#tryObserved(observe)
    return this.#point.blockSync(attempt, timeoutMs, () => this.#tryFree())
  }

  /** The same without blocking. Rejects with `signal.reason`. */
  take(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted()
    if (!this.#point.isStarving && this.#tryFree()) return Promise.resolve(true)
    let isFirst = true
    const attempt = (): boolean => {
      const isGlance = isFirst
      isFirst = false
      return isGlance ? this.#tryFree() : this.tryTake()
    }
    return this.#point.block(attempt, timeoutMs, signal)
  }

  /** Frees it, whoever holds it, and wakes the next. @throws ForkpoolError NOT_LOCKED when it is free; nothing changes then. */
  free(): void {
    checkOpen(this.#memory)
    if (this.#isRobust) Atomics.store(this.#words, this.#base + START, 0)
    const was = Atomics.and(this.#words, this.#at, ~OWNER_MASK)
    if (was === this.#id) return
    if ((was & OWNER_MASK) === 0) throw new ForkpoolError('NOT_LOCKED')
    if (was >>> OWNER_BITS > 0) this.#point.wakeWaiting(1)
  }

  #tryObserved(observe: BlockedObserver): boolean {
    if (this.tryTake()) return true
    const owner = this.ownerId
    if (owner !== 0) observe(owner)
    return false
  }

  /**
   * Takes over from a dead owner. Only one of several waiters can: the exchange expects the dead one's number. The number cannot have
   * gone to a new thread that holds the lock by now unless that thread took it from 0, which changes START.
   */
  #recover(): boolean {
    const dead = this.ownerId
    if (dead === 0 || dead === this.#owner.id) return false
    const start = Atomics.load(this.#words, this.#base + START)
    if (isOwnerAlive(dead, start)) return false
    for (let seen = Atomics.load(this.#words, this.#at); ;) {
      if ((seen & OWNER_MASK) !== dead) return false
      const found = Atomics.compareExchange(this.#words, this.#at, seen, (seen & ~OWNER_MASK) | this.#id)
      if (found === seen) break
      seen = found
    }
    Atomics.store(this.#words, this.#base + START, this.#owner.start)
    this.depth = 0
    Atomics.or(this.#words, this.#base + FLAGS, INCONSISTENT)
    return true
  }
}
