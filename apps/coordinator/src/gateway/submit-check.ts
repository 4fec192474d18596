import { ForkpoolError } from '@forkpool/pool-core/base'
import type { SubmitMessage } from '@forkpool/pool-core/protocol'
import type { SessionId } from '@forkpool/pool-core/scheduler'
import type { BatchRequest } from '../batch-request.ts'

function whole(name: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < min || value > max))
    throw new ForkpoolError('BAD_ARGUMENT', `${name}: expected a whole number from ${min} to ${max}, got ${value}`)
}

/**
 * A submission with its ranges checked and its defaults filled in, and with the weight of whoever sends it. Shapes were checked by the codec; task and pool are the dispatcher's.
 * @throws ForkpoolError BAD_ARGUMENT that names the field and what was expected.
 */
export function checkSubmit(message: SubmitMessage, session: SessionId, reply: BatchRequest['reply'], weight?: number): BatchRequest {
  whole('priority', message.priority, -10, 10)
  whole('chunkSize', message.chunkSize, 1, Number.MAX_SAFE_INTEGER)
  whole('retries', message.retries, 0, 100)
  whole('backoffMs', message.backoffMs, 0, 3_600_000)
  if (message.jitter !== undefined && message.jitter > 1)
    throw new ForkpoolError('BAD_ARGUMENT', `jitter: expected a number from 0 to 1, got ${message.jitter}`)
  whole('total', message.total, 0, Number.MAX_SAFE_INTEGER)
  whole('resultWindowBytes', message.resultWindowBytes, 1, Number.MAX_SAFE_INTEGER)
  return {
    session,
    task: message.task,
    pool: message.pool,
    poolSize: message.poolSize,
    spread: message.spread ?? false,
    total: message.total,
    priority: message.priority ?? 0,
    chunkSize: message.chunkSize,
    retries: message.retries ?? 0,
    backoffMs: message.backoffMs ?? 0,
    failFast: message.failFast ?? false,
    jitter: message.jitter,
    retryOn: message.retryOn,
    timeoutMs: message.timeoutMs,
    deadlineMs: message.deadlineMs,
    weight,
    reply,
  }
}
