/** What the session does about its batches: the part of `session.ts` that knows windows and counts. */
import { assert, CancelledError, ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import type { BatchSummary, ResultsMessage, SubmitMessage } from '@forkpool/pool-core/protocol'
import { blockBytes, resultBytes, sliceBlock } from '@forkpool/pool-core/protocol'
import type { SessionCommand, SessionEvent } from './session-events.ts'
import { attachBatch, submitAgain } from './session-attach.ts'
import { violate } from './session-failures.ts'
import type { BatchState, SessionState } from './session-state.ts'
import { createBatch, createForeignBatch } from './session-state.ts'
import { canSend, sendSubmit } from './session-submit.ts'

/** Four messages a window: seldom enough to cost nothing, often enough that the coordinator never runs dry. */
const CREDITS_PER_WINDOW = 4

export function submit(state: SessionState, message: SubmitMessage, out: SessionCommand[]): void {
  begin(state, createBatch(message), out)
}

export function attach(state: SessionState, number: number, id: string, out: SessionCommand[]): void {
  begin(state, createForeignBatch(number, id), out)
}

function begin(state: SessionState, batch: BatchState, out: SessionCommand[]): void {
  if (state.phase === 'closed') {
    out.push({ kind: 'failed', batch: batch.batch, error: new ForkpoolError('POOL_CLOSED', state.fatal?.message) })
    return
  }
  state.batches.set(batch.batch, batch)
  if (canSend(state) && state.waiting.length === 0 && state.lost.length === 0) {
    sendFirst(state, batch, out)
    return
  }
  state.waiting.push(batch)
  if (state.phase === 'down') {
    state.phase = 'connecting'
    out.push({ kind: 'reconnect', error: new ForkpoolError('CONNECTION_LOST') })
  }
}

/** Sends what waits for its turn: first what was open before, since numbers ascend. */
export function sendWaiting(state: SessionState, out: SessionCommand[]): void {
  while (canSend(state)) {
    const lost = state.lost.shift()
    if (lost !== undefined) {
      if (lost.phase === 'lost' && state.batches.has(lost.batch)) attachBatch(state, lost, out)
      continue
    }
    const batch = state.waiting.shift()
    if (batch === undefined) return
    if (batch.phase === 'waiting' && state.batches.has(batch.batch)) sendFirst(state, batch, out)
  }
}

function sendFirst(state: SessionState, batch: BatchState, out: SessionCommand[]): void {
  if (batch.submit === undefined) attachBatch(state, batch, out)
  else if (sendSubmit(state, batch, out) && !batch.inputEnded) out.push({ kind: 'room', batch: batch.batch, bytes: batch.roomBytes })
}

export function sendItems(state: SessionState, event: SessionEvent & { kind: 'items' }, out: SessionCommand[]): void {
  const batch = state.batches.get(event.batch)
  if (batch === undefined || batch.phase === 'cancelling' || batch.phase === 'waiting') return
  const { items, end } = event
  const bytes = blockBytes(items)
  assert(!batch.inputEnded && bytes <= batch.roomBytes, `batch ${batch.batch} may send ${batch.roomBytes} bytes of items, not ${bytes}`)
  // Of a batch that was known before, the coordinator may have items that did not go out from here.
  const had = Math.min(items.count, Math.max(0, batch.itemsStored - batch.itemsSent))
  const from = batch.itemsSent + had
  batch.itemsSent += items.count
  batch.inputEnded = end
  const number = batch.batch
  if (had === items.count) {
    if (!end) out.push({ kind: 'room', batch: number, bytes: batch.roomBytes })
    else if (batch.phase === 'open') out.push({ kind: 'send', message: { kind: 'end', batch: number } })
    return
  }
  const rest = had === 0 ? items : sliceBlock(items, had, items.count - had)
  batch.roomBytes -= blockBytes(rest)
  batch.unstored.push(rest)
  // One that is to be attached goes out again with all that is not known to have arrived.
  if (batch.phase === 'open') out.push({ kind: 'send', message: { kind: 'items', batch: number, from, items: rest, ...(end && { end }) } })
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
    state.batches.delete(number)
    out.push({ kind: 'failed', batch: number, error: new CancelledError() })
    return
  }
  // One that is lost, or asked for again, is cancelled when the coordinator has answered.
  const isSent = batch.phase === 'open'
  if (!isSent) {
    batch.cancelled = true
    return
  }
  batch.phase = 'cancelling'
  out.push({ kind: 'send', message: { kind: 'cancel', batch: number } })
}

/** Nobody reads it any more, and it goes on without us. */
export function leave(state: SessionState, number: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined) return
  state.batches.delete(number)
  if (batch.phase === 'waiting' || batch.phase === 'lost') return
  out.push({ kind: 'send', message: { kind: 'leave', batch: number } })
  afterOne(state, out)
}

export function takeCredit(state: SessionState, number: number, bytes: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase !== 'open') return
  batch.roomBytes += bytes
  noteStored(batch, bytes)
  if (!batch.inputEnded) out.push({ kind: 'room', batch: number, bytes: batch.roomBytes })
}

/**
 * Credit for items says that they, and all before them, are recorded. It does not say which: but the sum of the credit is never more than the bytes
 * up to the last block that is dealt with, so the first blocks of so many bytes are among those.
 */
