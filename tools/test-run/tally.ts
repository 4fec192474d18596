/** One failed or skipped test, for the summary. */
export interface NotedTest {
  readonly name: string
  /** First line of the failure, or why it was skipped. */
  readonly reason: string
}

/** What one part of the test run came to: a check, or a vitest project. */
export interface PartResult {
  readonly part: string
  readonly passed: number
  readonly failed: readonly NotedTest[]
  readonly skipped: readonly NotedTest[]
}

/** Something a test needs that could not be installed. */
export interface MissingTool {
  readonly name: string
  readonly reason: string
}

/**
 * The end of `npm test`: a line per part, the failures and skips by name, what was missing, and as its last line
 * `N passed, N failed, N skipped`.
 */
export function renderSummary(parts: readonly PartResult[], missing: readonly MissingTool[]): string {
  const failed = parts.flatMap((part) => part.failed.map((test) => `  FAILED ${part.part}: ${test.name}: ${test.reason}`))
  const skipped = parts.flatMap((part) => part.skipped.map((test) => `  skipped ${part.part}: ${test.name}: ${test.reason}`))
  return [
    ...parts.map(
      (part) =>
        `${part.part.padEnd(10)} ${String(part.passed).padStart(6)} passed ${String(part.failed.length).padStart(4)} failed ${String(part.skipped.length).padStart(4)} skipped`,
    ),
    ...failed,
    ...skipped,
    ...missing.map((tool) => `  missing ${tool.name}: ${tool.reason}`),
    `${passedOf(parts)} passed, ${failed.length} failed, ${skipped.length} skipped`,
  ].join('\n')
}

/**
 * 0 when all is well. 1 when a test failed, when nothing ran at all, or, where skips are not allowed (on a build server), when a test
 * was skipped.
 */
export function exitCodeOf(parts: readonly PartResult[], options: { readonly skipsAllowed: boolean }): 0 | 1 {
  if (parts.some((part) => part.failed.length > 0)) return 1
  if (passedOf(parts) === 0) return 1
  return !options.skipsAllowed && parts.some((part) => part.skipped.length > 0) ? 1 : 0
}

function passedOf(parts: readonly PartResult[]): number {
  return parts.reduce((sum, part) => sum + part.passed, 0)
}
