/** How long a wait lasts that has ended in sleep, beyond what was waited for: the bell and the waking up. Measured: 40 to 120 µs. */
const BELL_MS = 0.15

/** A longer wait counts as this many budgets: after one long pause two or three short waits are enough to be patient again. */
const WAIT_BUDGETS_MAX = 3

/** Weight of the latest wait in the expectation. */
const LATEST = 0.25

/**
 * Whether to go on looking for the next frame or to sleep at once: to look is worth it where frames usually come within the budget. To be
 * woken costs both sides some 50 µs; to look for longer costs another process its core.
 */
export class Patience {
  readonly #budgetMs: number
  /** How long the next frame is expected to take. */
  #expectedMs = 0

  /** @param budgetMs longest time to look; 0: never. */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs
  }

  /** Whether to begin to look. */
  get isWorthwhile(): boolean {
    return this.#budgetMs > 0 && this.#expectedMs <= this.#budgetMs
  }

  /** Whether who has looked for so long should sleep. */
  isOver(lookedMs: number): boolean {
    return lookedMs >= this.#budgetMs
  }

  /** A frame came after so long; `slept`: somebody had to be woken for it. */
  ended(waitedMs: number, slept: boolean): void {
    const asked = slept ? Math.max(0, waitedMs - BELL_MS) : waitedMs
    this.#expectedMs += LATEST * (Math.min(asked, WAIT_BUDGETS_MAX * this.#budgetMs) - this.#expectedMs)
  }
}