function noteStored(batch: BatchState, bytes: number): void {
  batch.creditBytes += bytes
  for (let first = batch.unstored[0]; first !== undefined; first = batch.unstored[0]) {
    const size = blockBytes(first)
    if (batch.creditBytes < size) return
    batch.creditBytes -= size
    batch.itemsStored += first.count
    batch.unstored.shift()
  }
}

export function takeResults(state: SessionState, message: ResultsMessage, out: SessionCommand[]): void {
  const batch = state.batches.get(message.batch)
  if (batch === undefined) return
  const { from, count, values, failures, done } = message
  if (batch.phase === 'waiting' || batch.phase === 'lost' || batch.phase === 'attaching' || isUnsent(batch, from + count)) {
    violate(state, `results of ${from} to ${from + count - 1} in a batch of ${batch.itemsSent} items`, out)
    return
  }
  if (values.count + (failures?.length ?? 0) !== count) {
    violate(state, `${values.count} results and ${failures?.length ?? 0} failures for ${count} tasks`, out)
    return
  }
  const bytes = resultBytes(message)
  batch.unreadBytes += bytes
  if (!isNew(batch, from, count, done !== undefined)) {
    if (!batch.attached) {
      violate(state, `results of ${from} to ${from + count - 1} a second time`, out)
      return
    }
    consume(state, batch.batch, bytes, out)
  } else {
    batch.resultsReceived += count
    if (batch.phase === 'open') out.push({ kind: 'results', batch: batch.batch, message })
    else consume(state, batch.batch, bytes, out)
  }
  if (done !== undefined) endBatch(state, batch.batch, done, out)
}

/** Whether results are of items that did not go out from here. */
function isUnsent(batch: BatchState, to: number): boolean {
  return !batch.known && to > batch.itemsSent
}

/** Notes results, unless they came before. Most batches have one message, which needs no note. */
function isNew(batch: BatchState, from: number, count: number, isLast: boolean): boolean {
  if (count === 0) return true
  if (isLast && batch.received === undefined) return batch.resultsReceived === 0
  batch.received ??= new IntervalSet()
  return batch.received.addIfAbsent(from, from + count)
}

export function endBatch(state: SessionState, number: number, summary: BatchSummary, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined) return
  const { completed, failed, cancelled } = summary
  const missing = completed + failed !== batch.resultsReceived
  const early = !batch.known && cancelled === 0 && (!batch.inputEnded || batch.resultsReceived !== batch.itemsSent)
  if ((batch.phase !== 'open' && batch.phase !== 'cancelling') || (batch.phase === 'open' && (missing || early))) {
    // Rather no answer than an answer with holes.
    violate(state, `a batch ended with ${batch.resultsReceived} of ${batch.itemsSent} results`, out)
    return
  }
  settle(state, batch, { kind: 'ended', batch: number, summary }, out)
}

export function takeRefusal(state: SessionState, number: number | undefined, error: ForkpoolError, out: SessionCommand[]): void {
  if (number === undefined) {
    // Before `welcome` it is the session that is refused. After it, some message of ours was not understood: what it was part of is unknown.
    state.fatal = error
    out.push({ kind: 'disconnect', code: 1000, reason: '' })
    return
  }
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase === 'waiting' || batch.phase === 'lost') return
  if (batch.phase !== 'attaching') {
    settle(state, batch, { kind: 'failed', batch: number, error }, out)
    return
  }
  if (submitAgain(state, batch, error, out)) return
  const lost = new ForkpoolError('CONNECTION_LOST', `the connection broke, and then: ${error.message}`, { cause: error })
  settle(state, batch, { kind: 'failed', batch: number, error: batch.submit === undefined ? error : lost }, out)
}

/** A batch that counted as open is over: its place is free. */
function settle(state: SessionState, batch: BatchState, command: SessionCommand, out: SessionCommand[]): void {
  state.batches.delete(batch.batch)
  out.push(command)
  afterOne(state, out)
}

function afterOne(state: SessionState, out: SessionCommand[]): void {
  state.openCount--
  sendWaiting(state, out)
  leaveIfDrained(state, out)
}

export function consume(state: SessionState, number: number, bytes: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase === 'waiting' || state.welcome === undefined) return
  // More credit than results would let the coordinator send beyond the window.
  assert(bytes <= batch.unreadBytes, `batch ${number} has ${batch.unreadBytes} unread bytes of results, not ${bytes}`)
  batch.unreadBytes -= bytes
  const before = Math.min(bytes, batch.unreadBefore)
  batch.unreadBefore -= before
  batch.consumedBytes += bytes - before
  if (batch.phase === 'lost' || batch.phase === 'attaching') return
  if (batch.consumedBytes * CREDITS_PER_WINDOW < state.welcome.limits.resultWindowBytes) return
  out.push({ kind: 'send', message: { kind: 'credit', batch: number, bytes: batch.consumedBytes } })
  batch.consumedBytes = 0
}

/** A draining coordinator waits for our batches only: when they are over, a new connection can find another. */
export function leaveIfDrained(state: SessionState, out: SessionCommand[]): void {
  if (state.phase === 'draining' && state.openCount === 0) out.push({ kind: 'disconnect', code: 1000, reason: '' })
}
