/** What the session does about its batches: the part of `session.ts` that knows windows and counts. */
import { assert, CancelledError, ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchSummary, ResultsMessage, SubmitMessage } from '@forkpool/pool-core/protocol'
import { blockBytes, resultBytes } from '@forkpool/pool-core/protocol'
import type { SessionCommand, SessionEvent } from './session-events.ts'
import type { BatchState, SessionState } from './session-state.ts'

/** Four messages a window: seldom enough to cost nothing, often enough that the coordinator never runs dry. */
const CREDITS_PER_WINDOW = 4

export function submit(state: SessionState, message: SubmitMessage, out: SessionCommand[]): void {
  if (state.phase === 'closed') {
    out.push({ kind: 'failed', batch: message.batch, error: new ForkpoolError('POOL_CLOSED', state.fatal?.message) })
    return
  }
  const batch: BatchState = {
    batch: message.batch,
    phase: 'waiting',
    submit: message,
    inputEnded: message.end === true,
    itemsSent: 0,
    roomBytes: 0,
    resultsReceived: 0,
    unreadBytes: 0,
    consumedBytes: 0,
  }
  state.batches.set(batch.batch, batch)
  if (canSend(state) && state.waiting.length === 0) {
    sendSubmit(state, batch, out)
    return
  }
  state.waiting.push(batch)
  if (state.phase === 'down') {
    state.phase = 'connecting'
    out.push({ kind: 'reconnect', error: new ForkpoolError('CONNECTION_LOST') })
  }
}

function canSend(state: SessionState): boolean {
  if (state.phase !== 'open' || state.fatal !== undefined || state.welcome === undefined) return false
  return state.openCount < state.welcome.limits.batchesOpenMax
}

export function sendWaiting(state: SessionState, out: SessionCommand[]): void {
  while (canSend(state)) {
    const batch = state.waiting.shift()
    if (batch === undefined) return
    if (batch.submit !== undefined) sendSubmit(state, batch, out)
  }
}

function sendSubmit(state: SessionState, batch: BatchState, out: SessionCommand[]): void {
  const message = batch.submit
  assert(message !== undefined && state.welcome !== undefined, 'a waiting batch has its message, an open session its limits')
  batch.submit = undefined
  const bytes = message.items === undefined ? 0 : blockBytes(message.items)
  const { inputWindowBytes } = state.welcome.limits
  if (bytes > inputWindowBytes) {
    // Only after a reconnection to a coordinator with smaller limits than those by which the items were cut.
    state.batches.delete(batch.batch)
    const text = `the first ${bytes} bytes of items are more than the ${inputWindowBytes} that the coordinator accepts at once`
    out.push({ kind: 'failed', batch: batch.batch, error: new ForkpoolError('LIMIT_EXCEEDED', text) })
    return
  }
  batch.phase = 'open'
  batch.itemsSent = message.items?.count ?? 0
  batch.roomBytes = inputWindowBytes - bytes
  state.openCount++
  out.push({ kind: 'send', message })
  if (!batch.inputEnded) out.push({ kind: 'room', batch: batch.batch, bytes: batch.roomBytes })
}

export function sendItems(state: SessionState, event: SessionEvent & { kind: 'items' }, out: SessionCommand[]): void {
  const batch = state.batches.get(event.batch)
  if (batch === undefined || batch.phase !== 'open') return
  const bytes = blockBytes(event.items)
  assert(!batch.inputEnded && bytes <= batch.roomBytes, `batch ${batch.batch} may send ${batch.roomBytes} bytes of items, not ${bytes}`)
  batch.roomBytes -= bytes
  batch.itemsSent += event.items.count
  batch.inputEnded = event.end
  const { items } = event
  out.push({ kind: 'send', message: { kind: 'items', batch: batch.batch, items, ...(event.end && { end: true }) } })
}

export function endInput(state: SessionState, number: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.inputEnded) return
  batch.inputEnded = true
  if (batch.phase === 'waiting' && batch.submit !== undefined) batch.submit = { ...batch.submit, end: true }
  else if (batch.phase === 'open') out.push({ kind: 'send', message: { kind: 'end', batch: number } })
}

