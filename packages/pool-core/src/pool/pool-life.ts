import type { Clock } from '../base/index.ts'
import { deferred, ForkpoolError } from '../base/index.ts'
import type { PoolState } from './pool-state.ts'
import { SpaceQueue } from './space-queue.ts'
import { Vigil } from './vigil.ts'

/** The life of a pool, and of those who wait for it: which calls it takes, and what keeps the program alive for it. */
export class PoolLife {
  readonly #queueLimit: number
  #state: PoolState = 'running'
  /** No worker can be set up: why. */
  #broken: ForkpoolError | undefined
  #openCalls = 0
  readonly #closed = deferred<void>()
  /** Held while a call is open, and while the pool ends. */
  readonly #vigil = new Vigil()
  readonly #space: SpaceQueue

  /** @param queueLimit calls that may be open at once. */
  constructor(queueLimit: number, clock: Clock) {
    this.#queueLimit = queueLimit
    this.#space = new SpaceQueue(clock, () => queueLimit - this.#openCalls)
  }

  get state(): PoolState {
    return this.#state
  }

  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  /** Whether workers are still of use. */
  get needsWorkers(): boolean {
    return !this.isBroken && (this.#state === 'running' || this.#state === 'draining')
  }

  /** Resolves when the pool is closed. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** Why no further call is taken now; undefined where one is. One that `follows` is part of one that was. */
  refusal(follows: boolean): ForkpoolError | undefined {
    if (this.#state !== 'running' && !(follows && this.#state === 'draining')) return closedError()
    if (this.#broken !== undefined) return copyOf(this.#broken)
    if (follows || this.#openCalls < this.#queueLimit) return undefined
    return new ForkpoolError('LIMIT_EXCEEDED', `${this.#openCalls} calls are open, and queueLimit allows no more: wait for space()`)
  }

  callOpened(): void {
    if (this.#openCalls === 0) this.#vigil.hold()
    this.#openCalls++
    this.#space.taken()
  }

  callEnded(): void {
    this.#openCalls--
    this.#space.freed()
    this.#letGoIfDone()
  }

  /** Resolves when a further call may be opened. Rejects with `POOL_CLOSED` when none ever will be, and with the signal's reason. */
  space(signal: AbortSignal | undefined): Promise<void> {
    return this.#state === 'running' ? this.#space.wait(signal) : Promise.reject(closedError())
  }

  /** No worker can be set up. The error that every call gets, those to come too; undefined where it is known already. */
  break(error: ForkpoolError): (() => ForkpoolError) | undefined {
    if (this.#broken !== undefined) return undefined
    this.#broken = error
    return () => copyOf(error)
  }

  /** running → draining. False: it is past that. */
  drain(): boolean {
    if (this.#state !== 'running') return false
    this.#end('draining')
    return true
  }

  /** → stopping. False: it is closed. */
  stop(): boolean {
    if (this.#state === 'closed') return false
    this.#end('stopping')
    return true
  }

  /** stopping → closed: no worker is left, and no call. */
  close(): void {
    this.#state = 'closed'
    this.#openCalls = 0
    this.#closed.resolve()
    this.#letGoIfDone()
  }

  #end(state: PoolState): void {
    this.#state = state
    this.#vigil.hold()
    this.#space.rejectAll(() => closedError())
  }

  #letGoIfDone(): void {
    if (this.#openCalls > 0 || this.#state === 'draining' || this.#state === 'stopping') return
    this.#vigil.letGo()
  }
}

export function closedError(message = 'the pool is closed and takes no further call'): ForkpoolError {
  return new ForkpoolError('POOL_CLOSED', message)
}

/** One error object for each: a caller may add to its own. */
function copyOf(error: ForkpoolError): ForkpoolError {
  return new ForkpoolError(error.code, error.message, { cause: error.cause })
}
