import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Clock, Instant, Random } from '@forkpool/pool-core/base'
import { after, ForkpoolError } from '@forkpool/pool-core/base'
import type { ClientMessage, Dialect, ServerMessage } from '@forkpool/pool-core/protocol'
import { decodeClientMessage, dialectOf, encodeServerMessage, encodeServerParts } from '@forkpool/pool-core/protocol'
import type { SessionId } from '@forkpool/pool-core/scheduler'
import type { Access } from '../access/access.ts'
import { mayActAs } from '../access/role.ts'
import type { Principal } from '../access/role.ts'
import type { CoordinatorConfig } from '../config/read-config.ts'
import { closeReason } from '../link/close-reason.ts'
import { LimitError } from '../config/limits.ts'
import type { LimitName } from '../config/limits.ts'
import type { Log } from '../log.ts'
import type { RefusalReason } from '../refusal-reason.ts'
import { ClientSession } from './client-session.ts'
import type { SessionOptions, SessionPorts } from './client-session.ts'
import type { ClientInstances } from './client-instances.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { FrameMeter } from './frame-meter.ts'
import type { HeldInput } from './held-input.ts'
import { MESSAGE_ROLES } from './message-roles.ts'
import { ReadProgress } from './read-progress.ts'
import { refusal } from './refusal.ts'
import { SocketWriter } from './socket-writer.ts'

/** Not allowed (RFC 6455 §7.4.1). */
const POLICY_VIOLATION = 1008

/** What a WebSocket says that broke (RFC 6455 §7.4.1). */
const ABNORMAL = 1006

/** What `ws` says where a peer breaks a limit; it closes with the right code by itself. */
const WS_LIMITS: Readonly<Record<string, LimitName>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'frameBytesMax',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'frameBytesMax',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'fragmentsMax',
}

export interface ConnectionParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly access: Access
  readonly submit: SessionPorts['submit']
  readonly attach: SessionPorts['attach']
  readonly openBatches: SessionPorts['openBatches']
  readonly held: HeldInput
  readonly instances: ClientInstances
  readonly welcome: SessionOptions['welcome']
  readonly limits: Pick<
    CoordinatorConfig,
    | 'handshakeTimeoutMs'
    | 'heartbeatMs'
    | 'messageTimeoutMs'
    | 'framesPerSecondMax'
    | 'jsonDepthMax'
    | 'batchesOpenTotalMax'
    | 'nameLengthMax'
  >
  readonly refused: (reason: RefusalReason) => void
}

/** An upgraded connection, before anybody has spoken. */
export interface OpenedSocket {
  readonly webSocket: WebSocket
  /** The stream below it. */
  readonly stream: Duplex
  /** Who the header of the upgrade named; undefined: `hello` has to bring a token. */
  readonly principal: Principal | undefined
}

/**
 * One client on its socket: reads frames within the limits, lets through what its token allows, and writes what the session says. What is
 * said is `ClientSession`'s.
 */
export class ClientConnection {
  readonly #parts: ConnectionParts
  readonly #socket: WebSocket
  readonly #dialect: Dialect
  readonly #session: ClientSession
  readonly #writer: SocketWriter
  readonly #meter: FrameMeter
  readonly #watch: ConnectionWatch
  readonly #progress = new ReadProgress()
  readonly #id: SessionId
  #principal: Principal | undefined
  /** It is not the client that ends the connection: the coordinator stops, or takes its token back. */
  #weLeft = false

