import type { ItemBlock, TaskFailure } from '../protocol/index.ts'
import { sliceBlock } from '../protocol/index.ts'

/** Tasks next to each other that have settled: `values` of those that succeeded, in order, and the others' failures, by offset. */
export interface SettledRange {
  readonly from: number
  readonly count: number
  readonly values: ItemBlock
  readonly failures: readonly TaskFailure[]
}

const NO_FAILURES: readonly TaskFailure[] = []

/** A block of no results: what a range holds in which every task failed. */
const EMPTY_BLOCK: ItemBlock = { count: 0, codec: 'f64', bytes: new Uint8Array(0) }

/**
 * Cuts what a worker ran into ranges that have settled: `ran` tasks from index `from`, of which those at `failedAt` (ascending
 * offsets) threw. A failure in `final` (by offset) has settled; the others will run again, so the ranges leave their places open.
 */
export function splitRanges(
  from: number,
  ran: number,
  values: ItemBlock,
  failedAt: readonly number[],
  final: ReadonlyMap<number, TaskFailure>,
): readonly SettledRange[] {
  if (failedAt.length === 0) return [{ from, count: ran, values, failures: NO_FAILURES }]
  if (final.size === failedAt.length) return [{ from, count: ran, values, failures: failedAt.map((at) => final.get(at) as TaskFailure) }]
  const ranges: SettledRange[] = []
  let start = 0
  let valuesBefore = 0
  let failures: TaskFailure[] = []
  const close = (end: number): void => {
    const count = end - start
    const succeeded = count - failures.length
    if (count > 0) {
      const slice = succeeded === 0 ? EMPTY_BLOCK : sliceBlock(values, valuesBefore, succeeded)
      ranges.push({ from: from + start, count, values: slice, failures })
    }
    valuesBefore += succeeded
    failures = []
    start = end + 1
  }
  for (const at of failedAt) {
    const failure = final.get(at)
    if (failure === undefined) close(at)
    else failures.push({ ...failure, at: at - start })
  }
  close(ran)
  return ranges
}

/** A range for each of these failures, by index. */
export function rangesOfFailures(failures: ReadonlyMap<number, TaskFailure>): readonly SettledRange[] {
  return Array.from(failures, ([from, failure]) => ({ from, count: 1, values: EMPTY_BLOCK, failures: [{ ...failure, at: 0 }] }))
}
