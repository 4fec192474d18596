import type { Clock } from '../base/clock.ts'
import { ForkpoolError } from '../base/errors.ts'
import { checkOpen } from '../memory/check-open.ts'
import { breakUp, enter, leave, open, packState, PARTIES_MAX, reset, unpackState } from './barrier-state.ts'
import type { BarrierState } from './barrier-state.ts'
import { attachRegion, placeRegion, SharedObject } from './region.ts'
import type { Handle, PlaceOptions, Region } from './region.ts'
import { checkInteger, timeoutOf } from './timeout.ts'
import type { SyncWaitOptions, WaitOptions } from './timeout.ts'
import { WAIT_POINT_WORDS, WaitPoint } from './waiting.ts'

const PARTIES = 0
const STATE = 1
const POINT = 2

/** What the last one to arrive does before all go on. */
export type BarrierAction = () => void | Promise<void>

/** What each holder of a barrier brings himself. */
export interface BarrierHolderOptions {
  /** Run by the last one to arrive, with its own function: functions do not travel. An async one needs `wait`, not `waitSync`. */
  readonly action?: BarrierAction | undefined
  /** For waits that name none. Default: for ever. */
  readonly timeoutMs?: number | undefined
  readonly clock?: Clock | undefined
}

/** How to make a barrier. */
export interface BarrierOptions extends PlaceOptions, BarrierHolderOptions {
  /** How many must come: 1 to 1,048,575. */
  readonly parties: number
}

export interface BarrierHandle extends Handle<'barrier'> {}

/** A barrier, looked at. */
export interface BarrierStatistics {
  readonly parties: number
  readonly waiting: number
  readonly isBroken: boolean
}

/**
 * A place where each waits until all have come; then all go on, and it can be used again. A wait that times out or is aborted, an
 * `abort()`, or an action that throws breaks it for all who wait and who come: they get BARRIER_BROKEN, until `reset()`. The transitions
 * are in `barrier-state.ts`; each is one compare-exchange, so a process that dies leaves no lock behind. Source: `threading.Barrier`.
 */
export class Barrier extends SharedObject {
  readonly parties: number
  readonly #words: Int32Array
  readonly #state: number
  readonly #point: WaitPoint
  readonly #options: BarrierHolderOptions

