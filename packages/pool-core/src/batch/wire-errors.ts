import type { ErrorCode, ExitCause, TaskPlace } from '../base/index.ts'
import { CancelledError, ERRORS, ForkpoolError, TaskError, WorkerLostError } from '../base/index.ts'
import type { TaskFailure, WireError } from '../protocol/index.ts'
import { fromWireError } from '../protocol/index.ts'

/** The error of a task that failed for good: `WorkerLostError`, or `TaskError` with the thrown error, rebuilt, as its cause. */
export function toTaskError(failure: TaskFailure, task: string, index: number): ForkpoolError {
  const { error, attempts } = failure
  const worker = error.properties?.['worker']
  const place: TaskPlace = { task, index, attempts, worker: typeof worker === 'string' ? worker : undefined }
  if (error.code === 'WORKER_LOST') return new WorkerLostError(error.message, place, exitCause(error.properties ?? {}))
  const code = knownCode(error.code)
  return new TaskError(error.message, place, { cause: fromWireError(error), code })
}

/** The error of a refused message. A code that this client does not know is a fault of the coordinator. */
export function toForkpoolError(wire: WireError): ForkpoolError {
  const code = knownCode(wire.code)
  if (code === 'BATCH_CANCELLED') return new CancelledError(wire.message)
  return new ForkpoolError(code ?? 'BAD_MESSAGE', wire.message, { cause: fromWireError(wire) })
}

function knownCode(code: string | undefined): ErrorCode | undefined {
  return code !== undefined && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : undefined
}

function exitCause(properties: Readonly<Record<string, unknown>>): ExitCause {
  const { exitCode, signal, stderr, reason, residentBytes } = properties as Readonly<Record<keyof ExitCause, unknown>>
  return {
    ...(typeof exitCode === 'number' && { exitCode }),
    ...(typeof signal === 'string' && { signal }),
    ...(typeof stderr === 'string' && { stderr }),
    ...(typeof reason === 'string' && { reason }),
    ...(typeof residentBytes === 'number' && { residentBytes }),
  }
}
