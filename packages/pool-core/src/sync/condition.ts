import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { ForkpoolError } from '../base/errors.ts'
import { ConditionWaiters, CONDITION_WAITERS_WORDS } from './condition-waiters.ts'
import type { Guard } from './guard.ts'
import { Lock } from './lock.ts'
import type { LockHandle } from './lock.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import { RLock } from './rlock.ts'
import type { RLockHandle } from './rlock.ts'
import { checkInteger, timeoutOf } from './timeout.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'
import { WAIT_POINT_WORDS, WaitPoint } from './waiting.ts'

const POINT = CONDITION_WAITERS_WORDS
const CONDITION_BYTES = 4 * (POINT + WAIT_POINT_WORDS)

/** How to make a condition. */
export interface ConditionOptions extends PlaceOptions {
  /** The lock that guards what is waited for. Default a new `RLock` in the same kind of memory, as in Python. */
  readonly lock?: Lock | RLock | undefined
  readonly clock?: Clock | undefined
}

export interface ConditionHandle extends Handle<'condition'> {
  readonly lock: LockHandle | RLockHandle
}

/** A condition, looked at. */
export interface ConditionStatistics {
  /** Waiters that no `notify` has reached yet. */
  readonly waiters: number
}

/**
 * Waiting, with a lock given up meanwhile, until somebody who holds the lock notifies. Waiters are notified in order of arrival; one
 * that timed out, or was aborted, is passed over, so that no notification is wasted; a notifier never waits for those it woke.
 * Source: `threading.Condition`.
 */
export class Condition extends SharedObject {
  readonly lock: Lock | RLock
  readonly #isOwnLock: boolean
  readonly #waiters: ConditionWaiters
  readonly #point: WaitPoint
  readonly #clock: Clock

  constructor(options: ConditionOptions = {}, region: Region = placeRegion(options, CONDITION_BYTES)) {
    super(region)
    const { memory, base } = region
    this.#isOwnLock = options.lock === undefined
    this.lock = options.lock ?? new RLock({ memory: memory.kind, clock: options.clock })
    this.#clock = options.clock ?? systemClock
    this.#waiters = new ConditionWaiters(memory, base)
    this.#point = new WaitPoint(memory, base + POINT, { order: 'all', clock: options.clock })
  }

  /** The same condition and its lock, in another thread or process. */
  static attach(handle: ConditionHandle, options: Pick<ConditionOptions, 'clock'> = {}): Condition {
    const lock = handle.lock.forkpool === 'lock' ? Lock.attach(handle.lock, options) : RLock.attach(handle.lock, options)
    return new Condition({ ...options, lock }, attachRegion(handle, 'condition'))
  }

  get handle(): ConditionHandle {
    return { forkpool: 'condition', memory: this.region.memory.handle, offset: this.region.offset, lock: this.lock.handle }
  }

  override close(): void {
    super.close()
    if (this.#isOwnLock || this.region.isOwn) this.lock.close()
  }

  override unlink(): void {
    super.unlink()
    if (this.#isOwnLock) this.lock.unlink()
  }

  /** Acquires the lock. */
  acquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<Guard>
  acquire(options?: WaitOptions): Promise<Guard | undefined>
  acquire(options?: WaitOptions): Promise<Guard | undefined> {
    return this.lock.acquire(options)
  }

  acquireSync(): Guard
  acquireSync(options?: SyncWaitOptions): Guard | undefined
  acquireSync(options?: SyncWaitOptions): Guard | undefined {
    return this.lock.acquireSync(options)
  }

  /** Releases the lock. */
  release(): void {
    this.lock.release()
  }

  /**
   * Gives up the lock (all levels of an RLock), waits to be notified, and takes it again as it was. @returns false when the time is
   * over; then too the lock is held again. Rejects with `signal.reason`, with the lock held.
   * @throws ForkpoolError NOT_OWNER unless this thread holds the lock; LIMIT_EXCEEDED when 256 wait already.
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    const timeoutMs = timeoutOf(options)
    options?.signal?.throwIfAborted()
    const { slot, depth } = this.#enter()
    const isNotified = (): boolean => this.#waiters.isNotified(slot)
    const outcome = await this.#point.block(isNotified, timeoutMs, options?.signal).then(
      () => undefined,
      (reason: unknown) => ({ reason }),
    )
    // The lock must be held again whatever happened: so this wait takes no signal and no limit.
    if (!this.lock.core.isOwned || this.lock instanceof Lock) await this.lock.core.take(Infinity)
    else depth.shared = true
    return this.#leave(slot, depth, outcome)
  }

  /** The same, blocking this thread. */
  waitSync(options?: SyncWaitOptions): boolean {
    const timeoutMs = timeoutOf(options)
    const { slot, depth } = this.#enter()
    try {
      this.#point.blockSync(() => this.#waiters.isNotified(slot), timeoutMs)
    } finally {
      this.lock.core.takeSync(Infinity)
    }
    return this.#leave(slot, depth, undefined)
  }

  /** Waits until `predicate` holds; the time counts for the whole. @returns its last value. */
  async waitFor<Value>(predicate: () => Value, options?: WaitOptions): Promise<Value> {
    const end = this.#clock.now() + timeoutOf(options)
    for (;;) {
      const value = predicate()
      const leftMs = end - this.#clock.now()
      if (Boolean(value) || leftMs <= 0) return value
      await this.wait({ signal: options?.signal, timeoutMs: leftMs })
    }
  }

  /** The same, blocking this thread. */
  waitForSync<Value>(predicate: () => Value, options?: SyncWaitOptions): Value {
    const end = this.#clock.now() + timeoutOf(options)
    for (;;) {
      const value = predicate()
      const leftMs = end - this.#clock.now()
      if (Boolean(value) || leftMs <= 0) return value
      this.waitSync({ timeoutMs: leftMs })
    }
  }

  /** Notifies the `count` longest waiting. @throws ForkpoolError NOT_OWNER unless this thread holds the lock. */
  notify(count: number = 1): void {
    checkInteger('count', count, 0, Number.MAX_SAFE_INTEGER)
    this.#checkOwned('notify')
    if (this.#waiters.notify(count) > 0) this.#point.wake(Infinity)
  }

  /** Notifies all who wait. */
  notifyAll(): void {
    this.notify(Number.MAX_SAFE_INTEGER)
  }

  statistics(): ConditionStatistics {
    return { waiters: this.#waiters.count }
  }

  #checkOwned(call: string): void {
    if (!this.lock.core.isOwned) throw new ForkpoolError('NOT_OWNER', `${call}: this thread does not hold the lock of the condition.`)
  }

  #enter(): { readonly slot: number; readonly depth: SavedDepth } {
    this.#checkOwned('wait')
    const slot = this.#waiters.enter()
    const { core } = this.lock
    const depth = { levels: core.depth, shared: false }
    core.depth = 0
    core.free()
    return { slot, depth }
  }

  /** With the lock held again. A notification that reached a waiter which gave up goes to the next. */
  #leave(slot: number, depth: SavedDepth, failed: { readonly reason: unknown } | undefined): boolean {
    const { core } = this.lock
    core.depth = depth.shared ? core.depth + 1 + depth.levels : depth.levels
    const wasNotified = this.#waiters.leave(slot)
    if (failed === undefined) return wasNotified
    if (wasNotified && this.#waiters.notify(1) > 0) this.#point.wake(Infinity)
    throw failed.reason
  }
}

/** The levels of an RLock that a wait gave up. `shared`: another flow of this thread holds the lock now, so the levels come on top of its. */
interface SavedDepth {
  readonly levels: number
  shared: boolean
}
