import { WebSocket } from 'ws'
import type { ClientOptions } from 'ws'

/** A message as JSON has it. */
export type Message = Readonly<Record<string, unknown>>

/** A client of the JSON dialect that sends whatever it is told to, right or wrong. */
export class JsonClient {
  readonly socket: WebSocket
  /** Resolves with the close code; 0 where the upgrade was refused. */
  readonly closed: Promise<number>
  readonly received: Message[] = []
  #wake: (() => void) | undefined

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url.replace(/^http/, 'ws'), 'forkpool.v1.json', options)
    this.socket.on('message', (data: Buffer) => {
      this.received.push(JSON.parse(data.toString()) as Message)
      this.#wake?.()
    })
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code) => {
        resolve(code)
        this.#wake?.()
      }),
    )
  }

  send(message: Message): void {
    this.socket.send(JSON.stringify(message))
  }

  /** Says hello and waits for the welcome. */
  async hello(token?: string): Promise<this> {
    await new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject))
    this.send({ kind: 'hello', versions: [1], ...(token !== undefined && { token }) })
    await this.next('welcome')
    return this
  }

  /** The first message of this kind that has come or comes; rejects when the connection ends before. */
  async next(kind: string, batch?: number): Promise<Message> {
    for (;;) {
      const found = this.received.find((message) => message['kind'] === kind && (batch === undefined || message['batch'] === batch))
      if (found !== undefined) return found
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${kind}: ${JSON.stringify(this.received.slice(-3))}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.closed
  }
}
