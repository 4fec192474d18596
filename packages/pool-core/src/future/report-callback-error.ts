/**
 * Says that a callback of the user threw, without ending anything: the other callbacks still run, as in Python, where it is logged.
 * In browsers it reaches `window.onerror` (HTML standard, `reportError`), in Node standard error.
 */
export function reportCallbackError(what: string, error: unknown): void {
  const report = (globalThis as { reportError?: (error: unknown) => void }).reportError
  if (report === undefined) console.error(`exception in ${what}:`, error)
  else report(error)
}
