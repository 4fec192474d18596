import type { Clock, Instant } from '@forkpool/pool-core/base'

/** The window after which the loop first polls. Growing from here it is at its limit after five hits. */
const FIRST_WINDOW_MS = 0.05

/**
 * Keeps the event loop turning for a moment after a small call, because the next frame of a quick exchange comes sooner than a sleeping
 * processor wakes: that takes 30 to 60 µs of each of the four ways of a call, on a virtual machine more.
 *
 * The window adapts as that of the Linux kernel's `haltpoll` governor does: a frame that came soon after the loop had gone to sleep doubles it, one that
 * came later than the limit closes it. So only calls that follow each other within the limit are waited for, and a program that calls now and then costs
 * nothing.
 */
export class LoopPoll {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #nextTurn: (run: () => void) => void
  #windowMs = 0
  #polling = false
  #lastAt: Instant

  /**
   * @param limitMs longest wait with the loop turning, milliseconds; 0: never.
   * @param nextTurn runs a function when the event loop has turned once, without letting it sleep.
   */
  constructor(clock: Clock, limitMs: number, nextTurn: (run: () => void) => void = setImmediate) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#nextTurn = nextTurn
    this.#lastAt = clock.now()
  }

  /** A frame of a small call came. */
  stir(): void {
    if (this.#limitMs === 0) return
    const now = this.#clock.now()
    const quietMs = now - this.#lastAt
    this.#lastAt = now
    if (this.#polling) return
    this.#windowMs = quietMs > this.#limitMs ? 0 : Math.min(this.#limitMs, Math.max(FIRST_WINDOW_MS, this.#windowMs * 2))
    if (this.#windowMs === 0) return
    this.#polling = true
    this.#nextTurn(this.#turn)
  }

  /** There is other work: the processors have better things to do than to wait. */
  rest(): void {
    this.#windowMs = 0
    this.#lastAt = Number.NEGATIVE_INFINITY as Instant
  }

  readonly #turn = (): void => {
    if (this.#clock.now() - this.#lastAt < this.#windowMs) this.#nextTurn(this.#turn)
    else this.#polling = false
  }
}
