import type { WebSocket } from 'ws'
import type { LinkClosed, WorkerLink } from '@forkpool/pool-core/link'
import { closeReason } from './close-reason.ts'
import { smallWebSocketFrame, writeWebSocketParts } from '@forkpool/pool-core/protocol'

/** The part of the socket under a WebSocket that gathers small writes into one. */
export interface GatheringStream {
  write(bytes: Uint8Array): unknown
  cork(): void
  uncork(): void
}

/** Frames gathered in one turn of the event loop are sent when they take so many bytes: more would only delay them. */
const GATHERED_BYTES_MAX = 64 * 1024

const CLOSE_NORMAL = 1000
const CLOSE_PROTOCOL_ERROR = 1002
const CLOSE_UNSUPPORTED_DATA = 1003
const CLOSE_TOO_LARGE = 1009

/**
 * A worker link over an open WebSocket, for both ends. The first frame of a turn of the event loop goes out at once, so a lone frame is
 * never delayed; those that follow it in the same turn are gathered and go out together when the turn ends. Where the socket fails, or
 * the other side sends text, the link closes.
 */
export class WebSocketLink implements WorkerLink {
  readonly #socket: WebSocket
  readonly #stream: GatheringStream | undefined
  readonly #isClient: boolean
  #turn: 'idle' | 'sent' | 'gathering' = 'idle'
  #gatheredBytes = 0
  /** What was wrong with the transport; `code` only where the other side broke the protocol. */
  #failure: { readonly code: number | undefined; readonly reason: string } | undefined
  #closed: LinkClosed | undefined
  #onFrame: ((frame: Uint8Array) => void) | undefined
  #onClose: ((closed: LinkClosed) => void) | undefined

  /**
   * @param socket must be open. It reads nothing until `onFrame` is called, so that no frame is lost before.
   * @param stream the connection under it; without it every frame is a write of its own.
   * @param end whose end of the connection it is: a client's frames are masked, with zeros.
   */
  constructor(socket: WebSocket, stream: GatheringStream | undefined, end: 'client' | 'server') {
    this.#socket = socket
    this.#isClient = end === 'client'
    this.#stream = stream
    socket.binaryType = 'nodebuffer'
    socket.pause()
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.#onFrame?.(data as Buffer)
      else this.#close(CLOSE_UNSUPPORTED_DATA, 'a worker link carries binary frames only')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => (this.#failure ??= { code: faultCode(error), reason: error.message }))
    socket.on('close', (code, reason) => {
      const said = reason.toString() || this.#failure?.reason || `closed with code ${code}`
      this.#end({ code: this.#failure?.code ?? code, reason: said })
    })
  }

  send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#turn === 'sent' && this.#stream !== undefined) {
      this.#turn = 'gathering'
      this.#stream.cork()
    }
    const small = this.#stream === undefined ? undefined : smallWebSocketFrame(frame, this.#isClient)
    // Nothing is compressed and no message has several frames, so `ws` keeps nothing back that this could overtake.
    if (small === undefined) this.#socket.send(frame)
    else this.#stream?.write(small)
    if (this.#turn === 'idle') {
      this.#turn = 'sent'
      setImmediate(this.#endTurn)
    } else if (this.#turn === 'gathering') {
      this.#gatheredBytes += frame.length
      if (this.#gatheredBytes >= GATHERED_BYTES_MAX) this.#release()
    }
  }

  sendParts(parts: readonly Uint8Array[]): void {
    const stream = this.#stream
    if (stream === undefined) return this.send(Buffer.concat(parts))
    if (this.#socket.readyState !== this.#socket.OPEN) return
    writeWebSocketParts(stream, parts, this.#isClient)
    // What was gathered before goes along with it.
    this.#release()
    if (this.#turn === 'idle') {
      this.#turn = 'sent'
      setImmediate(this.#endTurn)
    }
  }

  flush(): void {
    this.#release()
  }

  onFrame(handler: (frame: Uint8Array) => void): void {
    this.#onFrame = handler
    this.#socket.resume()
  }

  onClose(handler: (closed: LinkClosed) => void): void {
    this.#onClose = handler
    if (this.#closed !== undefined) handler(this.#closed)
  }

  close(reason: string): void {
    this.#close(CLOSE_NORMAL, reason)
  }

  #close(code: number, reason: string): void {
    this.#release()
    // A paused socket would not read the answer to the close frame.
    this.#socket.resume()
    this.#socket.close(code, closeReason(reason))
  }

  readonly #endTurn = (): void => {
    this.#release()
    this.#turn = 'idle'
  }

  #release(): void {
    if (this.#turn !== 'gathering') return
    this.#turn = 'sent'
    this.#gatheredBytes = 0
    this.#stream?.uncork()
  }

  #end(closed: LinkClosed): void {
    this.#closed = closed
    this.#onClose?.(closed)
  }
}

/** The close code (RFC 6455 §7.4.1) of what the other side did wrong; `ws` keeps it to itself. A broken connection is nobody's fault. */
function faultCode({ code }: NodeJS.ErrnoException): number | undefined {
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return CLOSE_TOO_LARGE
  return code?.startsWith('WS_ERR_') === true ? CLOSE_PROTOCOL_ERROR : undefined
}
