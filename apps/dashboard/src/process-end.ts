import { readHosts, readSettings } from './sources/settings.ts'

/** As the `forkpool` command has it: bad usage. */
const EXIT_BAD_USAGE = 2
/** Answers that are under way may take so long to end after a signal. */
const GRACE_MS = 1_000
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const

/** Ends the process with one readable line if an environment variable cannot be used. Next itself would go on and fail every page. */
export function endOnBadSettings(): void {
  try {
    readSettings(process.env)
    readHosts(process.env)
  } catch (error) {
    process.stderr.write(`forkpool dashboard: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(EXIT_BAD_USAGE)
  }
}

/**
 * Ends the process soon after a signal. Next waits until every connection is closed, but an open page asks again and again over the one it
 * has, so that this would never be.
 */
export function endOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => setTimeout(() => process.exit(EXIT_BY_SIGNAL[signal]), GRACE_MS).unref())
  }
}
