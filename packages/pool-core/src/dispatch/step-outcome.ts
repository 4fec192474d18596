import type { TaskFailure } from '../protocol/index.ts'
import type { BatchId, BatchSettled } from '../scheduler/index.ts'

const NONE: ReadonlyMap<number, TaskFailure> = new Map()

/**
 * What one step settled, collected so that it is reported together: final failures by batch and index, and batches that ended. Most steps end one
 * batch at most, so there are maps only for what is beyond that.
 */
export class StepOutcome {
  #failed: Map<BatchId, Map<number, TaskFailure>> | undefined
  #ended: BatchSettled | undefined
  #othersEnded: Map<BatchId, BatchSettled> | undefined

  get empty(): boolean {
    return this.#ended === undefined && (this.#failed?.size ?? 0) === 0 && (this.#othersEnded?.size ?? 0) === 0
  }

  failed(batch: BatchId, index: number, failure: TaskFailure): void {
    this.#failed ??= new Map()
    const failures = this.#failed.get(batch) ?? new Map<number, TaskFailure>()
    failures.set(index, failure)
    this.#failed.set(batch, failures)
  }

  settled(command: BatchSettled): void {
    if (this.#ended === undefined) this.#ended = command
    else (this.#othersEnded ??= new Map<BatchId, BatchSettled>()).set(command.batch, command)
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
    const ended = this.#ended
    if (ended?.batch === batch) {
      this.#ended = undefined
      return ended
    }
    const other = this.#othersEnded?.get(batch)
    if (other !== undefined) this.#othersEnded?.delete(batch)
    return other
  }

  /** Batches of which something is still to be reported. */
  batches(): ReadonlySet<BatchId> {
    const ended = this.#ended === undefined ? [] : [this.#ended.batch]
    return new Set([...(this.#failed?.keys() ?? []), ...ended, ...(this.#othersEnded?.keys() ?? [])])
  }
}
