import { ForkpoolError, unreachable } from '@forkpool/pool-core/base'
import { toForkpoolError } from '@forkpool/pool-core/batch'
import type { HelloMessage, ServerMessage, WelcomeMessage } from '@forkpool/pool-core/protocol'
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '@forkpool/pool-core/protocol'
import { isWorthKeeping, keep, takeAccepted, takeAttached } from './session-attach.ts'
import {
  attach,
  cancel,
  consume,
  endBatch,
  endInput,
  leave,
  leaveIfDrained,
  sendItems,
  sendWaiting,
  submit,
  takeCredit,
  takeRefusal,
  takeResults,
} from './session-batches.ts'
import type { SessionCommand, SessionEvent } from './session-events.ts'
import { fail, failAll, violate } from './session-failures.ts'
import type { SessionState } from './session-state.ts'

/**
 * The client's end of one connection after the other: which batch waits, which is open, what may be sent, what is owed. Pure: no socket,
 * promise or timer; it changes `state` in place and returns what the runtime must do. Every submitted batch gets exactly one
 * `ended` or `failed`.
 */
export function stepSession(state: SessionState, event: SessionEvent): readonly SessionCommand[] {
  const out: SessionCommand[] = []
  switch (event.kind) {
    case 'opened':
      if (state.phase === 'closed') break
      state.phase = 'greeting'
      state.connections++
      out.push({ kind: 'send', message: hello(state) })
      break
    case 'received':
      receive(state, event.message, out)
      break
    case 'lost':
      lose(state, event.error, out)
      break
    case 'given-up':
      if (state.phase === 'closed') break
      state.phase = 'down'
      failAll(state, event.error, out)
      break
    case 'submit':
      submit(state, event.message, out)
      break
    case 'attach':
      attach(state, event.batch, event.id, out)
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
    case 'leave':
      leave(state, event.batch, out)
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
  const { client, instance, connections: connection } = state
  return {
    kind: 'hello',
    versions,
    client,
    ...(instance !== undefined && { instance, connection }),
    ...(state.token !== undefined && { token: state.token }),
  }
}

function receive(state: SessionState, message: ServerMessage, out: SessionCommand[]): void {
  if (state.phase === 'closed' || state.phase === 'down' || state.phase === 'connecting' || state.fatal !== undefined) return
  if (state.phase === 'greeting' && message.kind !== 'welcome' && message.kind !== 'refused' && message.kind !== 'goodbye') {
    violate(state, `"${message.kind}" came before "welcome"`, out)
    return
  }
  switch (message.kind) {
    case 'welcome':
      welcome(state, message, out)
      break
    case 'accepted':
      takeAccepted(state, message, out)
      break
    case 'attached':
      takeAttached(state, message, out)
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

function welcome(state: SessionState, message: WelcomeMessage, out: SessionCommand[]): void {
  if (state.phase !== 'greeting') {
    violate(state, '"welcome" came twice', out)
    return
  }
  if (message.version < PROTOCOL_VERSION_MIN || message.version > PROTOCOL_VERSION) {
    state.fatal = new ForkpoolError('PROTOCOL_VERSION', `the coordinator chose version ${message.version}, which was not offered`)
    out.push({ kind: 'disconnect', code: 1002, reason: 'protocol version' })
    return
  }
  state.phase = 'open'
  state.welcome = message
  out.push({ kind: 'ready', welcome: message })
  sendWaiting(state, out)
}

function lose(state: SessionState, error: ForkpoolError, out: SessionCommand[]): void {
  if (state.phase === 'closed') return
  const wasConnected = state.phase === 'open' || state.phase === 'draining'
  // What waits after a goodbye, and will not get another connection, hears of the goodbye.
  const reason = state.fatal ?? (state.phase === 'draining' ? new ForkpoolError('DRAINING', undefined, { cause: error }) : error)
  const isBroken = state.fatal !== undefined
  state.fatal = undefined
  if (wasConnected) {
    const lost = new ForkpoolError('CONNECTION_LOST', reason.message, { cause: reason })
    state.lost.clear()
    for (const batch of state.batches.values()) {
      if (batch.phase === 'waiting') continue
      if (batch.phase !== 'lost' && !isBroken && isWorthKeeping(state, batch)) keep(batch)
      if (batch.phase === 'lost') state.lost.push(batch)
      else fail(state, batch, lost, out)
    }
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
