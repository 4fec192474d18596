import type { TaskFailure, WireError } from '../protocol/index.ts'
import type { SettleFailed } from '../scheduler/index.ts'

/** A final failure as it travels to the client: the last attempt's error, or how the worker ended that ran the task. */
export function taskFailureOf(command: SettleFailed): TaskFailure {
  const { attempts, cause } = command
  if (cause.kind === 'task') {
    const error = cause.errors.at(-1) as WireError
    return { at: 0, attempts, error }
  }
  const exit = cause.exits.at(-1) ?? {}
  const how = exit.signal !== undefined ? `by ${exit.signal}` : `with exit code ${exit.exitCode ?? 'unknown'}`
  const times = cause.exits.length === 1 ? 'once' : `${cause.exits.length} times, last`
  const properties: Record<string, unknown> = {}
  if (exit.exitCode !== undefined) properties['exitCode'] = exit.exitCode
  if (exit.signal !== undefined) properties['signal'] = exit.signal
  if (exit.stderr !== undefined && exit.stderr !== '') properties['stderr'] = exit.stderr
  if (exit.reason !== undefined) properties['reason'] = exit.reason
  if (exit.residentBytes !== undefined) properties['residentBytes'] = exit.residentBytes
  const why = exit.reason === undefined ? '' : `: ${exit.reason}`
  const message = `the worker that ran this task ended ${times} ${how}${why}`
  return { at: 0, attempts, error: { name: 'WorkerLostError', code: 'WORKER_LOST', message, properties } }
}
