import type { SchedulerEvent } from '../scheduler/index.ts'

interface Pending<Ran> {
  readonly event: SchedulerEvent
  readonly ran: Ran | undefined
}

/**
 * Steps events one after the other: one that comes up while another is carried out waits, so that no command is carried out in the middle
 * of another step. `Ran` is what a worker gave along with its event.
 */
export class StepQueue<Ran> {
  readonly #step: (event: SchedulerEvent, ran: Ran | undefined) => void
  #pending: Pending<Ran>[] = []
  #stepping = false

  constructor(step: (event: SchedulerEvent, ran: Ran | undefined) => void) {
    this.#step = step
  }

  /** Steps the event and all that come up meanwhile, or leaves it to the call that is at it. */
  feed(event: SchedulerEvent, ran?: Ran): void {
    if (this.#stepping) {
      this.#pending.push({ event, ran })
      return
    }
    this.#stepping = true
    try {
      this.#step(event, ran)
      while (this.#pending.length > 0) {
        const pending = this.#pending
        this.#pending = []
        for (const next of pending) this.#step(next.event, next.ran)
      }
    } finally {
      this.#stepping = false
    }
  }
}
