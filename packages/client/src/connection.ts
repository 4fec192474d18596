import type { Cancel, Clock, Deferred, ErrorCode, Instant, Random } from '@forkpool/pool-core/base'
import { after, assert, deferred, ForkpoolError, unreachable } from '@forkpool/pool-core/base'
import type { BatchCarrier, BatchOwner, BatchSubmission, CarrierLimits } from '@forkpool/pool-core/batch'
import { reportCallbackError } from '@forkpool/pool-core/future'
import type { ClientMessage, ItemBlock, ResultsMessage, ServerMessage, WelcomeMessage } from '@forkpool/pool-core/protocol'
import {
  decodeServerMessage,
  encodeClientMessage,
  encodeClientParts,
  FRAME_BYTES_MAX,
  SUBPROTOCOL_CBOR,
} from '@forkpool/pool-core/protocol'
import type { SessionCommand, SessionEvent } from './session-events.ts'
import type { SessionState } from './session-state.ts'
import { createSession, takeBatchNumber } from './session-state.ts'
import { stepSession } from './session.ts'
import type { TlsOptions, Transport, TransportKind } from './transport.ts'

export interface ReconnectPolicy {
  /** Tries after a loss, before all that waits is rejected. */
  readonly attempts: number
  /** The wait before try `n` is a random part of `minDelayMs × 2ⁿ`, at most of `maxDelayMs`; milliseconds. */
  readonly minDelayMs: number
  readonly maxDelayMs: number
}

export interface ConnectionOptions {
  readonly transport: TransportKind
  readonly url: URL
  readonly token: string | undefined
  readonly tls?: TlsOptions | undefined
  /** Name and version of this program, for the coordinator's logs. */
  readonly client: string
  /** `undefined`: a lost connection stays lost. */
  readonly reconnect: ReconnectPolicy | undefined
  readonly connectTimeoutMs: number
  readonly clock: Clock
  readonly random: Random
}

/** What happens to the connection while batches come and go. */
export type ConnectionEvent =
  /** The coordinator shuts down: open batches go on, new ones wait for another connection. */
  | { readonly kind: 'goodbye'; readonly reason: string }
  | { readonly kind: 'lost'; readonly error: ForkpoolError }
  | { readonly kind: 'reconnected'; readonly session: string }

