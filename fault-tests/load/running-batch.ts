import type { ClusterPool } from '@forkpool/client'
import type * as tasks from '../inside/tasks.ts'

export type Pool = ClusterPool<typeof tasks>

/** What a task of a batch must come to: its result, or the code of the error with which it fails. */
export type Expected = { readonly value: unknown } | { readonly code: string }

/** What a batch came to, seen from its client. Source of the terms: `jepsen.checker/total-queue`. */
export interface BatchReport {
  readonly name: string
  /** The coordinator's identifier; undefined: it never said that it had the batch. */
  readonly id: string | undefined
  readonly attempted: number
  /** Tasks with the outcome that they must have. */
  readonly right: number
  /** Tasks without an outcome. */
  readonly lost: number
  /** Outcomes that are wrong, a sentence each. */
  readonly unexpected: readonly string[]
  /** The code with which all of it, or the rest of it, was refused or given up. */
  readonly givenUp: string | undefined
  readonly isSettled: boolean
}

type Outcome = PromiseSettledResult<unknown>

/** Tells of a few wrong outcomes: the rest is alike. */
const TOLD_MAX = 3
const VALUE_TOLD = 40

/** A batch on its way, and what comes of it. */
export class RunningBatch {
  readonly name: string
  readonly expected: readonly Expected[]
  /** Resolves when its call has settled, however. */
  readonly settled: Promise<void>
  id: string | undefined
  /** Tasks that have ended. */
  done = 0
  readonly #outcomes: (Outcome | undefined)[]
  #error: unknown
  #isSettled = false

  /** @param run makes the call, and gives each outcome to the batch. */
  constructor(name: string, expected: readonly Expected[], run: (batch: RunningBatch) => Promise<void>) {
    this.name = name
    this.expected = expected
    this.#outcomes = new Array<Outcome | undefined>(expected.length)
    this.settled = run(this)
      .catch((error: unknown) => {
        this.#error = error
      })
      .then(() => {
        this.#isSettled = true
      })
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** The part of its tasks that has ended, 0 to 1. */
  get progress(): number {
    return this.#isSettled ? 1 : this.done / this.expected.length
  }

  put(index: number, outcome: Outcome): void {
    this.#outcomes[index] = outcome
  }

  /** @param excuses codes with which the batch may be refused or given up, for what was done to it. */
  report(excuses: ReadonlySet<string>): BatchReport {
    const { name, id, expected } = this
    let right = 0
    let lost = 0
    let givenUp = this.#error === undefined ? undefined : codeOf(this.#error)
    const unexpected: string[] = []
    for (const [index, wanted] of expected.entries()) {
      const outcome = this.#outcomes[index]
      const code = outcome?.status === 'rejected' ? codeOf(outcome.reason) : undefined
      if (outcome !== undefined && isRight(outcome, wanted)) right++
      else if (code !== undefined && excuses.has(code)) givenUp ??= code
      else if (outcome !== undefined)
        unexpected.push(`task ${index} gave ${tell(outcome)}, not ${JSON.stringify(wanted).slice(0, VALUE_TOLD)}`)
      else if (givenUp === undefined || !excuses.has(givenUp)) lost++
    }
    if (this.#outcomes.length > expected.length) unexpected.push(`${this.#outcomes.length} outcomes for ${expected.length} tasks`)
    if (givenUp !== undefined && !excuses.has(givenUp)) unexpected.push(`given up: ${tellError(this.#error)}`)
    const isSettled = this.#isSettled
    return { name, id, attempted: expected.length, right, lost, unexpected: unexpected.slice(0, TOLD_MAX), givenUp, isSettled }
  }
}

function isRight(outcome: Outcome, wanted: Expected): boolean {
  if (outcome.status === 'fulfilled') return 'value' in wanted && outcome.value === wanted.value
  return 'code' in wanted && codeOf(outcome.reason) === wanted.code
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? tellError(error)
}

function tell(outcome: Outcome): string {
  return outcome.status === 'fulfilled' ? JSON.stringify(outcome.value).slice(0, VALUE_TOLD) : tellError(outcome.reason)
}

function tellError(error: unknown): string {
  const { name, code, message } = error as { name?: string; code?: string; message?: string }
  return `${name ?? ''} ${code ?? ''} ${message ?? String(error)}`
}
