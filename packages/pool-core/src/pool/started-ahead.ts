import type { StartedWorker, WorkerBackend, WorkerSetup } from './worker-backend.ts'

/**
 * A backend whose first workers are started before anybody asks for them: they boot while this program loads what speaks with them. They are handed out in order
 * to who starts workers of the same setup, under the names `w1`, `w2`, and so on.
 */
export class StartedAhead implements WorkerBackend {
  readonly kind: WorkerBackend['kind']
  readonly #backend: WorkerBackend
  readonly #started = new Map<string, StartedWorker>()

  constructor(backend: WorkerBackend) {
    this.kind = backend.kind
    this.#backend = backend
  }

  /** Where the system refuses one, who asks for it hears of that. */
  startAhead(setup: Omit<WorkerSetup, 'workerId'>, count: number): void {
    try {
      for (let i = 1; i <= count; i++) {
        const workerId = `w${i}`
        this.#started.set(workerId, this.#backend.start({ ...setup, workerId }))
      }
    } catch {
      // Asked for, it is refused again.
    }
  }

  start(setup: WorkerSetup): StartedWorker {
    const started = this.#started.get(setup.workerId)
    this.#started.delete(setup.workerId)
    return started ?? this.#backend.start(setup)
  }
}
