import type { Cancel, Clock, Instant } from '@forkpool/pool-core/base'
import { after } from '@forkpool/pool-core/base'

/** Looked for so often within the time that a worker may stand still, and no more seldom than this. */
const LOOKS = 4
const LOOK_EVERY_MAX_MS = 2_000

export interface StoppedWorkersParts {
  readonly clock: Clock
  readonly pids: () => Iterable<number>
  /** Whether a process is stopped by a signal now; rejects where that cannot be told. */
  readonly isStopped: (pid: number) => Promise<boolean>
  /** A worker may stand still for less than this, milliseconds; 0: for ever. */
  readonly limitMs: number
  /** It stood still for so long. */
  readonly onLimit: (pid: number) => void
}

/**
 * Finds workers that somebody has stopped (SIGSTOP, a debugger that was left) and not continued. Such a worker is not busy, and its link is as good as
 * ever: nothing else would tell it from one that computes for long.
 */
export class StoppedWorkers {
  readonly #parts: StoppedWorkersParts
  readonly #intervalMs: number
  /** Since when a worker has been seen to stand still at every look. */
  #since = new Map<number, Instant>()
  #cancel: Cancel | undefined
  #isOver = false

  constructor(parts: StoppedWorkersParts) {
    this.#parts = parts
    this.#intervalMs = Math.min(LOOK_EVERY_MAX_MS, parts.limitMs / LOOKS)
  }

  start(): void {
    if (this.#parts.limitMs > 0) this.#schedule()
  }

  stop(): void {
    this.#isOver = true
    this.#cancel?.()
  }

  async #look(): Promise<void> {
    const { clock, pids, isStopped, limitMs, onLimit } = this.#parts
    const since = new Map<number, Instant>()
    for (const pid of pids()) {
      if (!(await isStopped(pid).catch(() => false))) continue
      const first = this.#since.get(pid) ?? clock.now()
      since.set(pid, first)
      if (clock.now() - first >= limitMs && !this.#isOver) onLimit(pid)
    }
    this.#since = since
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isOver) return
    const { clock } = this.#parts
    this.#cancel = clock.schedule(after(clock.now(), this.#intervalMs), () => void this.#look(), { unref: true })
  }
}
