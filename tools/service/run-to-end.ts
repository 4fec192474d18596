import { RunningProcess } from './running-process.ts'
import type { ProcessEnd, ProcessSpec } from './running-process.ts'

/** Runs a program to its end and resolves with how it ended. When `signal` aborts, the program is ended first, with all it started. */
export async function runToEnd(spec: ProcessSpec, signal: AbortSignal): Promise<ProcessEnd> {
  signal.throwIfAborted()
  const running = await RunningProcess.start(spec)
  const stop = (): void => void running.stop()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    const end = await running.ended
    // Its own children are gone too when this resolves.
    await running.stop()
    return end
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