/** Another try cannot help. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set(['UNAUTHORISED', 'NOT_ALLOWED', 'PROTOCOL_VERSION'])

/** The runtime around `session.ts`: sockets, timers and owners. It decides nothing about batches. */
export class Connection implements BatchCarrier {
  readonly isRemote = true
  readonly #options: ConnectionOptions
  /** Written by `stepSession` only. */
  readonly #state: SessionState
  /** Who is told about a batch. A cancelled batch has no owner any more. */
  readonly #owners = new Map<number, BatchOwner>()
  readonly #listeners = new Set<(event: ConnectionEvent) => void>()
  /** Invariant: at most one socket, and none while `#cancelRetry` is set. */
  #transport: Transport | undefined
  #cancelRetry: Cancel | undefined
  #cancelTimeout: Cancel | undefined
  /** Why we closed the socket ourselves: more telling than the error that the socket will report. */
  #cause: ForkpoolError | undefined
  /** Settled by the first `ready` or `given-up`. */
  #first: Deferred<WelcomeMessage> | undefined
  #attempts = 0
  #readySince: Instant | undefined
  readonly #closed = deferred<void>()

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#state = createSession(options.client, {
      token: options.transport.carriesToken ? undefined : options.token,
      instance: options.random.token(12),
      resumes: options.reconnect !== undefined,
    })
  }

  /** Opens the connection, once. Rejects when the first attempt fails, and then nothing is left open. */
  connect(): Promise<WelcomeMessage> {
    assert(this.#first === undefined, 'a connection is opened once')
    this.#first = deferred()
    this.#open()
    return this.#first.promise
  }

  /** What the coordinator said last about itself. */
  get welcome(): WelcomeMessage {
    assert(this.#state.welcome !== undefined, 'only a connected cluster is handed out')
    return this.#state.welcome
  }

  get limits(): CarrierLimits {
    return this.welcome.limits
  }

  listen(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Submits a batch and returns its number. While there is no connection it waits for the next. */
  submit(owner: BatchOwner, submission: BatchSubmission): number {
    const batch = takeBatchNumber(this.#state)
    this.#owners.set(batch, owner)
    this.#dispatch({ kind: 'submit', message: { kind: 'submit', batch, ...submission, retryOn: namesOf(submission.retryOn) } })
    return batch
  }

  /** Asks for a batch that was submitted before, by whatever client, and returns its number here. */
  attach(owner: BatchOwner, id: string): number {
    const batch = takeBatchNumber(this.#state)
    this.#owners.set(batch, owner)
    this.#dispatch({ kind: 'attach', batch, id })
    return batch
  }

  /** Reads no more of a batch, which goes on; its owner hears nothing more. */
  leave(batch: number): void {
    if (this.#owners.delete(batch)) this.#dispatch({ kind: 'leave', batch })
  }

  items(batch: number, items: ItemBlock, end: boolean): void {
    this.#dispatch({ kind: 'items', batch, items, end })
  }

  end(batch: number): void {
    this.#dispatch({ kind: 'end', batch })
  }

  /** Stops the batch; its owner hears nothing more. */
  cancel(batch: number): void {
    if (this.#owners.delete(batch)) this.#dispatch({ kind: 'cancel', batch })
  }

  consumed(batch: number, bytes: number): void {
    this.#dispatch({ kind: 'consumed', batch, bytes })
  }

  /** Rejects everything that is open or waits with `error`, and resolves when the socket is gone. */
  close(error: ForkpoolError): Promise<void> {
    const isFirst = this.#state.phase !== 'closed'
    this.#dispatch({ kind: 'close', error })
    if (isFirst) {
      this.#cancelRetry?.()
      this.#cancelTimeout?.()
      this.#first?.reject(error)
      if (this.#transport === undefined) this.#closed.resolve()
    }
    return this.#closed.promise
  }

  #dispatch(event: SessionEvent): void {
    for (const command of stepSession(this.#state, event)) this.#run(command)
  }

  #send(message: ClientMessage): void {
    const transport = this.#transport
    if (transport?.sendParts === undefined) {
      transport?.send(encodeClientMessage(message, 'cbor'))
      return
    }
    const frame = encodeClientParts(message)
    if (frame instanceof Uint8Array) transport.send(frame)
    else transport.sendParts(frame)
  }

  #run(command: SessionCommand): void {
    switch (command.kind) {
      case 'send':
        this.#send(command.message)
        break
      case 'ready':
        this.#ready(command.welcome)
        break
      case 'accepted':
        this.#owners.get(command.batch)?.accepted(command.message)
        break
      case 'attached':
        this.#owners.get(command.batch)?.attached?.(command.message)
        break
      case 'room':
        this.#owners.get(command.batch)?.room(command.bytes)
        break
      case 'results':
        this.#deliver(command.batch, command.message)
        break
      case 'ended':
        this.#takeOwner(command.batch)?.ended(command.summary)
        break
      case 'failed':
        this.#takeOwner(command.batch)?.failed(command.error)
        break
      case 'disconnect':
        this.#transport?.close(command.code, command.reason)
        break
      case 'reconnect':
        this.#reconnect(command.error)
        break
      case 'goodbye':
        this.#emit(command)
        break
      default:
        unreachable(command)
    }
  }

  #takeOwner(batch: number): BatchOwner | undefined {
    const owner = this.#owners.get(batch)
    this.#owners.delete(batch)
    return owner
  }

  #deliver(batch: number, message: ResultsMessage): void {
    const owner = this.#owners.get(batch)
    try {
      owner?.results(message)
    } catch (error) {
      // A result that cannot be read, by a fault of ours or of the other side: no batch may hang for it.
      this.cancel(batch)
      owner?.failed(new ForkpoolError('BAD_MESSAGE', `results of batch ${batch} cannot be read`, { cause: error }))
    }
  }

  #open(): void {
    const { transport, url, token, tls, clock, connectTimeoutMs } = this.#options
    this.#cancelRetry = undefined
    this.#cause = undefined
    this.#cancelTimeout = clock.schedule(after(clock.now(), connectTimeoutMs), () => {
      this.#cause = new ForkpoolError(
        'COORDINATOR_UNREACHABLE',
        `no coordinator answers at ${url.origin}${url.pathname} within ${connectTimeoutMs} ms`,
      )
      this.#transport?.close(1000, '')
    })
    const target = {
      url,
      subprotocol: SUBPROTOCOL_CBOR,
      token: transport.carriesToken ? token : undefined,
      tls,
      frameBytesMax: FRAME_BYTES_MAX,
      clock,
    }
    this.#transport = transport.open(target, {
      opened: () => this.#dispatch({ kind: 'opened' }),
      received: (frame) => this.#received(frame),
      closed: (error) => this.#lost(error),
    })
  }

  #received(frame: Uint8Array | string): void {
    if (this.#cause !== undefined) return
    let message: ServerMessage
    try {
      message = decodeServerMessage(frame, 'cbor')
    } catch (error) {
      this.#cause = new ForkpoolError('BAD_MESSAGE', 'the coordinator sent what is no message', { cause: error })
      this.#transport?.close(1002, 'protocol error')
      return
    }
    this.#dispatch({ kind: 'received', message })
  }

  #ready(welcome: WelcomeMessage): void {
    this.#cancelTimeout?.()
    this.#readySince = this.#options.clock.now()
    if (this.#attempts > 0) this.#emit({ kind: 'reconnected', session: welcome.session })
    this.#first?.resolve(welcome)
  }

  #lost(error: ForkpoolError): void {
    this.#transport = undefined
    this.#cancelTimeout?.()
    const reason = this.#cause ?? error
    if (this.#readySince !== undefined) {
      // A connection that lived longer than the longest wait was a success; one that dies at once counts as a failed attempt.
      const { clock, reconnect } = this.#options
      if (clock.now() - this.#readySince >= (reconnect?.maxDelayMs ?? 0)) this.#attempts = 0
      this.#readySince = undefined
      if (this.#state.phase !== 'closed') this.#emit({ kind: 'lost', error: reason })
    }
    this.#dispatch({ kind: 'lost', error: reason })
    if (this.#state.phase === 'closed') this.#closed.resolve()
  }

  #reconnect(error: ForkpoolError): void {
    const { reconnect, clock, random } = this.#options
    const isFirst = this.#state.welcome === undefined
    if (isFirst || reconnect === undefined || FINAL_CODES.has(error.code) || this.#attempts >= reconnect.attempts) {
      const tries = this.#attempts
      this.#attempts = 0
      const final =
        tries === 0 ? error : new ForkpoolError(error.code, `${error.message} (after ${tries} attempts)`, { cause: error.cause })
      this.#first?.reject(final)
      this.#dispatch({ kind: 'given-up', error: final })
      return
    }
    // Full jitter, so that a thousand clients do not come back at once. Source: AWS Architecture Blog, "Exponential Backoff And Jitter", 2015.
    const delayMs = random.next() * Math.min(reconnect.maxDelayMs, reconnect.minDelayMs * 2 ** this.#attempts)
    this.#attempts++
    this.#cancelRetry = clock.schedule(after(clock.now(), delayMs), () => this.#open())
  }

  #emit(event: ConnectionEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        reportCallbackError('a listener of the cluster', error)
      }
    }
  }
}

/** Of a pool elsewhere only names are taken: the calls have seen to that. */
function namesOf(retryOn: BatchSubmission['retryOn']): readonly string[] | undefined {
  if (retryOn === undefined) return undefined
  const rules: readonly unknown[] = Array.isArray(retryOn) ? retryOn : [retryOn]
  return rules.filter((rule) => typeof rule === 'string')
}
