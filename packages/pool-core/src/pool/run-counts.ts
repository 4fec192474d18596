import type { TaskFigures } from './statistics.ts'

/** Counts what the runs of each task came to. */
export class RunCounts {
  readonly #byTask = new Map<string, { ran: number; failed: number; runMs: number }>()

  count(task: string, ran: number, failed: number, runMs: number): void {
    let figures = this.#byTask.get(task)
    if (figures === undefined) this.#byTask.set(task, (figures = { ran: 0, failed: 0, runMs: 0 }))
    figures.ran += ran
    figures.failed += failed
    figures.runMs += runMs
  }

  figures(): Readonly<Record<string, TaskFigures>> {
    return Object.fromEntries(Array.from(this.#byTask, ([task, figures]): [string, TaskFigures] => [task, { ...figures }]))
  }
}
