import type { MessagePort } from 'node:worker_threads'
import type { LinkClosed, WorkerLink } from './worker-link.ts'

/** From so many bytes on a frame's copy is handed over; below, having it copied once more is cheaper than the hand-over. */
const TRANSFER_BYTES_MIN = 16 * 1024

/** A worker link between two threads of one process: a frame is a message, and a text the reason of the close. */
export class MessagePortLink implements WorkerLink {
  readonly #port: MessagePort
  readonly #keepsAlive: boolean
  #isReading = false
  #isClosing = false
  #reason: string | undefined
  #closed: LinkClosed | undefined
  #onFrame: ((frame: Uint8Array) => void) | undefined
  #onClose: ((closed: LinkClosed) => void) | undefined

  /**
   * @param port reads nothing until `onFrame` is called, so that no frame is lost before.
   * @param keepsAlive whether the open link keeps its thread's event loop alive.
   */
  constructor(port: MessagePort, keepsAlive = true) {
    this.#port = port
    this.#keepsAlive = keepsAlive
    port.on('close', () => this.#end())
  }

  send(frame: Uint8Array): void {
    if (this.#isClosing) return
    // A view is posted with the whole of its buffer, and frames share theirs.
    const isWhole = frame.byteLength === frame.buffer.byteLength
    if (frame.byteLength < TRANSFER_BYTES_MIN) {
      this.#port.postMessage(isWhole ? frame : frame.slice())
      return
    }
    const own = frame.slice()
    this.#port.postMessage(own, [own.buffer as ArrayBuffer])
  }

  flush(): void {
    // Nothing waits: a message is on its way when it is posted.
  }

  onFrame(handler: (frame: Uint8Array) => void): void {
    this.#onFrame = handler
    this.#read()
  }

  onClose(handler: (closed: LinkClosed) => void): void {
    this.#onClose = handler
    if (this.#closed !== undefined) handler(this.#closed)
  }

  close(reason: string): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#reason ??= reason
    this.#port.postMessage(reason)
    // The other side closes the port when it has read this, and so everything before it. What it sent meanwhile stands before that.
    this.#read()
  }

  #read(): void {
    if (this.#isReading) return
    this.#isReading = true
    this.#port.on('message', (message: Uint8Array | string) => {
      if (typeof message === 'string') {
        this.#isClosing = true
        this.#reason ??= message
        this.#port.close()
      } else this.#onFrame?.(message)
    })
    // To listen for messages is to keep the loop alive.
    if (!this.#keepsAlive) this.#port.unref()
  }

  #end(): void {
    this.#isClosing = true
    this.#closed = { reason: this.#reason ?? 'the port was closed' }
    this.#onClose?.(this.#closed)
  }
}
