import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ItemBlock, ResultsMessage, ServerMessage, SubmitMessage, WelcomeMessage } from '@forkpool/pool-core/protocol'
import type { SessionCommand, SessionEvent } from '../src/session-events.ts'
import type { SessionState } from '../src/session-state.ts'
import { createSession, takeBatchNumber } from '../src/session-state.ts'
import { stepSession } from '../src/session.ts'

export const LIMITS: WelcomeMessage['limits'] = {
  frameBytes: 1000,
  inputWindowBytes: 80,
  resultWindowBytes: 80,
  poolSizeMax: 8,
  batchesOpenMax: 2,
}
export const WELCOME: WelcomeMessage = { kind: 'welcome', version: 1, session: 's1', server: 'test', cores: 2, limits: LIMITS }
export const LOST: ForkpoolError = new ForkpoolError('CONNECTION_LOST', 'the wire was cut')

/** `count` numbers: 8 bytes each. */
export function block(count: number): ItemBlock {
  return { count, codec: 'f64', bytes: new Uint8Array(count * 8) }
}

/** Drives a session by hand, in a test. */
export class SessionDriver {
  readonly state: SessionState

  constructor(resumes = true) {
    this.state = createSession('test', { resumes })
  }

  step(event: SessionEvent): readonly SessionCommand[] {
    return stepSession(this.state, event)
  }

  receive(message: ServerMessage): readonly SessionCommand[] {
    return this.step({ kind: 'received', message })
  }

  open(limits: Partial<WelcomeMessage['limits']> = {}): readonly SessionCommand[] {
    this.step({ kind: 'opened' })
    return this.receive({ ...WELCOME, limits: { ...LIMITS, ...limits } })
  }

  /** Submits `count` numbers and returns the batch's number and what came of it. */
  submit(count = 1, end = true): [number, readonly SessionCommand[]] {
    const batch = takeBatchNumber(this.state)
    const message: SubmitMessage = { kind: 'submit', batch, task: 'square', items: block(count), ...(end && { end }) }
    return [batch, this.step({ kind: 'submit', message })]
  }
}

export function connected(limits: Partial<WelcomeMessage['limits']> = {}): SessionDriver {
  const driver = new SessionDriver()
  driver.open(limits)
  return driver
}

export function results(batch: number, from: number, count: number, done = false): ResultsMessage {
  const summary = { outcome: 'completed' as const, completed: from + count, failed: 0, cancelled: 0, wallMs: 1, runMs: 1, workers: 1 }
  return { kind: 'results', batch, from, count, values: block(count), ...(done && { done: summary }) }
}

export const kinds = (commands: readonly SessionCommand[]): string[] =>
  commands.map((command) => (command.kind === 'send' ? `send ${command.message.kind}` : command.kind))

export const sent = (commands: readonly SessionCommand[]): unknown[] =>
  commands.flatMap((command) => (command.kind === 'send' ? [command.message] : []))

export const codeOf = (commands: readonly SessionCommand[], kind: 'failed' | 'reconnect'): string | undefined =>
  commands.flatMap((command) => (command.kind === kind ? [command.error.code] : []))[0]