  constructor(options: BarrierOptions, region?: Region) {
    checkInteger('parties', options.parties, 1, PARTIES_MAX)
    super(region ?? placeRegion(options, 4 * (POINT + WAIT_POINT_WORDS)))
    const { memory, base } = this.region
    this.#options = options
    this.parties = options.parties
    this.#words = memory.words
    this.#state = base + STATE
    this.#point = new WaitPoint(memory, base + POINT, { order: 'all', clock: options.clock })
    if (region === undefined) Atomics.store(this.#words, base + PARTIES, options.parties)
  }

  /** The same barrier, in another thread or process, with an action of its own. */
  static attach(handle: BarrierHandle, options: BarrierHolderOptions = {}): Barrier {
    const region = attachRegion(handle, 'barrier')
    return new Barrier({ ...options, parties: Atomics.load(region.memory.words, region.base + PARTIES) }, region)
  }

  get handle(): BarrierHandle {
    return { forkpool: 'barrier', memory: this.region.memory.handle, offset: this.region.offset }
  }

  /** How many wait just now for the others. */
  get waiting(): number {
    const { phase, count } = this.#read()
    return phase === 'filling' || phase === 'acting' ? count : 0
  }

  get isBroken(): boolean {
    return this.#read().phase === 'broken'
  }

  /**
   * Waits until all have come. @returns the order of arrival, 0 to `parties - 1`: each party gets another.
   * @throws ForkpoolError BARRIER_BROKEN. Rejects with `signal.reason`, and the barrier is broken then; with what this holder's own action threw.
   */
  async wait(options?: WaitOptions): Promise<number> {
    const timeoutMs = this.#timeout(options)
    const signal = options?.signal
    signal?.throwIfAborted()
    const arrival = this.#arrival()
    if (!arrival.attempt()) await this.#point.block(arrival.attempt, Infinity, signal)
    const index = arrival.index()
    if (index === this.parties - 1) return this.#act(index)
    const passed = this.#passage()
    try {
      if (passed() || (await this.#point.block(passed, timeoutMs, signal))) return index
    } catch (error) {
      if (signal?.aborted === true && error === signal.reason) return this.#abandon(index, error)
      throw error
    }
    return this.#giveUp(index)
  }

  /** The same, blocking this thread. */
  waitSync(options?: SyncWaitOptions): number {
    const timeoutMs = this.#timeout(options)
    const arrival = this.#arrival()
    if (!arrival.attempt()) this.#point.blockSync(arrival.attempt, Infinity)
    const index = arrival.index()
    if (index === this.parties - 1) return this.#actSync(index)
    const passed = this.#passage()
    return passed() || this.#point.blockSync(passed, timeoutMs) ? index : this.#giveUp(index)
  }

  /** Breaks the barrier: who waits, and who comes, gets BARRIER_BROKEN. */
  abort(): void {
    this.#change((state) => breakUp(state, 'abort'))
  }

  /** Makes the barrier as new. Who waits gets BARRIER_BROKEN. */
  reset(): void {
    this.#change(reset)
  }

  statistics(): BarrierStatistics {
    return { parties: this.parties, waiting: this.waiting, isBroken: this.isBroken }
  }

  #timeout(options: SyncWaitOptions | undefined): number {
    return timeoutOf({ timeoutMs: options?.timeoutMs ?? this.#options.timeoutMs })
  }

  /** Coming in: waits, without limit, for those of the last round to go out, which they do by themselves. */
  #arrival(): { readonly attempt: () => boolean; readonly index: () => number } {
    let index = -1
    const attempt = (): boolean => {
      checkOpen(this.region.memory)
      for (;;) {
        const word = Atomics.load(this.#words, this.#state)
        const state = unpackState(word)
        if (state.phase === 'broken') throw new ForkpoolError('BARRIER_BROKEN')
        const next = enter(state, this.parties)
        if (next === undefined) return false
        if (Atomics.compareExchange(this.#words, this.#state, word, packState(next)) !== word) continue
        index = state.count
        return true
      }
    }
    return { attempt, index: () => index }
  }

  /** Waiting inside, and going out. */
  #passage(): () => boolean {
    return () => {
      const { phase } = this.#read()
      if (phase === 'filling' || phase === 'acting') return false
      this.#change(leave)
      if (phase !== 'draining') throw new ForkpoolError('BARRIER_BROKEN')
      return true
    }
  }

  async #act(index: number): Promise<number> {
    try {
      await this.#options.action?.()
    } catch (error) {
      this.#failAction()
      throw error
    }
    return this.#finish(index)
  }

  #actSync(index: number): number {
    try {
      const result = this.#options.action?.()
      if (result instanceof Promise) throw new TypeError('action: an asynchronous action needs wait(), not waitSync()')
    } catch (error) {
      this.#failAction()
      throw error
    }
    return this.#finish(index)
  }

  #failAction(): void {
    this.#change((state) => leave(breakUp(state, 'abort')))
  }

  #finish(index: number): number {
    const { phase } = this.#change((state) => leave(open(state)))
    if (phase !== 'acting') throw new ForkpoolError('BARRIER_BROKEN')
    return index
  }

  /** The time is over, or the wait was aborted: it breaks for all, unless all had come by then. */
  #giveUp(index: number): number {
    const before = this.#change((state) => leave(breakUp(state, 'timeout')))
    if (before.phase === 'draining') return index
    throw new ForkpoolError('BARRIER_BROKEN', before.phase === 'filling' ? 'The barrier is broken: this wait was given up.' : undefined)
  }

  /** As `giveUp`, with the reason of the caller's own signal. */
  #abandon(index: number, reason: unknown): number {
    try {
      return this.#giveUp(index)
    } catch {
      throw reason
    }
  }

  #read(): BarrierState {
    checkOpen(this.region.memory)
    return unpackState(Atomics.load(this.#words, this.#state))
  }

  /** One transition, whatever others do meanwhile, and a wake-up for all. @returns the state before it. */
  #change(next: (state: BarrierState) => BarrierState): BarrierState {
    checkOpen(this.region.memory)
    for (;;) {
      const word = Atomics.load(this.#words, this.#state)
      const before = unpackState(word)
      if (Atomics.compareExchange(this.#words, this.#state, word, packState(next(before))) !== word) continue
      this.#point.wake(Infinity)
      return before
    }
  }
}
