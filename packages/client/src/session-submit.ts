/** How a batch goes out. */
import { assert, ForkpoolError } from '@forkpool/pool-core/base'
import { blockBytes } from '@forkpool/pool-core/protocol'
import type { SessionCommand } from './session-events.ts'
import type { BatchState, SessionState } from './session-state.ts'

export function canSend(state: SessionState): boolean {
  if (state.phase !== 'open' || state.fatal !== undefined || state.welcome === undefined) return false
  return state.openCount < state.welcome.limits.batchesOpenMax
}

/**
 * Sends a batch for the first time, or again from its start where the coordinator never heard of it. False: it cannot be sent, and has failed.
 * What room there is for further items is the caller's to tell.
 */
export function sendSubmit(state: SessionState, batch: BatchState, out: SessionCommand[]): boolean {
  const message = batch.submit
  assert(state.welcome !== undefined && message !== undefined, 'an open session has its limits, and what it submits')
  const bytes = message.items === undefined ? 0 : blockBytes(message.items)
  const { inputWindowBytes } = state.welcome.limits
  if (bytes > inputWindowBytes) {
    // Only after a reconnection to a coordinator with smaller limits than those by which the items were cut.
    state.batches.delete(batch.batch)
    const text = `the first ${bytes} bytes of items are more than the ${inputWindowBytes} that the coordinator accepts at once`
    out.push({ kind: 'failed', batch: batch.batch, error: new ForkpoolError('LIMIT_EXCEEDED', text) })
    return false
  }
  batch.phase = 'open'
  batch.session = state.welcome.session
  batch.itemsSent = message.items?.count ?? 0
  batch.roomBytes = inputWindowBytes - bytes
  if (message.items !== undefined) batch.unstored.push(message.items)
  state.openCount++
  out.push({ kind: 'send', message })
  return true
}
