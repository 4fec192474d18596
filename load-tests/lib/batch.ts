import type { BatchSummary, Results, WireError } from './messages.ts'

/** What came back for one task. */
export type TaskOutcome = { readonly value: unknown } | { readonly error: WireError; readonly attempts: number }

/** A batch that is over. */
export interface EndedBatch {
  /** By index; a hole is a task without an answer. */
  readonly outcomes: readonly (TaskOutcome | undefined)[]
  /** Answers for a task that had one already, or that does not exist. */
  readonly surplus: number
  readonly summary: BatchSummary
  /** The pool that it ran in, as `accepted` named it. */
  readonly poolSize: number
  readonly milliseconds: number
}

/** Puts the results of one batch together, in whatever order they come. */
export class BatchInProgress {
  readonly #outcomes: (TaskOutcome | undefined)[]
  #surplus = 0

  constructor(count: number) {
    this.#outcomes = Array.from({ length: count }, () => undefined)
  }

  /** Takes one message of results: `values` holds those that succeeded, in order, `failures` says which did not. */
  take({ from, count, values, failures = [] }: Results): void {
    const failed = new Map(failures.map((failure) => [failure.at, failure]))
    let next = 0
    for (let at = 0; at < count; at++) {
      const failure = failed.get(at)
      if (failure !== undefined) this.#put(from + at, { error: failure.error, attempts: failure.attempts })
      else if (next < values.length) this.#put(from + at, { value: values[next++] })
    }
    this.#surplus += values.length - next
  }

  end(summary: BatchSummary, poolSize: number, milliseconds: number): EndedBatch {
    return { outcomes: this.#outcomes, surplus: this.#surplus, summary, poolSize, milliseconds }
  }

  #put(index: number, outcome: TaskOutcome): void {
    if (index >= this.#outcomes.length || this.#outcomes[index] !== undefined) this.#surplus++
    else this.#outcomes[index] = outcome
  }
}

/** Whether every task answered exactly once, with what `expected` says for its index, and the summary agrees. */
export function isRight(batch: EndedBatch, expected: (index: number) => unknown): boolean {
  const { outcomes, surplus, summary } = batch
  if (surplus !== 0 || summary.outcome !== 'completed' || summary.completed !== outcomes.length || summary.failed + summary.cancelled !== 0)
    return false
  for (let index = 0; index < outcomes.length; index++) {
    const outcome = outcomes[index]
    if (outcome === undefined || !('value' in outcome) || outcome.value !== expected(index)) return false
  }
  return true
}

/** Whether every task failed exactly once, with an error of this class, and the summary agrees. */
export function hasFailed(batch: EndedBatch, errorName: string): boolean {
  const { outcomes, surplus, summary } = batch
  if (surplus !== 0 || summary.outcome !== 'failed' || summary.failed !== outcomes.length || summary.completed + summary.cancelled !== 0)
    return false
  return outcomes.every((outcome) => outcome !== undefined && 'error' in outcome && outcome.error.name === errorName)
}
