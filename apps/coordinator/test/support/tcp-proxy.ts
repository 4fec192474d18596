import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { once } from 'node:events'

/** A way to a coordinator that the test can cut: passes bytes on between its port and another. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Connections that were made through it. */
  connections = 0

  private constructor(server: Server, target: URL) {
    this.#server = server
    server.on('connection', (near) => {
      this.connections++
      const far = connect(Number(target.port), target.hostname)
      this.#pass(near, far)
      this.#pass(far, near)
    })
  }

  /** @param target the coordinator's address. */
  static async to(target: string): Promise<TcpProxy> {
    const server = createServer()
    const proxy = new TcpProxy(server, new URL(target))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Ends every connection on both sides without a word: what is on the way is lost. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('error', () => undefined)
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    from.pipe(to)
  }
}
