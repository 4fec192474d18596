import type { Clock } from '../base/clock.ts'
import { ForkpoolError } from '../base/errors.ts'
import { checkOpen } from '../memory/check-open.ts'
import type { Memory } from '../memory/memory.ts'
import { currentOwner, isOwnerAlive } from '../memory/owner.ts'
import type { Owner } from '../memory/owner.ts'
import { WAIT_POINT_WORDS, WaitPoint } from './waiting.ts'

const OWNER = 0
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
 * - OWNER: the holder's `Owner.id`, 0 when free. Taken and recovered by compare-exchange, released by a store. The one word that decides.
 * - START: the holder's start time, in robust locks only; 0 while OWNER has just changed. Written by the holder.
 * - FLAGS: bits above. Written at creation and by the holder.
 * - DEPTH: how often an RLock was taken again. Written and read by the holder only.
 */
export class LockCore {
  readonly #memory: Memory
  readonly #words: Int32Array
  readonly #base: number
  readonly #owner: Owner
  readonly #isRobust: boolean
  readonly #point: WaitPoint

  constructor(memory: Memory, base: number, options: LockCoreOptions = {}) {
    this.#memory = memory
    this.#words = memory.words
    this.#base = base
    this.#owner = currentOwner()
    // The creator says robust; whoever attaches reads it.
    if (options.robust === true) Atomics.or(this.#words, base + FLAGS, ROBUST)
    this.#isRobust = (Atomics.load(this.#words, base + FLAGS) & ROBUST) !== 0
    this.#point = new WaitPoint(memory, base + POINT, {
      order: 'fifo',
      clock: options.clock,
      lookEveryMs: this.#isRobust ? OWNER_CHECK_MS : options.lookEveryMs,
    })
  }

  /** `Owner.id` of the holder; 0 when free. */
  get ownerId(): number {
    checkOpen(this.#memory)
    return Atomics.load(this.#words, this.#base + OWNER)
  }

  /** Whether this thread holds it. */
  get isOwned(): boolean {
    return this.ownerId === this.#owner.id
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

  get depth(): number {
    return Atomics.load(this.#words, this.#base + DEPTH)
  }

  set depth(depth: number) {
    Atomics.store(this.#words, this.#base + DEPTH, depth)
  }

  /** Takes it if it is free, or if its owner is found dead. */
  tryTake(): boolean {
    checkOpen(this.#memory)
    if (Atomics.compareExchange(this.#words, this.#base + OWNER, 0, this.#owner.id) === 0) {
      if (this.#isRobust) Atomics.store(this.#words, this.#base + START, this.#owner.start)
      return true
    }
    return this.#isRobust && this.#recover()
  }

  /** Blocks this thread until it has the lock. @returns false when the time is over. */
  takeSync(timeoutMs: number, observe?: BlockedObserver): boolean {
    if (!this.#point.isStarving && this.tryTake()) return true
    return this.#point.blockSync(observe === undefined ? () => this.tryTake() : () => this.#tryObserved(observe), timeoutMs)
  }

  /** The same without blocking. Rejects with `signal.reason`. */
  take(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted()
    if (!this.#point.isStarving && this.tryTake()) return Promise.resolve(true)
    return this.#point.block(() => this.tryTake(), timeoutMs, signal)
  }

  /** Frees it, whoever holds it, and wakes the next. @throws ForkpoolError NOT_LOCKED when it is free; nothing changes then. */
  free(): void {
    checkOpen(this.#memory)
    if (this.#isRobust) Atomics.store(this.#words, this.#base + START, 0)
    if (Atomics.exchange(this.#words, this.#base + OWNER, 0) === 0) throw new ForkpoolError('NOT_LOCKED')
    this.#point.wake(1)
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
    if (Atomics.compareExchange(this.#words, this.#base + OWNER, dead, this.#owner.id) !== dead) return false
    Atomics.store(this.#words, this.#base + START, this.#owner.start)
    this.depth = 0
    Atomics.or(this.#words, this.#base + FLAGS, INCONSISTENT)
    return true
  }
}
