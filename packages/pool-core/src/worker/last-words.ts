const STANDARD_ERROR = 2

/**
 * Writes to standard error, at once: the process is about to end. Nothing happens where nobody reads any more: a worker whose parent
 * is gone says nothing.
 */
export function sayLastWords(text: string): void {
  try {
    process.getBuiltinModule('node:fs').writeSync(STANDARD_ERROR, `${text}\n`)
  } catch {
    // The pipe is closed, or full and nobody empties it.
  }
}

/**
 * Ends the process with status 1 after an error that no code handled: an exception in a callback, or a promise that was rejected and left.
 * As Node does without it, but with the worker's name and what it ran, once, and silently when `isOrphan`. `describeRun` says what runs.
 */
export function endOnStrayErrors(workerId: string, describeRun: () => string, isOrphan: () => boolean): void {
  process.on('uncaughtException', (thrown, origin) => {
    if (!isOrphan()) {
      const what =
        origin === 'unhandledRejection' ? 'a promise was rejected and nobody handled it' : 'an exception was thrown and nobody caught it'
      sayLastWords(`forkpool worker ${workerId} ends: ${what}${describeRun()}\n${describeThrown(thrown)}`)
    }
    process.exit(1)
  })
}

function describeThrown(thrown: unknown): string {
  try {
    const { inspect } = process.getBuiltinModule('node:util')
    return thrown instanceof Error ? inspect(thrown) : `thrown: ${inspect(thrown)}`
  } catch {
    return 'thrown: a value that cannot be shown'
  }
}
