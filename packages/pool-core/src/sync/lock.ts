import type { Clock } from '../base/clock.ts'
import { describeOwner } from '../memory/owner.ts'
import { DeadlockWatch, WATCH_EVERY_MS } from './deadlock-watch.ts'
import type { DeadlockWatchHandle } from './deadlock-watch.ts'
import { Guard } from './guard.ts'
import { LOCK_WORDS, LockCore } from './lock-core.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import { timeoutOf } from './timeout.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'

/** How to make a lock. */
export interface LockOptions extends PlaceOptions {
  /**
   * When its holder dies, the next owner gets the lock and is told (`guard.ownerDied`). Without it such a lock stays locked, as in
   * Python. Costs two stores a turn, and a waiter looks up every 25 ms.
   */
  readonly robust?: boolean | undefined
  /** Debug mode: a blocking acquire that would never end throws `DeadlockError` instead. */
  readonly watch?: DeadlockWatch | undefined
  /** How the lock is called in such an error. */
  readonly name?: string | undefined
  readonly clock?: Clock | undefined
}

export interface LockHandle extends Handle<'lock'> {
  readonly watch?: DeadlockWatchHandle | undefined
  readonly name?: string | undefined
}

/** A lock, looked at. */
export interface LockStatistics {
  /** For people: `process 4711`, `thread 4713 of process 4711`; `undefined` when free. */
  readonly holder: string | undefined
  readonly waiters: number
  readonly isRobust: boolean
  /** An owner died, and nobody has called `makeConsistent` since. */
  readonly isInconsistent: boolean
}

/**
 * One at a time, between async flows, threads, or processes. Not re-entrant; any thread may release it, as in Python. Fairness: see
 * `waiting.ts`. Source: `threading.Lock`, `multiprocessing.Lock`; `robust` is POSIX's PTHREAD_MUTEX_ROBUST, except that a lock whose
 * owner died stays usable and every next owner is told until one calls `makeConsistent`.
 */
export class Lock extends SharedObject {
  readonly #core: LockCore
  readonly #options: LockOptions
  readonly #watch: DeadlockWatch | undefined

  constructor(options: LockOptions = {}, region: Region = placeRegion(options, 4 * LOCK_WORDS)) {
    super(region)
    this.#options = options
    this.#watch = options.watch
    this.#core = new LockCore(region.memory, region.base, {
      robust: options.robust,
      clock: options.clock,
      lookEveryMs: options.watch === undefined ? undefined : WATCH_EVERY_MS,
    })
  }

  /** The same lock, in another thread or process. @throws ForkpoolError NOT_FOUND when its memory is gone. */
  static attach(handle: LockHandle, options: Pick<LockOptions, 'clock' | 'watch' | 'name'> = {}): Lock {
    const watch = options.watch ?? (handle.watch === undefined ? undefined : DeadlockWatch.attach(handle.watch))
    return new Lock({ ...options, watch, name: options.name ?? handle.name }, attachRegion(handle, 'lock'))
  }

  get handle(): LockHandle {
    const { watch, name } = this.#options
    const handle = { forkpool: 'lock', memory: this.region.memory.handle, offset: this.region.offset } as const
    // No key without a value: a handle is the same after JSON and after structured clone.
    return { ...handle, ...(watch === undefined ? {} : { watch: watch.handle }), ...(name === undefined ? {} : { name }) }
  }

  /** The words, for a `Condition` that is built on this lock. */
  get core(): LockCore {
    return this.#core
  }

  get isLocked(): boolean {
    return this.#core.ownerId !== 0
  }

  /** Takes the lock if that needs no waiting. */
  tryAcquire(): Guard | undefined {
    return this.#core.tryTake() ? this.#guard() : undefined
  }

  /** Waits for the lock. With `timeoutMs`, resolves with `undefined` when the time is over. Rejects with `signal.reason`; then nothing is held. */
  acquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<Guard>
  acquire(options?: WaitOptions): Promise<Guard | undefined>
  async acquire(options?: WaitOptions): Promise<Guard | undefined> {
    return (await this.#core.take(timeoutOf(options), options?.signal)) ? this.#guard() : undefined
  }

  /** The same, blocking this thread. @throws DeadlockError with a `watch`, when it would wait for itself. */
  acquireSync(): Guard
  acquireSync(options?: SyncWaitOptions): Guard | undefined
  acquireSync(options?: SyncWaitOptions): Guard | undefined {
    // Short enough to be compiled into the caller: most turns of most locks end here.
    if (options === undefined && this.#core.tryUnwanted()) return this.#guard()
    const timeoutMs = timeoutOf(options)
    const watch = this.#watch
    if (watch === undefined) return this.#core.takeSync(timeoutMs) ? this.#guard() : undefined
    const isTaken = watch.guard(this.#name(), (observe) => this.#core.takeSync(timeoutMs, observe))
    return isTaken ? this.#guard() : undefined
  }

  /** Frees the lock and wakes the next. @throws ForkpoolError NOT_LOCKED when nobody holds it. */
  release(): void {
    this.#core.free()
  }

  /** The owner says that what the lock protects is sound again: later owners are no longer told. */
  makeConsistent(): void {
    this.#core.makeConsistent()
  }

  statistics(): LockStatistics {
    const { ownerId, waiters, isRobust, isInconsistent } = this.#core
    return { holder: ownerId === 0 ? undefined : describeOwner(ownerId), waiters, isRobust, isInconsistent }
  }

  #guard(): Guard {
    return new Guard(this, this.#core.isRobust && this.#core.isInconsistent)
  }

  #name(): string {
    const { handle } = this.region.memory
    return this.#options.name ?? (handle.kind === 'process' ? `${handle.name}+${this.region.offset}` : 'a lock')
  }
}
