import type { ShardAnswer } from '@forkpool/pool-core/dispatch'
import type { AttemptRecord, RecordedRange } from '../engine/engine.ts'

/** What is noted of an error. */
const TEXT_MAX = 500

/** Runs of a shard that failed and will be repeated: all that the answer tells of, without those that have settled in `ranges`. */
export function failedAttempts(
  { attempt = 1, from, message }: ShardAnswer,
  ranges: readonly RecordedRange[],
  now: number,
): readonly AttemptRecord[] {
  const { failures = [] } = message
  if (failures.length === 0) return []
  const settled = new Set(ranges.flatMap((range) => range.failures.map(({ at }) => range.from + at)))
  const repeated = failures.filter(({ at }) => !settled.has(from + at))
  return repeated.map(({ at, error }) => ({
    index: from + at,
    attempt,
    outcome: 'failed',
    at: now,
    message: `${error.name}: ${error.message}`.slice(0, TEXT_MAX),
  }))
}
