import { sliceBlock } from '@forkpool/pool-core/protocol'
import type { RecordedRange } from '../engine/engine.ts'

/** The results of the tasks `from` up to but without `to` out of a range that holds them all. */
export function partOfRange(range: RecordedRange, from: number, to: number): RecordedRange {
  if (from === range.from && to === range.from + range.count) return range
  const first = from - range.from
  const count = to - from
  const failures = range.failures
    .filter(({ at }) => at >= first && at < first + count)
    .map((failure) => ({ ...failure, at: failure.at - first }))
  const failedBefore = range.failures.filter(({ at }) => at < first).length
  return { from, count, values: sliceBlock(range.values, first - failedBefore, count - failures.length), failures }
}
