/** How long a wait lasts that has ended in sleep, beyond what was waited for: the bell and the waking up. Measured: 40 to 120 µs. */
const BELL_MS = 0.15

/** A longer wait counts as this many budgets: after one long pause two or three short waits are enough to be patient again. */
const WAIT_BUDGETS_MAX = 3

/** So many looks in vain count: then 512 waits are slept through before the next look. */
const VAIN_MAX = 9

/** Weight of the latest wait in the expectation. */
const LATEST = 0.25

/**
 * Whether to go on looking for the next frame or to sleep at once: to look is worth it where frames usually come within the budget. To be
 * woken costs both sides some 50 µs; to look for longer costs another process its core, and on a busy machine that other process may be
 * the very one that has to write the frame: then each look is in vain, and costs more than sleep. So each one in vain is followed by twice as many
 * waits without a look as the one before it.
 */
export class Patience {
  readonly #budgetMs: number
  /** How long the next frame is expected to take. */
  #expectedMs = 0
  /** Looks in vain, less half of them for each that found something. */
  #vain = 0
  /** Waits that are slept through before the next look. */
  #rest = 0

  /** @param budgetMs longest time to look; 0: never. */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs
  }

  /** Whether to begin to look. */
  get isWorthwhile(): boolean {
    return this.#budgetMs > 0 && this.#rest === 0 && this.#expectedMs <= this.#budgetMs
  }

  /** Whether who has looked for so long should sleep. */
  isOver(lookedMs: number): boolean {
    return lookedMs >= this.#budgetMs
  }

  /** It has looked until that was over, and sleeps. */
  gaveUp(): void {
    this.#rest = 2 ** this.#vain
    this.#vain = Math.min(this.#vain + 1, VAIN_MAX)
  }

  /** A frame came after so long; `slept`: somebody had to be woken for it. */
  ended(waitedMs: number, slept: boolean): void {
    if (!slept) this.#vain >>= 1
    else if (this.#rest > 0) this.#rest--
    const asked = slept ? Math.max(0, waitedMs - BELL_MS) : waitedMs
    this.#expectedMs += LATEST * (Math.min(asked, WAIT_BUDGETS_MAX * this.#budgetMs) - this.#expectedMs)
  }
}
