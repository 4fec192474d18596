import type { WorkerId } from '../scheduler/index.ts'

/** How many tasks each worker may still run. Without a limit it counts nothing. */
export class WorkerQuotas {
  readonly #tasksPerWorker: number | undefined
  readonly #ran = new Map<WorkerId, number>()

  constructor(tasksPerWorker: number | undefined) {
    this.#tasksPerWorker = tasksPerWorker
  }

  /** So many of `count` tasks the worker may be given, 1 or more. What is left of a shard goes back to its batch. */
  cut(worker: WorkerId, count: number): number {
    return this.#tasksPerWorker === undefined ? count : Math.min(count, this.#tasksPerWorker - (this.#ran.get(worker) ?? 0))
  }

  /** The worker ran `count` more. True: it has run as many as it may. */
  spend(worker: WorkerId, count: number): boolean {
    if (this.#tasksPerWorker === undefined) return false
    const ran = (this.#ran.get(worker) ?? 0) + count
    this.#ran.set(worker, ran)
    return ran >= this.#tasksPerWorker
  }

  lost(worker: WorkerId): void {
    this.#ran.delete(worker)
  }
}
