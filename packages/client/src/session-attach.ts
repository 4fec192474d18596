/** What the session does about batches that were open when a connection broke: the part of `session.ts` that takes them up again. */
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { AcceptedMessage, AttachedMessage, ItemBlock } from '@forkpool/pool-core/protocol'
import { blockBytes, HAVE_MAX, sliceBlock } from '@forkpool/pool-core/protocol'
import type { SessionCommand } from './session-events.ts'
import { fail, violate } from './session-failures.ts'
import type { BatchState, SessionState } from './session-state.ts'
import { sendSubmit } from './session-submit.ts'

/** `attach` came with this version of the protocol. */
const ATTACH_VERSION = 2

/** Whether the batch can be asked for again on another connection. One that nobody wants is left to the coordinator, which gives it up. */
export function isWorthKeeping(state: SessionState, batch: BatchState): boolean {
  return state.resumes && batch.phase !== 'cancelling' && !batch.cancelled
}

/** The connection of an open batch is gone. */
export function keep(batch: BatchState): void {
  batch.phase = 'lost'
  batch.unreadBefore = batch.unreadBytes
  batch.consumedBytes = 0
}

/** Asks for a batch that was submitted before, with what came of its results. */
export function attachBatch(state: SessionState, batch: BatchState, out: SessionCommand[]): void {
  if ((state.welcome?.version ?? 0) < ATTACH_VERSION) {
    const code = batch.submit === undefined ? 'PROTOCOL_VERSION' : 'CONNECTION_LOST'
    fail(state, batch, new ForkpoolError(code, 'the coordinator cannot take up a batch that was submitted before'), out)
    return
  }
  const { key, resultWindowBytes } = batch.submit ?? {}
  if (key !== undefined && batch.id === undefined) {
    // Nothing was heard of it, so all of it is still here; and under its key it runs once.
    sendAgain(state, batch, out)
    return
  }
  batch.phase = 'attaching'
  state.openCount++
  const have = batch.received?.intervals().flatMap(({ from, to }) => [from, to]) ?? []
  out.push({
    kind: 'send',
    message: {
      kind: 'attach',
      batch: batch.batch,
      ...(batch.id === undefined ? { session: batch.session } : { id: batch.id }),
      // Of what is left out the coordinator sends again what we have: it is passed over.
      ...(have.length > 0 && { have: have.slice(0, HAVE_MAX) }),
      ...(resultWindowBytes !== undefined && { resultWindowBytes }),
    },
  })
}

export function takeAccepted(state: SessionState, message: AcceptedMessage, out: SessionCommand[]): void {
  const batch = state.batches.get(message.batch)
  if (batch === undefined) return
  if (batch.submit?.key !== undefined) batch.id = message.id
  out.push({ kind: 'accepted', batch: message.batch, message })
}

/** The coordinator has it: what did not arrive of its items goes out again. */
export function takeAttached(state: SessionState, message: AttachedMessage, out: SessionCommand[]): void {
  const batch = state.batches.get(message.batch)
  if (batch === undefined) return
  if (batch.phase === 'open' && !batch.attached) {
    // The answer to a submission whose key was known. It counts the items that we send itself.
    batch.attached = true
    batch.known = true
    batch.id = message.id
    batch.inputEnded ||= message.inputEnded
    out.push({ kind: 'attached', batch: message.batch, message })
    const { batch: number, id, pool, poolSize } = message
    out.push({ kind: 'accepted', batch: number, message: { kind: 'accepted', batch: number, id, pool, poolSize } })
    return
  }
  if (batch.phase !== 'attaching') return
  const { received, roomBytes, inputEnded } = message
  const tooMany = !batch.known && (received > batch.itemsSent || (inputEnded && (received !== batch.itemsSent || !batch.inputEnded)))
  if (received < batch.itemsStored || tooMany) {
    violate(state, `a batch of ${batch.itemsSent} items came back with ${received}`, out)
    return
  }
  batch.phase = 'open'
  batch.attached = true
  if (batch.submit === undefined) out.push({ kind: 'attached', batch: batch.batch, message })
  dropStored(batch, received)
  // What is there and not dealt with will be credited once more.
  const windowBytes = state.welcome?.limits.inputWindowBytes ?? 0
  batch.creditBytes = Math.min(0, roomBytes - windowBytes)
  batch.roomBytes = roomBytes
  sendUnstored(batch, 0, inputEnded, out)
  if (batch.cancelled) {
    batch.phase = 'cancelling'
    out.push({ kind: 'send', message: { kind: 'cancel', batch: batch.batch } })
  }
}

/**
 * After the refusal of an `attach`: a batch that the coordinator never heard of is submitted again, as long as we have all of it and nothing came
 * of it. False: that cannot be.
 */
export function submitAgain(state: SessionState, batch: BatchState, error: ForkpoolError, out: SessionCommand[]): boolean {
  if (error.code !== 'BATCH_UNKNOWN' || batch.submit === undefined) return false
  if (batch.itemsStored > 0 || batch.resultsReceived > 0 || batch.cancelled) return false
  state.openCount--
  sendAgain(state, batch, out)
  return true
}

/** Submits a batch of which nothing is known to be stored, with all that was read of its input. */
function sendAgain(state: SessionState, batch: BatchState, out: SessionCommand[]): void {
  const [, ...rest] = batch.unstored
  const { itemsSent } = batch
  batch.unstored = []
  batch.creditBytes = 0
  if (!sendSubmit(state, batch, out)) return
  batch.unstored.push(...rest)
  batch.itemsSent = itemsSent
  sendUnstored(batch, batch.unstored.length - rest.length, batch.submit?.end === true, out)
}

/** Forgets blocks before the item `received`, and cuts the one in which it lies. */
function dropStored(batch: BatchState, received: number): void {
  const kept: ItemBlock[] = []
  let at = batch.itemsStored
  for (const block of batch.unstored) {
    const end = at + block.count
    if (at >= received) kept.push(block)
    else if (end > received) kept.push(sliceBlock(block, received - at, end - received))
    at = end
  }
  batch.unstored = kept
  batch.itemsStored = received
}

/** Sends blocks from the `first` of those that are not stored, and the end of the input unless the coordinator has it. */
function sendUnstored(batch: BatchState, first: number, endKnown: boolean, out: SessionCommand[]): void {
  const { batch: number, unstored, inputEnded } = batch
  let from = unstored.slice(0, first).reduce((at, { count }) => at + count, batch.itemsStored)
  for (let i = first; i < unstored.length; i++) {
    const items = unstored[i] as ItemBlock
    const end = inputEnded && i === unstored.length - 1
    batch.roomBytes -= blockBytes(items)
    out.push({ kind: 'send', message: { kind: 'items', batch: number, from, items, ...(end && { end }) } })
    from += items.count
  }
  if (inputEnded && first >= unstored.length && !endKnown) out.push({ kind: 'send', message: { kind: 'end', batch: number } })
  if (!inputEnded) out.push({ kind: 'room', batch: number, bytes: Math.max(0, batch.roomBytes) })
}
