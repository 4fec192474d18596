import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ErrorCode } from '@forkpool/pool-core/base'

/** What the `forkpool` command exits with. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

const USAGE: ReadonlySet<ErrorCode> = new Set([
  'BAD_ARGUMENT',
  'TASK_UNKNOWN',
  'TASK_MODULE',
  'NOT_ALLOWED',
  'BATCH_UNKNOWN',
  'NOT_SERIALISABLE',
])
const UNREACHABLE: ReadonlySet<ErrorCode> = new Set([
  'COORDINATOR_UNREACHABLE',
  'CONNECTION_LOST',
  'UNAUTHORISED',
  'PROTOCOL_VERSION',
  'DRAINING',
])

/** The exit code that an error stands for: bad usage, no coordinator, or else a failure of the work. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof ForkpoolError)) return EXIT.failed
  if (USAGE.has(error.code)) return EXIT.usage
  return UNREACHABLE.has(error.code) ? EXIT.unreachable : EXIT.failed
}
