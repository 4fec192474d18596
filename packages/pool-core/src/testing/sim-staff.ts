import type { SchedulerCommand, WorkerId } from '../scheduler/index.ts'

/** Who is there, and how many starts in a row were of no use, from what goes in and out of the scheduler. */
export class SimStaff {
  readonly #failedStartsMax: number
  readonly #present = new Set<WorkerId>()
  readonly #gone = new Set<WorkerId>()
  readonly #proven = new Set<WorkerId>()
  #failedStarts = 0

  constructor(failedStartsMax: number) {
    this.#failedStartsMax = failedStartsMax
  }

  online(worker: WorkerId): void {
    this.#present.add(worker)
  }

  answered(worker: WorkerId): void {
    this.#proven.add(worker)
    this.#failedStarts = 0
  }

  lost(worker: WorkerId): void {
    if (this.#gone.has(worker)) return
    this.#gone.add(worker)
    this.#present.delete(worker)
    if (!this.#proven.has(worker)) this.#failedStarts++
  }

  stepped(commands: readonly SchedulerCommand[]): void {
    for (const command of commands) {
      if (command.kind === 'stop-worker' || command.kind === 'kill-worker') {
        this.#present.delete(command.worker)
        this.#proven.add(command.worker)
        // Its end is no failed start.
      }
    }
  }

  /** No worker is there, and too many in a row did not start. */
  isHopeless(): boolean {
    return this.#failedStarts >= this.#failedStartsMax && this.#present.size === 0
  }
}
