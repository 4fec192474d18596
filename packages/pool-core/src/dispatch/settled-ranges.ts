import type { RanMessage, TaskFailure } from '../protocol/index.ts'
import type { BatchId } from '../scheduler/index.ts'
import { rangesOfFailures, splitRanges } from './split-ranges.ts'
import type { SettledRange } from './split-ranges.ts'
import type { StepOutcome } from './step-outcome.ts'

/** What a worker gave for a shard that it held. */
export interface ShardAnswer {
  readonly batch: BatchId
  /** Index of the shard's first task in its batch. */
  readonly from: number
  /** Which run of its tasks it was, 1 for the first; undefined where nobody asks. */
  readonly attempt?: number | undefined
  readonly message: Pick<RanMessage, 'count' | 'values' | 'failures'>
}

/**
 * Takes out of the outcome of a step what has settled of the batch that the step's event was about: what its shard gave, without the failures
 * that will run again, and the batch's other failures.
 */
export function settledRanges({ batch, from, message }: ShardAnswer, outcome: StepOutcome): readonly SettledRange[] {
  const { count, values, failures } = message
  const ranges = count === 0 ? [] : splitRanges(from, count, values, ...finalFailures(batch, from, failures, outcome))
  const others = outcome.takeFailed(batch)
  return others.size === 0 ? ranges : [...ranges, ...rangesOfFailures(others)]
}

const NO_PLACES: readonly number[] = []
const NO_FAILURES: ReadonlyMap<number, TaskFailure> = new Map()

/** Where tasks of the shard threw, and the failures of those that will not run again. */
function finalFailures(
  batch: BatchId,
  from: number,
  failures: RanMessage['failures'],
  outcome: StepOutcome,
): [failedAt: readonly number[], final: ReadonlyMap<number, TaskFailure>] {
  if (failures === undefined || failures.length === 0) return [NO_PLACES, NO_FAILURES]
  const final = new Map<number, TaskFailure>()
  for (const { at } of failures) {
    const failure = outcome.take(batch, from + at)
    if (failure !== undefined) final.set(at, { ...failure, at })
  }
  return [failures.map(({ at }) => at), final]
}
