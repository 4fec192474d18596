import type { Clock } from '../base/clock.ts'
import { ForkpoolError } from '../base/errors.ts'
import { describeOwner } from '../memory/owner.ts'
import { DeadlockWatch, WATCH_EVERY_MS } from './deadlock-watch.ts'
import type { DeadlockWatchHandle } from './deadlock-watch.ts'
import { Guard } from './guard.ts'
import { LOCK_WORDS, LockCore } from './lock-core.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import { timeoutOf } from './timeout.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'

/** How to make a re-entrant lock. */
export interface RLockOptions extends PlaceOptions {
  /** As for `Lock`. */
  readonly robust?: boolean | undefined
  /** As for `Lock`. */
  readonly watch?: DeadlockWatch | undefined
  readonly name?: string | undefined
  readonly clock?: Clock | undefined
}

export interface RLockHandle extends Handle<'rlock'> {
  readonly watch?: DeadlockWatchHandle | undefined
  readonly name?: string | undefined
}

/** A re-entrant lock, looked at. */
export interface RLockStatistics {
  readonly holder: string | undefined
  /** How often its holder has taken it; 0 when free. */
  readonly depth: number
  readonly waiters: number
}

/**
 * A lock that its owner may take again. The owner is a thread (process and thread number), so async flows of one event loop own it
 * together and do not exclude each other; between them, use `Lock`. Source: `threading.RLock`, `multiprocessing.RLock`.
 */
export class RLock extends SharedObject {
  readonly #core: LockCore
  readonly #options: RLockOptions

  constructor(options: RLockOptions = {}, region: Region = placeRegion(options, 4 * LOCK_WORDS)) {
    super(region)
    this.#options = options
    const { robust, clock, watch } = options
    this.#core = new LockCore(region.memory, region.base, { robust, clock, lookEveryMs: watch === undefined ? undefined : WATCH_EVERY_MS })
  }

  /** The same lock, in another thread or process. */
  static attach(handle: RLockHandle, options: Pick<RLockOptions, 'clock' | 'watch' | 'name'> = {}): RLock {
    const watch = options.watch ?? (handle.watch === undefined ? undefined : DeadlockWatch.attach(handle.watch))
    return new RLock({ ...options, watch, name: options.name ?? handle.name }, attachRegion(handle, 'rlock'))
  }

  get handle(): RLockHandle {
    const { watch, name } = this.#options
    const handle = { forkpool: 'rlock', memory: this.region.memory.handle, offset: this.region.offset } as const
    return { ...handle, ...(watch === undefined ? {} : { watch: watch.handle }), ...(name === undefined ? {} : { name }) }
  }

  /** The words, for a `Condition` that is built on this lock. */
  get core(): LockCore {
    return this.#core
  }

  get isLocked(): boolean {
    return this.#core.ownerId !== 0
  }

  /** Takes the lock if it is free or this thread's own. */
  tryAcquire(): Guard | undefined {
    return this.#again() || this.#core.tryTake() ? this.#guard() : undefined
  }

  /** Waits for the lock. With `timeoutMs`, resolves with `undefined` when the time is over. Rejects with `signal.reason`. */
  acquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<Guard>
  acquire(options?: WaitOptions): Promise<Guard | undefined>
  async acquire(options?: WaitOptions): Promise<Guard | undefined> {
    const timeoutMs = timeoutOf(options)
    options?.signal?.throwIfAborted()
    if (this.#again()) return this.#guard()
    const isTaken = await this.#core.take(timeoutMs, options?.signal)
    return isTaken ? this.#guard() : undefined
  }

  /** The same, blocking this thread. @throws DeadlockError with a `watch`, when it would wait for itself. */
  acquireSync(): Guard
  acquireSync(options?: SyncWaitOptions): Guard | undefined
  acquireSync(options?: SyncWaitOptions): Guard | undefined {
    const timeoutMs = timeoutOf(options)
    if (this.#again()) return this.#guard()
    const { watch, name = 'an RLock' } = this.#options
    if (watch === undefined) return this.#core.takeSync(timeoutMs) ? this.#guard() : undefined
    return watch.guard(name, (observe) => this.#core.takeSync(timeoutMs, observe)) ? this.#guard() : undefined
  }

  /** Undoes one acquire; the last one frees the lock. @throws ForkpoolError NOT_OWNER unless this thread holds it; nothing changes then. */
  release(): void {
    const core = this.#core
    if (!core.isOwned) throw new ForkpoolError('NOT_OWNER', 'release: this thread does not hold the lock.')
    if (core.depth > 0) core.depth--
    else core.free()
  }

  /** The owner says that what the lock protects is sound again. */
  makeConsistent(): void {
    this.#core.makeConsistent()
  }

  statistics(): RLockStatistics {
    const { ownerId, depth, waiters } = this.#core
    return ownerId === 0 ? { holder: undefined, depth: 0, waiters } : { holder: describeOwner(ownerId), depth: depth + 1, waiters }
  }

  /** Counts one more if this thread holds it already: its own word cannot change under it. */
  #again(): boolean {
    if (!this.#core.isOwned) return false
    this.#core.depth++
    return true
  }

  #guard(): Guard {
    return new Guard(this, this.#core.isRobust && this.#core.isInconsistent)
  }
}
