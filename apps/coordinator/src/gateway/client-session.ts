import type { Cancel, Clock } from '@forkpool/pool-core/base'
import { after, ForkpoolError } from '@forkpool/pool-core/base'
import type { AttachMessage, ClientMessage, HelloMessage, ServerMessage, SubmitMessage, WelcomeMessage } from '@forkpool/pool-core/protocol'
import { chooseVersion, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '@forkpool/pool-core/protocol'
import type { BatchId, SessionId } from '@forkpool/pool-core/scheduler'
import type { Principal } from '../access/role.ts'
import { LimitError } from '../config/limits.ts'
import type { AttachQuery, BatchHandle, BatchRequest, BatchSink, Reader } from '../batch-request.ts'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import type { HeldInput } from './held-input.ts'
import { refusal } from './refusal.ts'
import { SessionBatch } from './session-batch.ts'
import { checkSubmit } from './submit-check.ts'

/** What a session needs of the rest of the program. */
export interface SessionPorts {
  readonly clock: Clock
  readonly send: (message: ServerMessage) => void
  /** Ends the connection with a WebSocket close code (RFC 6455, section 7.4). */
  readonly close: (code: number, reason: string) => void
  readonly submit: (request: BatchRequest, items: ItemBlock | undefined, ended: boolean, sink: BatchSink) => BatchHandle
  /** Looks for a batch that was submitted before; the sink hears what comes of it. */
  readonly attach: (query: AttachQuery, sink: BatchSink) => BatchHandle
  readonly isToken: (token: string) => boolean
  /** Who is connected; undefined before `hello`. */
  readonly principal: () => Principal | undefined
  /** Batches that are open in all sessions. */
  readonly openBatches: () => number
  readonly held: HeldInput
  /** A client that names itself is here. What it returns is called at the end; undefined: it has come by a later connection before. */
  readonly enter: (reader: Reader, superseded: () => void) => (() => void) | undefined
  /** Something was refused, a batch or the connection. */
  readonly refused: (error: unknown) => void
}

export interface SessionOptions {
  readonly id: SessionId
  readonly reply: BatchRequest['reply']
  /** False: the upgrade carried no token and one is needed; `hello` has to bring it. */
  readonly authorised: boolean
  readonly handshakeTimeoutMs: number
  readonly batchesOpenTotalMax: number
  readonly nameLengthMax: number
  readonly welcome: Omit<WelcomeMessage, 'kind' | 'version' | 'session'>
}

/** Close codes (RFC 6455): 1002 for a message that breaks the protocol, 1008 for one that is not allowed. */
const PROTOCOL_ERROR = 1002
const POLICY_VIOLATION = 1008

/**
 * One client connection, without its socket: messages in, messages out. A refused batch leaves the session as it was; a broken
 * message ends it.
 */
export class ClientSession {
  readonly #ports: SessionPorts
  readonly #options: SessionOptions
  /** Batches that are open or have something left to write. */
  readonly #batches = new Map<number, SessionBatch>()
  /** Those of them that are over. */
  readonly #ended = new Set<number>()
  #phase: 'hello' | 'open' | 'closed' = 'hello'
  #highestBatch = 0
  /** As the client named itself. */
  #reader: Reader | undefined
  #leave: (() => void) | undefined
  /** Numbers of batches that were asked for and are not known here: they may be submitted. */
  readonly #unknown = new Set<number>()
  #congested = false
  readonly #cancelTimeout: Cancel

  constructor(ports: SessionPorts, options: SessionOptions) {
    this.#ports = ports
    this.#options = options
    const { clock } = ports
    this.#cancelTimeout = clock.schedule(
      after(clock.now(), options.handshakeTimeoutMs),
      () =>
        this.#refuseAndClose(new LimitError('handshakeTimeoutMs', `no hello within ${options.handshakeTimeoutMs} ms`), POLICY_VIOLATION),
      { unref: true },
    )
  }

  get openBatches(): number {
    return this.#batches.size
  }

  receive(message: ClientMessage): void {
    if (this.#phase === 'closed') return
    try {
      if (message.kind === 'hello') this.#hello(message)
      else if (this.#phase === 'hello') throw new ForkpoolError('BAD_MESSAGE', `the first message has to be hello, got ${message.kind}`)
      else this.#receiveOpen(message)
    } catch (error) {
      this.violated(error)
    }
  }

  /** The peer broke the protocol: it hears why, and the connection ends. */
  violated(error: unknown): void {
    this.#refuseAndClose(error, PROTOCOL_ERROR)
  }

  /**
   * The connection is gone. Where it broke, its batches go on for a while, since the client may come back for them; one that said goodbye, or broke the
   * protocol, wants them no more.
   */
  closed(isBroken: boolean): void {
    this.#phase = 'closed'
    this.#cancelTimeout()
    this.#leave?.()
    for (const batch of this.#batches.values()) {
      if (isBroken) batch.leave()
      else batch.abandon()
    }
    this.#batches.clear()
  }

  /** The connection's buffer is too full (or empty enough again). */
  setCongested(congested: boolean): void {
    if (this.#congested === congested) return
    this.#congested = congested
    for (const batch of this.#batches.values()) batch.setCongested(congested)
    this.#sweep()
  }

  #hello(message: HelloMessage): void {
    if (this.#phase !== 'hello') throw new ForkpoolError('BAD_MESSAGE', 'hello was said already')
    const version = chooseVersion(message.versions)
    if (version === undefined) {
      const spoken = `${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION}`
      const error = new ForkpoolError(
        'PROTOCOL_VERSION',
        `the client speaks versions ${message.versions.join(', ')}; this coordinator ${spoken}`,
      )
      return this.#refuseAndClose(error, PROTOCOL_ERROR)
    }
    if (!this.#options.authorised && !(message.token !== undefined && this.#ports.isToken(message.token)))
      return this.#refuseAndClose(new ForkpoolError('UNAUTHORISED'), POLICY_VIOLATION)
    this.#cancelTimeout()
    this.#phase = 'open'
    const { instance, connection = 0 } = message
    if (instance !== undefined) {
      this.#reader = { instance, connection }
      this.#leave = this.#ports.enter(this.#reader, () => this.#superseded())
      if (this.#leave === undefined) return this.#superseded()
    }
    this.#ports.send({ kind: 'welcome', version, session: this.#options.id, ...this.#options.welcome })
  }

  #receiveOpen(message: Exclude<ClientMessage, HelloMessage>): void {
    if (message.kind === 'submit') return this.#submit(message)
    if (message.kind === 'attach') return this.#attach(message)
    const batch = this.#batches.get(message.batch)
    if (batch === undefined) {
      // The batch may have ended while this was on its way; one that never was is the client's fault.
      if (message.batch <= this.#highestBatch) return
      throw new ForkpoolError('BAD_MESSAGE', `${message.kind} for batch ${message.batch}, which was never submitted`)
    }
    switch (message.kind) {
      case 'items':
        return batch.add(message.items, message.end ?? false, message.from)
      case 'end':
        return batch.end()
      case 'cancel':
        return batch.cancel()
      case 'leave':
        batch.leave()
        this.#ended.delete(message.batch)
        this.#batches.delete(message.batch)
        return
      case 'credit':
        batch.taken(message.bytes)
        this.#sweep()
    }
  }

  #submit(message: SubmitMessage): void {
    const number = message.batch
    // A batch that could not be attached may be submitted under its number.
    if (!this.#unknown.delete(number)) this.#useNumber(number)
    const { welcome, id, reply } = this.#options
    let batch: SessionBatch | undefined
    try {
      this.#checkLimits(message)
      const request = { ...checkSubmit(message, id, reply, this.#ports.principal()?.weight), ...this.#identity(message) }
      const limits = {
        inputWindowBytes: welcome.limits.inputWindowBytes,
        resultWindowBytes: Math.min(message.resultWindowBytes ?? welcome.limits.resultWindowBytes, welcome.limits.resultWindowBytes),
        held: this.#ports.held,
        reader: this.#reader,
      }
      batch = new SessionBatch(number, message.terse ?? false, limits, this.#ports.send, {
        over: () => this.#overWhenWritten(number),
        refused: (error) => this.#ports.refused(error),
      })
      batch.begin(message.items, message.end ?? false)
      batch.open(this.#ports.submit(request, message.items, message.end ?? false, batch))
      this.#batches.set(number, batch)
      if (this.#congested) batch.setCongested(true)
    } catch (error) {
      batch?.abandon()
      this.#ports.refused(error)
      this.#ports.send({ kind: 'refused', batch: number, error: refusal(error) })
    }
  }

  /** @throws LimitError */
  #checkLimits({ task, pool }: SubmitMessage): void {
    const { welcome, batchesOpenTotalMax, nameLengthMax } = this.#options
    const { batchesOpenMax } = welcome.limits
    if (this.#batches.size >= batchesOpenMax) throw new LimitError('batchesOpenMax', `${batchesOpenMax} batches are open in this session`)
    if (this.#ports.openBatches() >= batchesOpenTotalMax)
      throw new LimitError('batchesOpenTotalMax', `${batchesOpenTotalMax} batches are open; submit again when some have ended`)
    if (task.length > nameLengthMax || (pool !== undefined && pool.length > nameLengthMax))
      throw new LimitError('nameLengthMax', `a name may have ${nameLengthMax} characters`)
  }

  #attach({ batch: number, session, id, have = [], resultWindowBytes }: AttachMessage): void {
    this.#useNumber(number)
    const { welcome } = this.#options
    const { principal, held, send, refused } = this.#ports
    const who = principal()
    const owner = who === undefined || who.role === 'admin' ? undefined : who.name
    const limits = {
      inputWindowBytes: welcome.limits.inputWindowBytes,
      resultWindowBytes: Math.min(resultWindowBytes ?? welcome.limits.resultWindowBytes, welcome.limits.resultWindowBytes),
      held,
      reader: this.#reader,
    }
    if (this.#batches.size >= welcome.limits.batchesOpenMax) {
      const error = new LimitError('batchesOpenMax', `${welcome.limits.batchesOpenMax} batches are open in this session`)
      refused(error)
      return send({ kind: 'refused', batch: number, error: refusal(error) })
    }
    const batch = new SessionBatch(number, true, limits, send, {
      over: () => this.#overWhenWritten(number),
      refused: (error) => {
        if (error instanceof ForkpoolError && error.code === 'BATCH_UNKNOWN') this.#unknown.add(number)
        refused(error)
      },
    })
    this.#batches.set(number, batch)
    const key = session === undefined ? undefined : sessionKey(session, number)
    batch.open(this.#ports.attach({ id: id as BatchId | undefined, key, owner, have }, batch))
    if (this.#congested) batch.setCongested(true)
    return undefined
  }

  /** Whose batch it is, and how it is found again. */
  #identity({ batch, key, detached }: SubmitMessage): Pick<BatchRequest, 'owner' | 'idempotencyKey' | 'hasKey' | 'detached'> {
    const owner = this.#ports.principal()?.name
    // Of the connection alone a key is not enough: a client may come from another one, and another client may have the same idea.
    const idempotencyKey = key === undefined ? sessionKey(this.#options.id, batch) : `k:${owner ?? ''}/${key}`
    return { owner, idempotencyKey, hasKey: key !== undefined, detached: detached ?? false }
  }

  #useNumber(number: number): void {
    if (number <= this.#highestBatch)
      throw new ForkpoolError('BAD_MESSAGE', `batch ${number}: numbers of a session ascend, and ${this.#highestBatch} was used`)
    this.#highestBatch = number
  }

  #overWhenWritten(number: number): void {
    if (this.#batches.get(number)?.idle === true) this.#batches.delete(number)
    else this.#ended.add(number)
  }

  #sweep(): void {
    for (const number of this.#ended) {
      if (this.#batches.get(number)?.idle === false) continue
      this.#batches.delete(number)
      this.#ended.delete(number)
    }
  }

  /** The client has another connection since. It may come back there for the batches of this one. */
  #superseded(): void {
    if (this.#phase === 'closed') return
    const error = new ForkpoolError('SUPERSEDED', 'this client has come by a later connection')
    this.#ports.send({ kind: 'refused', error: refusal(error) })
    this.closed(true)
    this.#ports.close(POLICY_VIOLATION, error.message)
  }

  #refuseAndClose(error: unknown, code: number): void {
    if (this.#phase === 'closed') return
    const wire = refusal(error)
    this.#ports.refused(error)
    this.#ports.send({ kind: 'refused', error: wire })
    this.closed(false)
    this.#ports.close(code, wire.message)
  }
}

/** By what a batch is found whose client was away. */
function sessionKey(session: string, number: number): string {
  return `s:${session}/${number}`
}
