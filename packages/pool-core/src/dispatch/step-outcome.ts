import type { TaskFailure } from '../protocol/index.ts'
import type { BatchId, BatchSettled } from '../scheduler/index.ts'

const NONE: ReadonlyMap<number, TaskFailure> = new Map()

/** What one step settled, collected so that it is reported together: final failures by batch and index, and batches that ended. */
export class StepOutcome {
  #failed: Map<BatchId, Map<number, TaskFailure>> | undefined
  #settled: Map<BatchId, BatchSettled> | undefined

  get empty(): boolean {
    return this.#failed === undefined && this.#settled === undefined
  }

  failed(batch: BatchId, index: number, failure: TaskFailure): void {
    this.#failed ??= new Map()
    const failures = this.#failed.get(batch) ?? new Map<number, TaskFailure>()
    failures.set(index, failure)
    this.#failed.set(batch, failures)
  }

  settled(command: BatchSettled): void {
    this.#settled ??= new Map()
    this.#settled.set(command.batch, command)
  }

  /** Takes out the failure of one task; undefined if it did not fail for good in this step. */
  take(batch: BatchId, index: number): TaskFailure | undefined {
    const failures = this.#failed?.get(batch)
    const failure = failures?.get(index)
    failures?.delete(index)
    return failure
  }

  /** Takes out all other failures of a batch. */
  takeFailed(batch: BatchId): ReadonlyMap<number, TaskFailure> {
    const failures = this.#failed?.get(batch)
    if (failures === undefined) return NONE
    this.#failed?.delete(batch)
    return failures
  }

  takeSettled(batch: BatchId): BatchSettled | undefined {
    const settled = this.#settled?.get(batch)
    if (settled !== undefined) this.#settled?.delete(batch)
    return settled
  }

  /** Batches of which something is still to be reported. */
  batches(): ReadonlySet<BatchId> {
    return new Set([...(this.#failed?.keys() ?? []), ...(this.#settled?.keys() ?? [])])
  }
}
