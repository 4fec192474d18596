import type { Terminal } from './command.ts'
import { errorText } from './error-text.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { jsonLine } from './line-output.ts'
import type { LineOutput } from './line-output.ts'
import { Progress } from './progress.ts'

/** Failures that are told in full; the rest is counted. */
const FAILURES_TOLD = 5

/**
 * Writes results as JSON lines in order, and for a failed task a line with its error. Tells the first failures in full, and the sum at the end;
 * resolves to the exit code. A reader of the lines that leaves early ends it.
 */
export async function writeResults(
  terminal: Terminal,
  results: AsyncIterator<unknown>,
  output: LineOutput,
  told: { readonly task: string; readonly total: number | undefined; readonly json: boolean },
): Promise<ExitCode> {
  const { stderr, signal } = terminal
  const progress = new Progress(stderr, told.task, 'tasks')
  let done = 0
  let failed = 0
  for (;;) {
    let line: string
    try {
      const next = await results.next()
      if (next.done === true) break
      line = jsonLine(next.value)
    } catch (error) {
      const index = taskIndex(error)
      if (index === undefined || signal.aborted) {
        progress.clear()
        // What was computed before the failure is not lost.
        await output.close()
        throw error
      }
      failed++
      if (failed <= FAILURES_TOLD) {
        progress.clear()
        stderr.write(`${errorText(error)}\n`)
      }
      line = jsonLine({ error: { index, name: causeOf(error).name, message: causeOf(error).message } })
    }
    done++
    await output.write(line)
    if (output.gone) {
      await results.return?.()
      return EXIT.done
    }
    progress.update(done, failed, told.total)
  }
  progress.clear()
  await output.close()
  if (told.json) stderr.write(`${JSON.stringify({ task: told.task, tasks: done, completed: done - failed, failed })}\n`)
  else if (failed > 0) stderr.write(`forkpool: ${failed} of ${done} tasks failed\n`)
  return failed > 0 ? EXIT.failed : EXIT.done
}

function taskIndex(error: unknown): number | undefined {
  return error instanceof Error && 'index' in error && typeof error.index === 'number' ? error.index : undefined
}

function causeOf(error: unknown): Error {
  const outer = error as Error
  return outer.cause instanceof Error ? outer.cause : outer
}
