/** How batches and sessions fail: the part of `session.ts` that every other part needs. */
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { SessionCommand } from './session-events.ts'
import type { BatchState, SessionState } from './session-state.ts'

export function failAll(state: SessionState, error: ForkpoolError, out: SessionCommand[]): void {
  for (const batch of state.batches.values()) {
    // Of one that was running it is the connection that was lost, whatever was tried since.
    const wasOpen = batch.phase === 'lost' && error.code !== 'POOL_CLOSED'
    fail(state, batch, wasOpen ? new ForkpoolError('CONNECTION_LOST', error.message, { cause: error }) : error, out)
  }
  state.waiting.clear()
  state.lost.clear()
  state.openCount = 0
}

export function fail(state: SessionState, batch: BatchState, error: ForkpoolError, out: SessionCommand[]): void {
  state.batches.delete(batch.batch)
  // One error object for each: a caller may add to its own.
  out.push({ kind: 'failed', batch: batch.batch, error: new ForkpoolError(error.code, error.message, { cause: error.cause }) })
}

/** The coordinator broke the protocol: nothing that it says can be trusted, so the connection goes. RFC 6455 §7.4.1, code 1002. */
export function violate(state: SessionState, what: string, out: SessionCommand[]): void {
  state.fatal = new ForkpoolError('BAD_MESSAGE', `the coordinator broke the protocol: ${what}`)
  out.push({ kind: 'disconnect', code: 1002, reason: 'protocol error' })
}
