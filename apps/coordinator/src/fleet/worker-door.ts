import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WorkerLink } from '@forkpool/pool-core/link'
import { FRAME_BYTES_MAX, SUBPROTOCOL_CBOR } from '@forkpool/pool-core/protocol'
import { WebSocketLink } from '../link/web-socket-link.ts'
import { FOLDER_PREFIX, socketIn, sweepStaleFolders } from './stale-folders.ts'

/** A frame between coordinator and worker may hold a whole block and its header. */
const WORKER_FRAME_BYTES_MAX = 4 * FRAME_BYTES_MAX

/**
 * The door through which forked workers come back: a WebSocket server on a Unix socket in a folder that only this user can open. A
 * worker proves itself with a token that was made for it and is good once.
 */
export class WorkerDoor {
  readonly #server: Server = createServer((_request, response) => response.writeHead(426).end())
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: WORKER_FRAME_BYTES_MAX,
    handleProtocols: () => SUBPROTOCOL_CBOR,
  })
  /** Tokens that nobody has used, with what to do when somebody does. */
  readonly #expected = new Map<string, (link: WorkerLink) => void>()
  #folder: string | undefined

  /** Where workers connect. Empty before `open`. */
  get path(): string {
    return this.#folder === undefined ? '' : socketIn(this.#folder)
  }

  /** Also removes what killed coordinators have left behind: the folders that it did. */
  async open(): Promise<readonly string[]> {
    const swept = await sweepStaleFolders(tmpdir())
    this.#folder = await mkdtemp(join(tmpdir(), FOLDER_PREFIX))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.path, resolve)
    })
    return swept
  }

  /** The next connection that shows `token` is given to `handler`; the token is worth nothing afterwards. */
  expect(token: string, handler: (link: WorkerLink) => void): void {
    this.#expected.set(token, handler)
  }

  /** Nobody will show this token any more. */
  forget(token: string): void {
    this.#expected.delete(token)
  }

  async close(): Promise<void> {
    this.#expected.clear()
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.close()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const token = /^Bearer ([0-9a-f]+)$/.exec(request.headers.authorization ?? '')?.[1]
    const handler = token === undefined ? undefined : this.#expected.get(token)
    if (token === undefined || handler === undefined) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
      return
    }
    this.#expected.delete(token)
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => handler(new WebSocketLink(webSocket, socket, 'server')))
  }
}
