import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { deferred } from '@forkpool/pool-core/base'
import type { LinkClosed, WorkerLink } from '@forkpool/pool-core/link'
import { FRAME_BYTES_MAX, SUBPROTOCOL_CBOR } from '@forkpool/pool-core/protocol'
import { linkConformance } from '@forkpool/pool-core/testing'
import type { LinkPair } from '@forkpool/pool-core/testing'
import { connectWorkerLink } from '../src/link/connect-worker-link.ts'
import { WebSocketLink } from '../src/link/web-socket-link.ts'

/** A coordinator's side on a real Unix socket, in a folder whose name a URL would have to escape. */
let folder: string
let server: Server
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => SUBPROTOCOL_CBOR })
let accepted = deferred<{ webSocket: WebSocket; stream: Duplex; headers: NodeJS.Dict<string | string[]> }>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkpool link: #1 '))
  server = createServer((_request, response) => response.writeHead(426).end())
  server.on('upgrade', (request, stream, head) => {
    if (request.headers.authorization !== 'Bearer secret') {
      stream.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, stream, head, (webSocket) => accepted.resolve({ webSocket, stream, headers: request.headers }))
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 's.sock'), resolve))
})

afterEach(() => {
  for (const socket of sockets.clients) socket.terminate()
  accepted = deferred()
})

afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

/** Worker's end, coordinator's end. */
async function connectPair(): Promise<LinkPair & { readonly stream: Duplex }> {
  const worker = await connectWorkerLink(join(folder, 's.sock'), 'secret')
  const { webSocket, stream } = await accepted.promise
  return { ends: [worker, new WebSocketLink(webSocket, stream, 'server')], break: () => void stream.destroy(), stream }
}

describe('a link from the worker to the coordinator', () => {
  it.each(linkConformance)('$name', async ({ run }) => run(await connectPair()))
})

describe('a link from the coordinator to the worker', () => {
  it.each(linkConformance)('$name', async ({ run }) => {
    const { ends, break: breakLink } = await connectPair()
    await run({ ends: [ends[1], ends[0]], break: breakLink })
  })
})

describe('the WebSocket under a link', () => {
  it('offers no compression and speaks the binary dialect', async () => {
    await connectPair()
    const { headers, webSocket } = await accepted.promise
    expect(headers['sec-websocket-extensions']).toBeUndefined()
    expect(webSocket.protocol).toBe(SUBPROTOCOL_CBOR)
  })

  it('sends a lone frame at once and gathers those that follow in the same turn', async () => {
    const { ends, stream } = await connectPair()
    const [worker, coordinator] = ends
    const arrived = deferred<void>()
    let count = 0
    worker.onFrame(() => {
      if (++count === 51) arrived.resolve()
    })
    coordinator.send(new Uint8Array(10))
    expect(stream.writableCorked).toBe(0)
    for (let i = 0; i < 50; i++) coordinator.send(new Uint8Array(10))
    expect(stream.writableCorked).toBe(1)
    await arrived.promise
    expect(stream.writableCorked).toBe(0)
  })

  it('keeps nothing back once it is flushed', async () => {
    const { ends, stream } = await connectPair()
    for (let i = 0; i < 3; i++) ends[1].send(new Uint8Array(10))
    ends[1].flush()
    expect(stream.writableCorked).toBe(0)
  })

  it('does not gather more than is worth waiting for', async () => {
    const { ends, stream } = await connectPair()
    ends[1].send(new Uint8Array(10))
    ends[1].send(new Uint8Array(100_000))
    expect(stream.writableCorked).toBe(0)
  })

  it("masks nothing on the worker's side", async () => {
    const seen = deferred<Buffer>()
    const raw = createServer()
    raw.on('upgrade', (request, stream: Socket, head: Buffer) => {
      const before = stream.on.bind(stream)
      sockets.handleUpgrade(request, stream, head, () => before('data', (chunk: Buffer) => seen.resolve(chunk)))
    })
    await new Promise<void>((resolve) => raw.listen(join(folder, 'raw.sock'), resolve))
    const link = await connectWorkerLink(join(folder, 'raw.sock'), 'secret')
    link.send(Uint8Array.of(1, 2, 3, 4))
    // FIN and binary; masked, length 4; the mask, which is zero; the bytes as they are.
    expect([...(await seen.promise)]).toEqual([0x82, 0x84, 0, 0, 0, 0, 1, 2, 3, 4])
    raw.close()
  })

  it('closes on a text frame', async () => {
    const worker = await connectWorkerLink(join(folder, 's.sock'), 'secret')
    const { webSocket } = await accepted.promise
    worker.onFrame(() => {})
    webSocket.send('text')
    const closed = deferred<number>()
    webSocket.on('close', (code) => closed.resolve(code))
    expect(await closed.promise).toBe(1003)
  })

  it('tells a frame that is too large from a broken connection', async () => {
    const worker = await connectWorkerLink(join(folder, 's.sock'), 'secret')
    const { webSocket } = await accepted.promise
    const closed = deferred<LinkClosed>()
    worker.onClose(closed.resolve)
    worker.onFrame(() => {})
    webSocket.send(new Uint8Array(4 * FRAME_BYTES_MAX + 1))
    expect(await closed.promise).toEqual({ code: 1009, reason: 'Max payload size exceeded' })
  })

  it('tells a frame that breaks the WebSocket protocol', async () => {
    const { ends, stream } = await connectPair()
    const closed = deferred<LinkClosed>()
    ends[0].onClose(closed.resolve)
    ends[0].onFrame(() => {})
    stream.write(Uint8Array.of(0xff, 0x00))
    expect(await closed.promise).toMatchObject({ code: 1002, reason: expect.stringContaining('Invalid WebSocket frame') as unknown })
  })

  it('cuts a long reason between two characters', async () => {
    const { ends } = await connectPair()
    const closed = deferred<string>()
    ends[0].onFrame(() => {})
    ends[1].onFrame(() => {})
    ends[0].onClose(({ reason }) => closed.resolve(reason))
    ends[1].close('é'.repeat(100))
    expect(await closed.promise).toBe('é'.repeat(61))
  })
})

describe('connectWorkerLink', () => {
  it('rejects a refused token', async () => {
    await expect(connectWorkerLink(join(folder, 's.sock'), 'wrong')).rejects.toThrow('401')
  })

  it('rejects where nobody listens', async () => {
    await expect(connectWorkerLink(join(folder, 'nobody.sock'), 'secret')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('survives a coordinator that goes in the middle of the handshake', async () => {
    const rude = createServer()
    rude.on('upgrade', (_request, stream: Socket) => stream.destroy())
    await new Promise<void>((resolve) => rude.listen(join(folder, 'rude.sock'), resolve))
    await expect(connectWorkerLink(join(folder, 'rude.sock'), 'secret') as Promise<WorkerLink>).rejects.toThrow()
    rude.close()
  })
})
