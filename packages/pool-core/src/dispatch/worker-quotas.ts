import type { WorkerId } from '../scheduler/index.ts'

interface Quota {
  ran: number
  /** Given to the worker, and not answered for. */
  given: number
}

/** How many tasks each worker may still run. Without a limit it counts nothing. */
export class WorkerQuotas {
  readonly #tasksPerWorker: number | undefined
  readonly #quotas = new Map<WorkerId, Quota>()

  constructor(tasksPerWorker: number | undefined) {
    this.#tasksPerWorker = tasksPerWorker
  }

  /** So many of `count` tasks the worker is given; 0 where what it holds is all that it may run. What is left of a shard goes back to its batch. */
  cut(worker: WorkerId, count: number): number {
    if (this.#tasksPerWorker === undefined) return count
    const quota = this.#of(worker)
    const cut = Math.min(count, Math.max(0, this.#tasksPerWorker - quota.ran - quota.given))
    quota.given += cut
    return cut
  }

  /** The worker ran `ran` of the `given`. True: it has run as many as it may. */
  spend(worker: WorkerId, given: number, ran: number): boolean {
    if (this.#tasksPerWorker === undefined) return false
    const quota = this.#of(worker)
    quota.given -= given
    quota.ran += ran
    return quota.ran >= this.#tasksPerWorker
  }

  lost(worker: WorkerId): void {
    this.#quotas.delete(worker)
  }

  #of(worker: WorkerId): Quota {
    const known = this.#quotas.get(worker)
    if (known !== undefined) return known
    const quota = { ran: 0, given: 0 }
    this.#quotas.set(worker, quota)
    return quota
  }
}