  constructor(parts: ConnectionParts, { webSocket, stream, principal }: OpenedSocket, onClosed: (code: number) => void) {
    const { clock, random, access, submit, attach, openBatches, held, instances, welcome, limits, log } = parts
    this.#parts = parts
    this.#socket = webSocket
    this.#principal = principal
    this.#dialect = dialectOf(webSocket.protocol) ?? 'json'
    this.#id = random.token(12) as SessionId
    this.#meter = new FrameMeter(clock, limits.framesPerSecondMax)
    this.#watch = new ConnectionWatch(limits, this.#progress, clock.now())
    this.#writer = new SocketWriter(
      webSocket,
      (message: ServerMessage) => (this.#dialect === 'cbor' ? encodeServerParts(message) : encodeServerMessage(message, 'json')),
      (congested) => this.#session.setCongested(congested),
    )
    this.#session = new ClientSession(
      {
        clock,
        send: (message) => this.#writer.send(message),
        close: (code, reason) => webSocket.close(code, closeReason(reason)),
        submit,
        openBatches,
        held,
        refused: (error) => parts.refused(reasonOf(error)),
        attach,
        enter: (reader, superseded) => instances.enter(this.#principal?.name, reader, superseded),
        principal: () => this.#principal,
        isToken: (token) => (this.#principal = access.principalOf(token)) !== undefined,
      },
      {
        id: this.#id,
        reply: this.#dialect === 'json' ? 'json' : 'auto',
        authorised: principal !== undefined,
        handshakeTimeoutMs: limits.handshakeTimeoutMs,
        batchesOpenTotalMax: limits.batchesOpenTotalMax,
        nameLengthMax: limits.nameLengthMax,
        welcome,
      },
    )
    log.debug({ session: this.#id, dialect: this.#dialect, token: principal?.name }, 'client connected')
    this.#listen(stream, onClosed)
  }

  /** Bytes written that the other side has not taken. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(message: ServerMessage): void {
    this.#writer.send(message)
  }

  close(code: number, reason: string): void {
    this.#weLeft = true
    this.#socket.close(code, closeReason(reason))
  }

  /**
   * Looks again who this is. Somebody whose token was taken back is sent away at once, and false is returned; the batches wait as after a broken connection, for
   * the same name may come back with another token.
   */
  renewPrincipal(): boolean {
    const { access, refused } = this.#parts
    const before = this.#principal
    if (before === undefined) return true
    this.#principal = access.current(before)
    if (this.#principal !== undefined) return true
    refused('token')
    this.#writer.send({ kind: 'refused', error: refusal(new ForkpoolError('UNAUTHORISED', 'the token was taken back')) })
    this.#weLeft = true
    this.#socket.close(POLICY_VIOLATION, 'the token was taken back')
    return false
  }

  terminate(): void {
    this.#socket.terminate()
  }

  /** Looks whether the other side is still there and gets on with what it sends; about once a second. */
  look(now: Instant): void {
    const { heartbeatMs, messageTimeoutMs } = this.#parts.limits
    switch (this.#watch.look(now)) {
      case 'fine':
        break
      case 'ask':
        this.#socket.ping()
        break
      case 'silent':
        this.#parts.refused('heartbeatMs')
        this.#parts.log.debug({ session: this.#id }, `client silent for ${2 * heartbeatMs} ms`)
        this.#socket.terminate()
        break
      case 'slow':
        this.#refuse(new LimitError('messageTimeoutMs', `a message took longer than ${messageTimeoutMs} ms`), POLICY_VIOLATION)
    }
  }

  #listen(stream: Duplex, onClosed: (code: number) => void): void {
    const socket = this.#socket
    stream.prependListener('data', (chunk: Buffer) => this.#progress.received(chunk.length))
    socket.on('message', (data: Buffer, isBinary) => {
      this.#progress.message()
      this.#count()
      // After we have said why we close, nothing that still comes is worth reading.
      if (socket.readyState === socket.OPEN) this.#received(data, isBinary)
    })
    for (const control of ['ping', 'pong'] as const) {
      socket.on(control, (payload: Buffer) => {
        this.#progress.control(payload.length)
        this.#count()
      })
    }
    // ws reports frames that break RFC 6455 here and closes with the right code itself.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#parts.refused(WS_LIMITS[error.code ?? ''] ?? 'bad_frame')
      this.#parts.log.debug({ session: this.#id, error: error.message }, 'connection error')
    })
    socket.on('close', (code) => {
      onClosed(code)
      this.#parts.log.debug({ session: this.#id, code }, 'client gone')
      // 1006: no close frame came. When it is we who go away, the client has not given up either.
      this.#session.closed(code === ABNORMAL || this.#weLeft)
    })
  }

  /** A connection beyond its rate is not read for a moment: what it has sent waits with it, and everybody else goes on. */
  #count(): void {
    const waitMs = this.#meter.count()
    if (waitMs === 0 || this.#socket.isPaused) return
    const { clock, refused } = this.#parts
    refused('framesPerSecondMax')
    this.#socket.pause()
    clock.schedule(after(clock.now(), waitMs), () => this.#socket.resume(), { unref: true })
  }

  #received(data: Buffer, isBinary: boolean): void {
    try {
      if (isBinary !== (this.#dialect === 'cbor'))
        throw new ForkpoolError(
          'BAD_MESSAGE',
          `this connection speaks ${this.#dialect}: expected ${this.#dialect === 'cbor' ? 'binary' : 'text'} frames`,
        )
      const message = decodeClientMessage(data, this.#dialect, this.#parts.limits.jsonDepthMax)
      if (this.#isAllowed(message)) this.#session.receive(message)
    } catch (error) {
      if (!(error instanceof ForkpoolError)) this.#parts.log.error({ session: this.#id, err: error }, 'a message could not be handled')
      this.#violated(error)
    }
  }

  /** Ends the session. Whatever goes wrong in that is this connection's affair, never the end of the program. */
  #violated(error: unknown): void {
    try {
      this.#session.violated(error)
    } catch (fault) {
      this.#parts.log.error({ session: this.#id, err: fault }, 'a session could not be ended in good order')
      this.#socket.terminate()
    }
  }

  /**
   * Whether the token allows the message. A batch that it may not submit or take up is refused, and what else comes of it is not looked at:
   * the client may have sent it before it knew.
   */
  #isAllowed(message: ClientMessage): boolean {
    const who = this.#principal
    const needed = MESSAGE_ROLES[message.kind]
    // Of somebody who is not known yet the session takes nothing but hello.
    if (who === undefined || mayActAs(who.role, needed)) return true
    if (message.kind !== 'submit' && message.kind !== 'attach') return false
    this.#parts.refused('role')
    const error = new ForkpoolError('NOT_ALLOWED', `the token "${who.name}" has the role ${who.role}; ${message.kind} needs ${needed}`)
    this.#writer.send({ kind: 'refused', batch: message.batch, error: refusal(error) })
    return false
  }

  #refuse(error: LimitError, code: number): void {
    this.#parts.refused(error.limit)
    this.#writer.send({ kind: 'refused', error: refusal(error) })
    this.#socket.close(code, closeReason(error.message))
  }
}

/** What metrics call a refusal: the limit that was reached, or whose fault it was. */
function reasonOf(error: unknown): RefusalReason {
  if (error instanceof LimitError) return error.limit
  if (!(error instanceof ForkpoolError)) return 'bad_batch'
  if (error.code === 'UNAUTHORISED') return 'token'
  if (error.code === 'DISK_FULL' || error.code === 'ENGINE_FAILED') return 'engine'
  return error.code === 'BAD_MESSAGE' || error.code === 'PROTOCOL_VERSION' ? 'bad_message' : 'bad_batch'
}
