import { DurationHistogram } from './duration-histogram.ts'
import type { PoolDurations, TaskFigures } from './statistics.ts'

interface TaskRuns {
  ran: number
  failed: number
  retried: number
  timedOut: number
  runMs: number
  readonly durations: DurationHistogram
}

/** What one answer of a worker came to. */
export interface ShardFigures {
  readonly task: string
  readonly attempt: number
  /** Tasks that ran, and how many of them failed. */
  readonly ran: number
  readonly failed: number
  /** Time in the worker for all of them, milliseconds. */
  readonly runMs: number
  /** From the arrival of the tasks in the pool until a worker was given them, milliseconds. */
  readonly waitedMs: number
  /** From then until its answer, milliseconds. */
  readonly roundTripMs: number
}

/** Counts what runs came to: once for each shard, never for each task. */
export class RunFigures {
  readonly #byTask = new Map<string, TaskRuns>()
  readonly #queueWait = new DurationHistogram()
  readonly #run = new DurationHistogram()
  readonly #roundTrip = new DurationHistogram()

  answered({ task, attempt, ran, failed, runMs, waitedMs, roundTripMs }: ShardFigures): void {
    if (ran === 0) return
    const runs = this.#of(task)
    runs.ran += ran
    runs.failed += failed
    runs.runMs += runMs
    // The worker measures a shard, not a task: each counts with the mean.
    runs.durations.record(runMs / ran, ran)
    this.#run.record(runMs / ran, ran)
    this.#roundTrip.record(roundTripMs)
    if (attempt === 1) this.#queueWait.record(waitedMs, ran)
    else runs.retried += ran
  }

  /** A task ran for longer than it may, whether or not it left when asked; its run is counted besides. */
  timedOut(task: string): void {
    this.#of(task).timedOut++
  }

  durations(): PoolDurations {
    return { queueWait: this.#queueWait.figures(), run: this.#run.figures(), roundTrip: this.#roundTrip.figures() }
  }

  byTask(): Readonly<Record<string, TaskFigures>> {
    return Object.fromEntries(
      Array.from(this.#byTask, ([task, { durations, ...counts }]): [string, TaskFigures] => [
        task,
        { ...counts, run: durations.figures() },
      ]),
    )
  }

  #of(task: string): TaskRuns {
    let runs = this.#byTask.get(task)
    if (runs === undefined) {
      runs = { ran: 0, failed: 0, retried: 0, timedOut: 0, runMs: 0, durations: new DurationHistogram() }
      this.#byTask.set(task, runs)
    }
    return runs
  }
}
