import type { Clock, Instant } from '@forkpool/pool-core/base'

/** Frames are counted in windows of this length. */
const WINDOW_MS = 100

/**
 * Counts the frames of one connection against a rate. It looks at the clock only when a window's worth of frames has come, so a frame costs
 * an addition; over short times twice the rate may pass.
 */
export class FrameMeter {
  readonly #clock: Clock
  readonly #perWindow: number
  #count = 0
  #windowFrom: Instant

  constructor(clock: Clock, perSecondMax: number) {
    this.#clock = clock
    this.#perWindow = Math.max(1, Math.ceil((perSecondMax * WINDOW_MS) / 1000))
    this.#windowFrom = clock.now()
  }

  /** Counts a frame. Returns how many milliseconds nothing more should be read, 0 as long as the rate is kept. */
  count(): number {
    if (++this.#count < this.#perWindow) return 0
    const now = this.#clock.now()
    const left = WINDOW_MS - (now - this.#windowFrom)
    this.#count = 0
    this.#windowFrom = (left > 0 ? now + left : now) as Instant
    return Math.max(0, left)
  }
}
