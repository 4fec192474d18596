import { randomFillSync } from 'node:crypto'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { after, ForkpoolError } from '@forkpool/pool-core/base'
import { smallWebSocketFrame, writeWebSocketParts } from '@forkpool/pool-core/protocol'
import type { FrameParts } from '@forkpool/pool-core/protocol'
import WebSocket from 'ws'
import type { TlsOptions, Transport, TransportKind, TransportListener, TransportTarget } from '../transport.ts'
import { CLOSE_TIMEOUT_MS } from '../transport.ts'
import type { Heartbeat } from './heartbeat.ts'
import { startHeartbeat } from './heartbeat.ts'
import { openingError, refusedUpgrade } from './opening-error.ts'

/** Frames up to this size wait for the end of the turn and go out in one write; larger ones gain nothing by it. */
const COALESCE_BYTES_MAX = 16 * 1024

/** Most bytes that are read of the body of a refused upgrade. */
const REFUSAL_BYTES_MAX = 64 * 1024

/** The transport of Node: npm `ws`, no compression, the token in the `Authorization` header of the upgrade (RFC 6750). */
export const nodeTransport: TransportKind = {
  carriesToken: true,
  takesTls: true,
  open: (target, listener) => new NodeTransport(target, listener),
}

class NodeTransport implements Transport {
  readonly #target: TransportTarget
  readonly #listener: TransportListener
  readonly #webSocket: WebSocket
  #socket: Socket | undefined
  #heartbeat: Heartbeat | undefined
  #stopCloseTimer: (() => void) | undefined
  #error: ForkpoolError | undefined
  #wasOpen = false
  /** The way to the coordinator does not leave this machine. */
  #maskless = false
  #sentThisTurn = false
  #corked = false

  constructor(target: TransportTarget, listener: TransportListener) {
    this.#target = target
    this.#listener = listener
    const webSocket = new WebSocket(target.url, target.subprotocol, {
      perMessageDeflate: false,
      maxPayload: target.frameBytesMax,
      ...tlsOptions(target.tls),
      ...(target.token !== undefined && { headers: { authorization: `Bearer ${target.token}` } }),
      ...(isLoopback(target.url.hostname) && { generateMask: (mask: Buffer) => this.#mask(mask) }),
    })
    this.#webSocket = webSocket
    webSocket.on('upgrade', (response: IncomingMessage) => {
      this.#socket = response.socket
      this.#maskless = isLoopback(target.url.hostname) && isLoopback(response.socket.remoteAddress)
    })
    webSocket.on('open', () => this.#opened())
    webSocket.on('message', (data, isBinary) => {
      this.#heartbeat?.heard()
      // `binaryType` is left at `nodebuffer`, so a message is one Buffer.
      const frame = data as Buffer
      listener.received(isBinary ? frame : frame.toString())
    })
    webSocket.on('ping', () => this.#heartbeat?.heard())
    webSocket.on('pong', () => this.#heartbeat?.heard())
    webSocket.on('unexpected-response', (request: ClientRequest, response: IncomingMessage) => this.#refused(request, response))
    webSocket.on('error', (error) => {
      this.#error ??= this.#wasOpen ? lost(target.url, error.message, error) : openingError(target.url, error)
    })
    webSocket.on('close', (code, reason) => this.#closed(code, String(reason)))
  }

  send(frame: Uint8Array | string): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return
    if (!this.#sentThisTurn) {
      this.#sentThisTurn = true
      process.nextTick(this.#endTurn)
    } else if (!this.#corked && frame.length <= COALESCE_BYTES_MAX && this.#socket !== undefined) {
      // The first frame of a turn has gone out already, so a lone one never waits.
      this.#corked = true
      this.#socket.cork()
    }
    const small = this.#maskless && typeof frame !== 'string' ? smallWebSocketFrame(frame, true) : undefined
    // Nothing is compressed and no message has several frames, so `ws` keeps nothing back that this could overtake.
    if (small === undefined) this.#webSocket.send(frame)
    else this.#socket?.write(small)
  }

  sendParts(parts: FrameParts): void {
    const socket = this.#socket
    // A mask has to be laid over all of it.
    if (!this.#maskless || socket === undefined) return this.send(Buffer.concat(parts))
    if (this.#webSocket.readyState !== WebSocket.OPEN) return
    writeWebSocketParts(socket, parts, true)
  }

  close(code: number, reason: string): void {
    if (this.#stopCloseTimer !== undefined || this.#webSocket.readyState === WebSocket.CLOSED) return
    const { clock } = this.#target
    this.#stopCloseTimer = clock.schedule(after(clock.now(), CLOSE_TIMEOUT_MS), () => this.#webSocket.terminate())
    this.#endTurn()
    this.#webSocket.close(code, reason)
  }

  readonly #endTurn = (): void => {
    this.#sentThisTurn = false
    if (!this.#corked) return
    this.#corked = false
    this.#socket?.uncork()
  }

  #opened(): void {
    this.#wasOpen = true
    this.#heartbeat = startHeartbeat(
      this.#target.clock,
      () => this.#webSocket.ping(),
      () => {
        this.#error ??= lost(this.#target.url, 'the coordinator is silent')
        this.#webSocket.terminate()
      },
    )
    this.#listener.opened()
  }

  #closed(code: number, reason: string): void {
    this.#heartbeat?.stop()
    this.#stopCloseTimer?.()
    this.#listener.closed(this.#error ?? lost(this.#target.url, reason === '' ? `close code ${code}` : `${reason}, close code ${code}`))
  }

  #refused(request: ClientRequest, response: IncomingMessage): void {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      body += text
      if (body.length > REFUSAL_BYTES_MAX) response.destroy()
    })
    response.on('close', () => {
      this.#error ??= refusedUpgrade(this.#target.url, response.statusCode ?? 0, body)
      request.destroy()
      this.#webSocket.terminate()
    })
  }

  /**
   * RFC 6455 §10.3 asks for unpredictable masks against proxies that misread a frame as a request. On the way to the same machine there is
   * none, and `ws` skips the pass over the bytes when the mask is left zero.
   */
  #mask(mask: Buffer): void {
    if (!isLoopback(this.#socket?.remoteAddress)) randomFillSync(mask)
  }
}

/** What `ws` hands to `tls.connect`. Without an option Node's own default holds. */
function tlsOptions({ ca, checkServerIdentity }: TlsOptions = {}): object {
  return {
    // A certificate that was named is trusted as it is, whoever signed it.
    ...(ca !== undefined && { ca: typeof ca === 'string' ? ca : Buffer.from(ca), allowPartialTrustChain: true }),
    ...(checkServerIdentity !== undefined && { checkServerIdentity }),
  }
}

function isLoopback(host: string | undefined): boolean {
  if (host === undefined) return false
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(host)
}

function lost(url: URL, why: string, cause?: unknown): ForkpoolError {
  return new ForkpoolError('CONNECTION_LOST', `the connection to ${url.host} is gone: ${why}`, { cause })
}
