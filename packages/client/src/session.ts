import { assert, CancelledError, ForkpoolError, RingBuffer, unreachable } from '@forkpool/pool-core/base'
import type { BatchSummary, HelloMessage, ResultsMessage, ServerMessage, SubmitMessage, WelcomeMessage } from '@forkpool/pool-core/protocol'
import { blockBytes, FAILURE_WINDOW_BYTES, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '@forkpool/pool-core/protocol'
import type { SessionCommand, SessionEvent } from './session-events.ts'
import { toForkpoolError } from './wire-errors.ts'

/** One batch, from `submit` until `ended` or `failed`. */
interface BatchState {
  readonly batch: number
  /**
   * `waiting`: not sent yet, for want of a connection or since `batchesOpenMax` are open; `open`: the coordinator has it;
   * `cancelling`: as open, but nobody wants its results.
   */
  phase: 'waiting' | 'open' | 'cancelling'
  /** Held while `waiting`. */
  submit: SubmitMessage | undefined
  inputEnded: boolean
  itemsSent: number
  /** Item bytes that may be sent before the next `credit`. */
  roomBytes: number
  resultsReceived: number
  /** Result bytes that were read, and for which no `credit` was sent yet. */
  consumedBytes: number
}

/**
 * `connecting`: a socket is being opened, or soon will be; `greeting`: it is open and `hello` is sent; `open`; `draining`: as open, but the
 * coordinator takes no new batch; `down`: no socket, and none is tried for until a batch is submitted; `closed`: for good.
 */
export type SessionPhase = 'connecting' | 'greeting' | 'open' | 'draining' | 'down' | 'closed'

/** Written by `stepSession` only. */
export interface SessionState {
  phase: SessionPhase
  /** Sent with `hello`, where the socket itself cannot carry it. */
  readonly token: string | undefined
  readonly client: string
  welcome: WelcomeMessage | undefined
  nextBatch: number
  /** Waiting and open batches. A later `attach` finds here what each has sent and received. */
  readonly batches: Map<number, BatchState>
  /** Invariant: the batches that wait, in order of submission; one that was cancelled meanwhile is passed over. */
  readonly waiting: RingBuffer<BatchState>
  /** Batches that are `open` or `cancelling`. */
  openCount: number
  /** Why the session is over, or why the socket will close: a `lost` that follows reports it. */
  fatal: ForkpoolError | undefined
}

/** Four messages a window: seldom enough to cost nothing, often enough that the coordinator never runs dry. */
const CREDITS_PER_WINDOW = 4

export function createSession(client: string, token?: string): SessionState {
  return {
    phase: 'connecting',
    token,
    client,
    welcome: undefined,
    nextBatch: 1,
    batches: new Map(),
    waiting: new RingBuffer(),
    openCount: 0,
    fatal: undefined,
  }
}

/** A number for a new batch: never used twice, also not after a reconnection. */
export function takeBatchNumber(state: SessionState): number {
  return state.nextBatch++
}

/** Bytes that a result message takes in the result window. */
export function resultBytes(message: ResultsMessage): number {
  return blockBytes(message.values) + FAILURE_WINDOW_BYTES * (message.failures?.length ?? 0)
}

/**
 * The client's end of one connection after the other: which batch waits, which is open, what may be sent, what is owed. Pure: no socket,
 * promise or timer; it changes `state` in place and returns what the runtime must do. Every submitted batch gets exactly one
 * `ended` or `failed`.
 */
export function stepSession(state: SessionState, event: SessionEvent): readonly SessionCommand[] {
  const out: SessionCommand[] = []
  switch (event.kind) {
    case 'opened':
      state.phase = 'greeting'
      out.push({ kind: 'send', message: hello(state) })
      break
    case 'received':
      receive(state, event.message, out)
      break
    case 'lost':
      lose(state, event.error, out)
      break
    case 'given-up':
      if (state.phase !== 'closed') state.phase = 'down'
      failAll(state, event.error, out)
      break
    case 'submit':
      submit(state, event.message, out)
      break
    case 'items':
      sendItems(state, event, out)
      break
    case 'end':
      endInput(state, event.batch, out)
      break
    case 'cancel':
      cancel(state, event.batch, out)
      break
    case 'consumed':
      consume(state, event.batch, event.bytes, out)
      break
    case 'close':
      close(state, event.error, out)
      break
    default:
      unreachable(event)
  }
  return out
}

function hello(state: SessionState): HelloMessage {
  const versions: number[] = []
  for (let version = PROTOCOL_VERSION_MIN; version <= PROTOCOL_VERSION; version++) versions.push(version)
  return { kind: 'hello', versions, client: state.client, ...(state.token !== undefined && { token: state.token }) }
}

function receive(state: SessionState, message: ServerMessage, out: SessionCommand[]): void {
  if (state.phase === 'closed' || state.phase === 'down' || state.phase === 'connecting' || state.fatal !== undefined) return
  if (state.phase === 'greeting' && message.kind !== 'welcome' && message.kind !== 'refused' && message.kind !== 'goodbye') {
    violate(state, `"${message.kind}" came before "welcome"`, out)
    return
  }
  switch (message.kind) {
    case 'welcome':
      state.phase = 'open'
      state.welcome = message
      out.push({ kind: 'ready', welcome: message })
      sendWaiting(state, out)
      break
    case 'accepted':
      if (state.batches.has(message.batch)) out.push({ kind: 'accepted', batch: message.batch, message })
      break
    case 'credit':
      takeCredit(state, message.batch, message.bytes, out)
      break
    case 'results':
      takeResults(state, message, out)
      break
    case 'done':
      endBatch(state, message.batch, message, out)
      break
    case 'refused':
      takeRefusal(state, message.batch, toForkpoolError(message.error), out)
      break
    case 'goodbye':
      state.phase = 'draining'
      out.push({ kind: 'goodbye', reason: message.reason })
      leaveIfDrained(state, out)
      break
    default:
      unreachable(message)
  }
}

function submit(state: SessionState, message: SubmitMessage, out: SessionCommand[]): void {
  if (state.phase === 'closed') {
    out.push({ kind: 'failed', batch: message.batch, error: state.fatal ?? new ForkpoolError('POOL_CLOSED') })
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

function sendWaiting(state: SessionState, out: SessionCommand[]): void {
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

function sendItems(state: SessionState, event: SessionEvent & { kind: 'items' }, out: SessionCommand[]): void {
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

function endInput(state: SessionState, number: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.inputEnded) return
  batch.inputEnded = true
  if (batch.phase === 'waiting' && batch.submit !== undefined) batch.submit = { ...batch.submit, end: true }
  else if (batch.phase === 'open') out.push({ kind: 'send', message: { kind: 'end', batch: number } })
}

function cancel(state: SessionState, number: number, out: SessionCommand[]): void {
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

function takeCredit(state: SessionState, number: number, bytes: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase !== 'open') return
  batch.roomBytes += bytes
  if (!batch.inputEnded) out.push({ kind: 'room', batch: number, bytes: batch.roomBytes })
}

function takeResults(state: SessionState, message: ResultsMessage, out: SessionCommand[]): void {
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
  if (batch.phase === 'open') out.push({ kind: 'results', batch: batch.batch, message })
  else consume(state, batch.batch, resultBytes(message), out)
  if (done !== undefined) endBatch(state, batch.batch, done, out)
}

function endBatch(state: SessionState, number: number, summary: BatchSummary, out: SessionCommand[]): void {
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

function takeRefusal(state: SessionState, number: number | undefined, error: ForkpoolError, out: SessionCommand[]): void {
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

function consume(state: SessionState, number: number, bytes: number, out: SessionCommand[]): void {
  const batch = state.batches.get(number)
  if (batch === undefined || batch.phase === 'waiting' || state.welcome === undefined) return
  batch.consumedBytes += bytes
  if (batch.consumedBytes * CREDITS_PER_WINDOW < state.welcome.limits.resultWindowBytes) return
  out.push({ kind: 'send', message: { kind: 'credit', batch: number, bytes: batch.consumedBytes } })
  batch.consumedBytes = 0
}

/** The coordinator broke the protocol: nothing that it says can be trusted, so the connection goes. RFC 6455 §7.4.1, code 1002. */
function violate(state: SessionState, what: string, out: SessionCommand[]): void {
  state.fatal = new ForkpoolError('BAD_MESSAGE', `the coordinator broke the protocol: ${what}`)
  out.push({ kind: 'disconnect', code: 1002, reason: 'protocol error' })
}

function lose(state: SessionState, error: ForkpoolError, out: SessionCommand[]): void {
  if (state.phase === 'closed') return
  const wasConnected = state.phase === 'open' || state.phase === 'draining'
  const reason = state.fatal ?? (state.phase === 'draining' ? new ForkpoolError('DRAINING', undefined, { cause: error }) : error)
  state.fatal = undefined
  if (wasConnected) {
    const lost = new ForkpoolError('CONNECTION_LOST', undefined, { cause: state.phase === 'draining' ? error : reason })
    for (const batch of [...state.batches.values()]) if (batch.phase !== 'waiting') fail(state, batch, lost, out)
    state.openCount = 0
  }
  state.phase = 'connecting'
  out.push({ kind: 'reconnect', error: reason })
}

function close(state: SessionState, error: ForkpoolError, out: SessionCommand[]): void {
  if (state.phase === 'closed') return
  state.phase = 'closed'
  state.fatal = error
  failAll(state, error, out)
  out.push({ kind: 'disconnect', code: 1000, reason: '' })
}

function failAll(state: SessionState, error: ForkpoolError, out: SessionCommand[]): void {
  for (const batch of [...state.batches.values()]) fail(state, batch, error, out)
  state.waiting.clear()
  state.openCount = 0
}

function fail(state: SessionState, batch: BatchState, error: ForkpoolError, out: SessionCommand[]): void {
  state.batches.delete(batch.batch)
  // One error object for each: a caller may add to its own.
  out.push({ kind: 'failed', batch: batch.batch, error: new ForkpoolError(error.code, error.message, { cause: error.cause }) })
}

/** A draining coordinator waits for our batches only: when they are over, a new connection can find another. */
function leaveIfDrained(state: SessionState, out: SessionCommand[]): void {
  if (state.phase === 'draining' && state.openCount === 0) out.push({ kind: 'disconnect', code: 1000, reason: '' })
}
