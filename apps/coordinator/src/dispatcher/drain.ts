import { deferred } from '@forkpool/pool-core/base'
import type { BatchRun } from './batch-run.ts'

/** The way from "no further batch is taken" to "none is open". */
export class Drain {
  readonly #runs: ReadonlyMap<unknown, BatchRun>
  readonly #tellScheduler: () => void
  readonly #done = deferred<void>()
  #phase: 'no' | 'asked' | 'told' = 'no'

  /** @param runs the open batches. @param tellScheduler after it the scheduler takes no batch. */
  constructor(runs: ReadonlyMap<unknown, BatchRun>, tellScheduler: () => void) {
    this.#runs = runs
    this.#tellScheduler = tellScheduler
  }

  get isAsked(): boolean {
    return this.#phase !== 'no'
  }

  /** Resolves when no batch is open. */
  ask(): Promise<void> {
    if (this.#phase === 'no') this.#phase = 'asked'
    this.look()
    return this.#done.promise
  }

  /** A batch that was taken and is still being recorded runs on with the others: the scheduler hears of it first. */
  look(): void {
    if (this.#phase !== 'asked') return
    for (const run of this.#runs.values()) if (!run.scheduled) return
    this.#phase = 'told'
    this.#tellScheduler()
  }

  /** The scheduler has no batch any more. */
  done(): void {
    this.#done.resolve()
  }
}
