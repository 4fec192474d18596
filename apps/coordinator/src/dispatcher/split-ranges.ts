import type { ItemBlock, TaskFailure } from '@forkpool/pool-core/protocol'
import { sliceBlock } from '@forkpool/pool-core/protocol'
import type { RecordedRange } from '../engine/engine.ts'

const NO_FAILURES: readonly TaskFailure[] = []

/** A block of no results: what a range holds in which every task failed. */
export const EMPTY_BLOCK: ItemBlock = { count: 0, codec: 'f64', bytes: new Uint8Array(0) }

/**
 * Cuts what a worker ran into ranges that can be recorded: `ran` tasks from index `from`, of which those at `failedAt` (ascending
 * offsets) threw. A failure in `final` (by offset) is recorded; the others will run again, so the ranges leave their places open.
 */
export function splitRanges(
  from: number,
  ran: number,
  values: ItemBlock,
  failedAt: readonly number[],
  final: ReadonlyMap<number, TaskFailure>,
): readonly RecordedRange[] {
  if (failedAt.length === 0) return [{ from, count: ran, values, failures: NO_FAILURES }]
  if (final.size === failedAt.length) return [{ from, count: ran, values, failures: failedAt.map((at) => final.get(at) as TaskFailure) }]
  const ranges: RecordedRange[] = []
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
