/** What clients saw: Jepsen's total queue. Nothing that was handed in is lost, and nothing comes that was not. */
import type { Check } from './check.ts'

/** Every call settled. */
export const everyFutureSettled: Check = ({ batches }) =>
  batches.filter(({ isSettled }) => !isSettled).map(({ name, id }) => `${name} (${id ?? 'not accepted'}) has not settled`)

/** Attempted minus read. What was refused with a code that the fault excuses is not lost: its client was told. */
export const nothingLost: Check = ({ batches }) =>
  batches
    .filter(({ lost }) => lost > 0)
    .map(({ name, id, lost, attempted }) => `${name} (${id ?? 'not accepted'}): ${lost} of ${attempted} lost`)

/** Read minus attempted, and results that are wrong. */
export const nothingUnexpected: Check = ({ batches }) =>
  batches.flatMap(({ name, id, unexpected }) => unexpected.map((what) => `${name} (${id ?? 'not accepted'}): ${what}`))
