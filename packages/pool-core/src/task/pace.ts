import type { Clock, Instant } from '../base/index.ts'

/** What the runner does after a look at the clock. */
export type Decision = 'go-on' | 'turn' | 'yield'

/** How long tasks may run before the clock is read again. */
const LOOK_EVERY_MS = 0.25

/**
 * Most tasks between two looks, however short they are. A look costs about 40 ns, so a square bears 1 ns of it; and where tasks grow
 * suddenly, as the primes below ever larger numbers do, no more than so many run before it is noticed.
 */
const LOOK_EVERY_TASKS = 32

/** How long a shard may keep the event loop to itself: an `abort` is read after so long, and its tasks' own timers run. */
const TURN_EVERY_MS = 50

/** Decides when a running shard reads the clock, lets the event loop turn, and yields: seldom for short tasks, after each for long ones. */
export class Pace {
  readonly #clock: Clock
  readonly #yieldAt: number
  /** Tasks until the next look, at the cost measured by the last one. */
  #every = 1
  #lookedAt: Instant
  #turnAt: number
  /** Look when this task is about to run. Never at the first: a shard runs one task at least. */
  next = 1

  constructor(clock: Clock, startedAt: Instant, yieldAfterMs: number | undefined) {
    this.#clock = clock
    this.#yieldAt = startedAt + (yieldAfterMs ?? Infinity)
    this.#lookedAt = startedAt
    this.#turnAt = startedAt + TURN_EVERY_MS
  }

  /** Reads the clock before task number `at`, and sets `next`. */
  look(at: number): Decision {
    const now = this.#clock.now()
    if (now >= this.#yieldAt) return 'yield'
    const taskMs = (now - this.#lookedAt) / this.#every
    const affordable = taskMs > 0 ? Math.floor(LOOK_EVERY_MS / taskMs) : LOOK_EVERY_TASKS
    // No more than doubled at a time: a few short tasks at the start say little about the next.
    this.#every = Math.max(1, Math.min(affordable, this.#every * 2, LOOK_EVERY_TASKS))
    this.#lookedAt = now
    this.next = at + this.#every
    return now >= this.#turnAt ? 'turn' : 'go-on'
  }

  /** The event loop has turned, or is about to: a task before task number `at` was awaited. */
  turned(at: number): void {
    this.#lookedAt = this.#clock.now()
    this.#turnAt = this.#lookedAt + TURN_EVERY_MS
    // What was awaited took time that the next tasks may take as well.
    this.#every = 1
    this.next = at
  }
}
