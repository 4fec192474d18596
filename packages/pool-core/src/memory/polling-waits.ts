import { after } from '../base/clock.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import type { PendingWait, WaitOutcome } from './memory.ts'

/** The first pause between two looks of a blocked thread. About what a wake-up by the kernel costs, so that short waits stay short. */
const PAUSE_FIRST_MS = 0.05
/** The first pause of an event loop: timers are no finer. */
const PAUSE_FIRST_ASYNC_MS = 1
/** The longest pause: a wake-up is late by this much at most. 5 ms costs a waiter 200 looks a second, under 0.1 % of a core. */
const PAUSE_MAX_MS = 5
const PAUSE_GROWTH = 1.5

/** Something to sleep on that nobody ever notifies: `Atomics.wait` with a timeout is the one synchronous sleep there is. */
const pillow = new Int32Array(new SharedArrayBuffer(4))

/** Waiting for a word by looking again and again, in growing pauses. */
export class PollingWaits {
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  waitSync(words: Int32Array, word: number, expected: number, timeoutMs: number): WaitOutcome {
    const end = this.#clock.now() + timeoutMs
    let pauseMs = PAUSE_FIRST_MS
    for (;;) {
      if (Atomics.load(words, word) !== expected) return 'not-equal'
      const leftMs = end - this.#clock.now()
      if (leftMs <= 0) return 'timed-out'
      Atomics.wait(pillow, 0, 0, Math.min(pauseMs, leftMs))
      pauseMs = Math.min(pauseMs * PAUSE_GROWTH, PAUSE_MAX_MS)
    }
  }

  wait(words: Int32Array, word: number, expected: number, timeoutMs: number): PendingWait {
    const end = this.#clock.now() + timeoutMs
    let stop: Cancel = () => {}
    let settle: (outcome: WaitOutcome) => void = () => {}
    const settled = new Promise<WaitOutcome>((resolve) => {
      settle = resolve
    })
    let pauseMs = PAUSE_FIRST_ASYNC_MS
    const look = (): void => {
      if (Atomics.load(words, word) !== expected) return settle('not-equal')
      const leftMs = end - this.#clock.now()
      if (leftMs <= 0) return settle('timed-out')
      stop = this.#clock.schedule(after(this.#clock.now(), Math.min(pauseMs, leftMs)), look)
      pauseMs = Math.min(pauseMs * PAUSE_GROWTH, PAUSE_MAX_MS)
    }
    look()
    return {
      settled,
      cancel: () => {
        stop()
        settle('timed-out')
      },
    }
  }
}
