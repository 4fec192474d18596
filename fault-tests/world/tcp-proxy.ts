import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Lane } from './lane.ts'

/** One connection from a client to the coordinator. */
export interface Line {
  readonly client: Socket
  readonly server: Socket
  /** From the client to the coordinator. */
  readonly up: Lane
  /** From the coordinator to the client. */
  readonly down: Lane
}

/** Stands between clients and the coordinator. Clients know only its address, so that a coordinator that comes back may have another. */
export class TcpProxy {
  readonly lines = new Set<Line>()
  readonly #server: Server
  /** Ends that were left open when the other was closed. */
  readonly #left = new Set<Socket>()
  #target = 0

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => this.#join(socket))
  }

  static async open(): Promise<TcpProxy> {
    const server = createServer({ noDelay: true })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
    return new TcpProxy(server)
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** New connections go to this port of this machine; 0: they are refused. */
  leadTo(port: number): void {
    this.#target = port
  }

  /** Breaks all connections, without a word of goodbye. */
  drop(): void {
    for (const { client, server } of this.lines) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
  }

  /** Breaks all connections for the client; the coordinator hears nothing of it until `forget`. */
  halfDrop(): void {
    for (const { client, server, up, down } of this.lines) {
      up.hold()
      down.hold()
      this.#left.add(server)
      client.resetAndDestroy()
    }
  }

  /** The coordinator hears at last of what `halfDrop` has done. */
  forget(): void {
    for (const socket of this.#left) socket.resetAndDestroy()
    this.#left.clear()
  }

  async close(): Promise<void> {
    this.forget()
    this.drop()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #join(client: Socket): void {
    if (this.#target === 0) return void client.resetAndDestroy()
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true })
    const line: Line = { client, server, up: new Lane(client, server), down: new Lane(server, client) }
    this.lines.add(line)
    const end = (other: Socket): void => {
      this.lines.delete(line)
      line.up.close()
      line.down.close()
      if (!this.#left.has(other)) other.destroy()
    }
    for (const socket of [client, server]) socket.on('error', () => undefined)
    client.on('end', () => server.end())
    server.on('end', () => client.end())
    client.on('close', () => end(server))
    server.on('close', () => {
      this.#left.delete(server)
      end(client)
    })
  }
}
