import { BinaryHeap } from '../base/binary-heap.ts'
import { after } from '../base/clock.ts'
import type { Cancel, Clock, EpochMs, Instant } from '../base/clock.ts'

interface Timer {
  readonly at: Instant
  /** Equal times run in the order in which they were asked for. */
  readonly sequence: number
  readonly run: () => void
  cancelled: boolean
}

export interface FakeClockOptions {
  /** What `now()` says at first. Default 0. */
  readonly now?: number | undefined
  /** What `wallTime()` says at first. Default: the first second of 2026. */
  readonly wallTime?: number | undefined
}

const WALL_TIME_DEFAULT = Date.UTC(2026, 0, 1)

/**
 * A clock that stands still until the test moves it, and then runs what was scheduled, in order of time, on the spot. The wall clock goes
 * along and can be made to jump. Source: trio's `MockClock`.
 */
export class FakeClock implements Clock {
  readonly #timers = new BinaryHeap<Timer>((a, b) => a.at < b.at || (a.at === b.at && a.sequence < b.sequence))
  #now: Instant
  #wallOffsetMs: number
  #sequence = 0
  /** Timers that neither ran nor were cancelled. */
  #pending = 0

  constructor(options: FakeClockOptions = {}) {
    this.#now = (options.now ?? 0) as Instant
    this.#wallOffsetMs = (options.wallTime ?? WALL_TIME_DEFAULT) - this.#now
  }

  now(): Instant {
    return this.#now
  }

  wallTime(): EpochMs {
    return (this.#now + this.#wallOffsetMs) as EpochMs
  }

  /** Makes the wall clock jump by `ms`, forwards or back; `now()` does not notice, as with a real clock. */
  jumpWallTime(ms: number): void {
    this.#wallOffsetMs += ms
  }

  schedule(at: Instant, run: () => void): Cancel {
    const timer: Timer = { at, sequence: this.#sequence++, run, cancelled: false }
    this.#timers.push(timer)
    this.#pending++
    return () => {
      if (timer.cancelled) return
      timer.cancelled = true
      this.#pending--
    }
  }

  /** Timers that are still to run. */
  get pending(): number {
    return this.#pending
  }

  /** When the next timer runs; undefined when there is none. */
  nextAt(): Instant | undefined {
    for (let head = this.#timers.peek(); head !== undefined; head = this.#timers.peek()) {
      if (!head.cancelled) return head.at
      this.#timers.pop()
    }
    return undefined
  }

  /** Moves to the next timer and runs it. False when there is none. */
  runNext(): boolean {
    if (this.nextAt() === undefined) return false
    const timer = this.#timers.pop() as Timer
    if (timer.at > this.#now) this.#now = timer.at
    // From here on it has run, so cancelling it changes nothing.
    timer.cancelled = true
    this.#pending--
    timer.run()
    return true
  }

  /** Moves by `ms`, running all that falls due on the way, also what is scheduled on the way. */
  advance(ms: number): void {
    this.advanceTo(after(this.#now, ms))
  }

  /** Moves to `at`, as `advance` does; does nothing if `at` is past. */
  advanceTo(at: Instant): void {
    for (let next = this.nextAt(); next !== undefined && next <= at; next = this.nextAt()) this.runNext()
    if (at > this.#now) this.#now = at
  }
}
