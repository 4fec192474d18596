import { readHosts, readSettings } from './sources/settings.ts'

/** As the `forkpool` command has it: bad usage. */
const EXIT_BAD_USAGE = 2

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
