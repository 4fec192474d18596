import type { Brand } from './brand.ts'

/** Monotonic milliseconds, for durations and deadlines. Its zero has no meaning. */
export type Instant = Brand<number, 'Instant'>

/** Wall-clock milliseconds since 1970, for storage and display only. */
export type EpochMs = Brand<number, 'EpochMs'>

/** Undoes a `schedule`; calling it twice, or after the run, does nothing. */
export type Cancel = () => void

/**
 * The only source of time in the house: everything that waits or measures takes one, so that a test can own it.
 * Source: trio's `Clock`, TigerBeetle's `Time`.
 */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): Instant
  /** Milliseconds since 1970; may jump. */
  wallTime(): EpochMs
  /** Runs `run` once, at `at` or as soon after as the loop allows. An unreferenced timer does not keep the program alive. */
  schedule(at: Instant, run: () => void, options?: { readonly unref?: boolean | undefined }): Cancel
}

/** The longest delay that a platform timer takes; a longer one would fire at once. */
const TIMER_MAX_MS = 2_147_483_647

/** In Node not by `performance`: its first use loads all that measures programs there, 0.6 ms and 160 KB of every worker. */
const hrtime = (globalThis as { readonly process?: { readonly hrtime?: () => readonly [number, number] } }).process?.hrtime

function fromHrtime(): number {
  const [seconds, nanoseconds] = (hrtime as () => readonly [number, number])()
  return seconds * 1e3 + nanoseconds / 1e6
}

const monotonicMs: () => number = hrtime === undefined ? () => performance.now() : fromHrtime

/** The real clock: the system's monotonic one, `Date.now` and `setTimeout`. */
export const systemClock: Clock = {
  now: monotonicMs as () => Instant,
  wallTime: () => Date.now() as EpochMs,
  schedule(at, run, options) {
    let timer: ReturnType<typeof setTimeout>
    const arm = (): void => {
      const delayMs = at - monotonicMs()
      timer = setTimeout(delayMs > TIMER_MAX_MS ? arm : run, Math.min(Math.max(0, delayMs), TIMER_MAX_MS))
      if (options?.unref === true && typeof timer === 'object') timer.unref()
    }
    arm()
    return () => clearTimeout(timer)
  },
}

/** The instant `ms` milliseconds after `at`. */
export function after(at: Instant, ms: number): Instant {
  return (at + ms) as Instant
}