export function cancel(state: SessionState, number: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase === 'cancelling') return
  if (batch.phase === 'waiting') {
    batch.submit = undefined
    state.batches.delete(number)
    out.push({ kind: 'failed', batch: number, error: new CancelledError() })
    return
  }
  batch.phase = 'cancelling'
  out.push({ kind: 'send', message: { kind: 'cancel', batch: number } })
}

export function takeCredit(state: SessionState, number: number, bytes: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase !== 'open') return
  batch.roomBytes += bytes
  if (!batch.inputEnded) out.push({ kind: 'room', batch: number, bytes: batch.roomBytes })
}

export function takeResults(state: SessionState, message: ResultsMessage, out: SessionCommand[]): void {
  const batch = state.batches.get(message.batch)
  if (batch === undefined) return
  const { from, count, values, failures, done } = message
  batch.resultsReceived += count
  if (batch.phase === 'waiting' || from + count > batch.itemsSent || batch.resultsReceived > batch.itemsSent) {
    violate(state, `results of ${from} to ${from + count - 1} in a batch of ${batch.itemsSent} items`, out)
    return
  }
  if (values.count + (failures?.length ?? 0) !== count) {
    violate(state, `${values.count} results and ${failures?.length ?? 0} failures for ${count} tasks`, out)
    return
  }
  const bytes = resultBytes(message)
  batch.unreadBytes += bytes
  if (batch.phase === 'open') out.push({ kind: 'results', batch: batch.batch, message })
  else consume(state, batch.batch, bytes, out)
  if (done !== undefined) endBatch(state, batch.batch, done, out)
}

export function endBatch(state: SessionState, number: number, summary: BatchSummary, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined) return
  const { completed, failed, cancelled } = summary
  const missing = completed + failed !== batch.resultsReceived
  const early = cancelled === 0 && (!batch.inputEnded || batch.resultsReceived !== batch.itemsSent)
  if (batch.phase === 'waiting' || (batch.phase === 'open' && (missing || early))) {
    // Rather no answer than an answer with holes.
    violate(state, `a batch ended with ${batch.resultsReceived} of ${batch.itemsSent} results`, out)
    return
  }
  state.batches.delete(number)
  state.openCount--
  out.push({ kind: 'ended', batch: number, summary })
  sendWaiting(state, out)
  leaveIfDrained(state, out)
}

export function takeRefusal(state: SessionState, number: number | undefined, error: ForkpoolError, out: SessionCommand[]): void {
  if (number === undefined) {
    // Before `welcome` it is the session that is refused. After it, some message of ours was not understood: what it was part of is unknown.
    state.fatal = error
    out.push({ kind: 'disconnect', code: 1000, reason: '' })
    return
  }
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase === 'waiting') return
  state.batches.delete(number)
  state.openCount--
  out.push({ kind: 'failed', batch: number, error })
  sendWaiting(state, out)
  leaveIfDrained(state, out)
}

export function consume(state: SessionState, number: number, bytes: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase === 'waiting' || state.welcome === undefined) return
  // More credit than results would let the coordinator send beyond the window.
  assert(bytes <= batch.unreadBytes, `batch ${number} has ${batch.unreadBytes} unread bytes of results, not ${bytes}`)
  batch.unreadBytes -= bytes
  batch.consumedBytes += bytes
  if (batch.consumedBytes * CREDITS_PER_WINDOW < state.welcome.limits.resultWindowBytes) return
  out.push({ kind: 'send', message: { kind: 'credit', batch: number, bytes: batch.consumedBytes } })
  batch.consumedBytes = 0
}

export function failAll(state: SessionState, error: ForkpoolError, out: SessionCommand[]): void {
  for (const batch of state.batches.values()) fail(state, batch, error, out)
  state.waiting.clear()
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

/** A draining coordinator waits for our batches only: when they are over, a new connection can find another. */
export function leaveIfDrained(state: SessionState, out: SessionCommand[]): void {
  if (state.phase === 'draining' && state.openCount === 0) out.push({ kind: 'disconnect', code: 1000, reason: '' })
}
