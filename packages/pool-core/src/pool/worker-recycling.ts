import { WorkerQuotas } from '../dispatch/index.ts'
import type { WorkerId } from '../scheduler/index.ts'
import type { WorkerFigures } from './statistics.ts'
import { WorkerMemory } from './worker-memory.ts'

/** Which workers are to be replaced when they hold nothing: they have run enough, or take too much memory. */
export class WorkerRecycling {
  readonly #quotas: WorkerQuotas
  readonly #memory: WorkerMemory
  /** Workers that have not ended and get nothing more. */
  readonly #spent = new Set<WorkerId>()
  readonly #recycled = { tasks: 0, memory: 0 }

  constructor({
    maxTasksPerWorker,
    memoryLimitMb,
  }: {
    readonly maxTasksPerWorker: number | undefined
    readonly memoryLimitMb: number | undefined
  }) {
    this.#quotas = new WorkerQuotas(maxTasksPerWorker)
    this.#memory = new WorkerMemory(memoryLimitMb)
  }

  /** So many of `count` tasks the worker is given; 0 where what it holds is all that it may run. */
  cut(worker: WorkerId, count: number): number {
    return this.#quotas.cut(worker, count)
  }

  /** The worker says how much memory it takes. */
  takes(worker: WorkerId, bytes: number): void {
    this.#memory.note(worker, bytes)
  }

  /** The worker ran `ran` of the `given` tasks. True: it is to be replaced. */
  isSpent(worker: WorkerId, given: number, ran: number): boolean {
    const isOverTasks = this.#quotas.spend(worker, given, ran)
    if (!isOverTasks && !this.#memory.isOver(worker)) return false
    if (!this.#spent.has(worker)) {
      this.#spent.add(worker)
      this.#recycled[isOverTasks ? 'tasks' : 'memory']++
    }
    return true
  }

  lost(worker: WorkerId): void {
    this.#quotas.lost(worker)
    this.#memory.lost(worker)
    this.#spent.delete(worker)
  }

  figures(): Pick<WorkerFigures, 'recycled' | 'memory'> {
    return { recycled: { ...this.#recycled }, memory: this.#memory.figures() }
  }
}
