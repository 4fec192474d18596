/** What both transports have to do, against a real WebSocket server. Node has the browser's `WebSocket` too, so both run here. */
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { Socket } from 'node:net'
import { range } from '@forkpool/pool-core/batch'
import { afterEach, describe, expect, test } from 'vitest'
import { connectThrough } from '../src/connect.ts'
import type { TransportKind } from '../src/transport.ts'
import { browserTransport } from '../src/transports/browser.ts'
import { nodeTransport } from '../src/transports/node.ts'
import type { PeerOptions } from './peer.ts'
import type { WebSocketPeer } from './web-socket-peer.ts'
import { close, listen, startWebSocketPeer } from './web-socket-peer.ts'

const tasks = {
  square: (n: number) => n * n,
  length: (text: string) => text.length,
  repeat: (n: number) => 'x'.repeat(n),
}

const stack: AsyncDisposableStack[] = []

async function start(options: PeerOptions = {}): Promise<WebSocketPeer> {
  const server = await startWebSocketPeer({ tasks, ...options })
  ;(stack[0] ??= new AsyncDisposableStack()).use(server)
  return server
}

/** A server of some other kind, closed after the test. */
async function other(server: Parameters<typeof listen>[0]): Promise<string> {
  const url = await listen(server)
  ;(stack[0] ??= new AsyncDisposableStack()).defer(() => close(server))
  return url
}

afterEach(async () => {
  await stack.pop()?.disposeAsync()
})

describe.each<[string, TransportKind]>([
  ['node', nodeTransport],
  ['browser', browserTransport],
])('%s transport', (name, transport) => {
  const connect = connectThrough(transport)<typeof tasks>

  test('runs batches and single calls, and closes', async () => {
    const server = await start({ shardItems: 1000 })
    const cluster = await connect(server.url)
    const squares = await cluster.pool().map('square', range(100_000))
    expect([squares.length, squares[99_999]]).toEqual([100_000, 99_999 ** 2])
    expect(await cluster.pool().submit('square', 5)).toBe(25)
    expect(await Promise.all(Array.from({ length: 500 }, (_, i) => cluster.pool().submit('square', i)))).toHaveLength(500)
    await cluster.close()
    expect(server.upgrades[0]).toMatchObject({ 'sec-websocket-protocol': 'forkpool.v1.cbor' })
    expect(server.upgrades[0]).not.toHaveProperty('authorization')
  })

  test('carries large items both ways', async () => {
    const server = await start({ limits: { inputWindowBytes: 16 << 20, resultWindowBytes: 16 << 20 } })
    await using cluster = await connect(server.url)
    expect(await cluster.pool().submit('length', 'x'.repeat(5_000_000))).toBe(5_000_000)
    expect(await cluster.pool().map('repeat', [3_000_000, 2_000_000])).toEqual(['x'.repeat(3_000_000), 'x'.repeat(2_000_000)])
  })

  test('sends the token the way it can', async () => {
    const server = await start(name === 'browser' ? { token: 'secret' } : {})
    await using cluster = await connect(server.url, { token: 'secret' })
    expect(cluster.session).toBe('s1')
    expect(server.upgrades[0]?.authorization).toBe(name === 'node' ? 'Bearer secret' : undefined)
    expect(server.upgrades[0]).not.toMatchObject({ 'sec-websocket-protocol': expect.stringContaining('secret') })
  })

  test('nobody at the port is COORDINATOR_UNREACHABLE', async () => {
    const server = createTcpServer()
    const url = await listen(server)
    await close(server)
    await expect(connect(url)).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE', message: expect.stringContaining(url) })
  })

  test('a server that never answers is COORDINATOR_UNREACHABLE in time, and is left', async () => {
    const sockets: Socket[] = []
    const url = await other(createTcpServer((socket) => void sockets.push(socket.on('error', () => undefined))))
    await expect(connect(url, { connectTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      message: expect.stringContaining('within 100 ms'),
    })
    const [socket] = sockets
    if (socket !== undefined && !socket.destroyed) {
      socket.resume()
      await new Promise((resolve) => socket.once('close', resolve))
    }
  })

  test('a server that speaks no HTTP is COORDINATOR_UNREACHABLE', async () => {
    const url = await other(createTcpServer((socket) => socket.on('error', () => undefined).end('220 mail.example ESMTP\r\n')))
    await expect(connect(url)).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' })
  })

  test('a lost server rejects what is open with CONNECTION_LOST', async () => {
    const server = await start({ hold: true })
    await using cluster = await connect(server.url, { reconnect: false })
    const open = cluster.pool().submit('square', 1)
    const outcome = open.exception()
    await server[Symbol.asyncDispose]()
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST' })
  })

  test('reconnects by itself', async () => {
    const server = await start()
    await using cluster = await connect(server.url, { reconnect: { minDelayMs: 1, maxDelayMs: 10 } })
    const back = new Promise((resolve) => cluster.onEvent((event) => event.kind === 'reconnected' && resolve(event.session)))
    server.peer.connection.cut()
    expect(await back).toBe('s2')
    expect(await cluster.pool().submit('square', 7)).toBe(49)
  })

  test('a server that does not answer the close is left after a second', async () => {
    const server = await start()
    const cluster = await connect(server.url)
    server.sockets[0]?.pause()
    await cluster.close()
  })
})

describe('node transport alone', () => {
  const connect = connectThrough(nodeTransport)<typeof tasks>

  test.each([
    [401, 'the token is wrong\n', 'UNAUTHORISED', 'the token is wrong'],
    [403, 'pages of "evil" may not connect', 'NOT_ALLOWED', 'may not connect'],
    [503, '{"error":{"code":"DRAINING","message":"going down"}}', 'DRAINING', 'going down'],
    [404, 'not here', 'COORDINATOR_UNREACHABLE', 'HTTP status 404'],
    [426, '', 'PROTOCOL_VERSION', 'HTTP status 426'],
    [500, 'x'.repeat(1_000_000), 'COORDINATOR_UNREACHABLE', 'HTTP status 500'],
  ])('an upgrade that is answered with %d', async (status, body, code, text) => {
    const url = await other(createServer((_request, response) => response.writeHead(status).end(body)))
    await expect(connect(url)).rejects.toMatchObject({ code, message: expect.stringContaining(text) })
  })

  test('a WebSocket server of another kind is PROTOCOL_VERSION', async () => {
    const { WebSocketServer } = await import('ws')
    const server = createServer()
    const webSockets = new WebSocketServer({ server, handleProtocols: () => false })
    const url = await other(server)
    await expect(connect(url)).rejects.toMatchObject({ code: 'PROTOCOL_VERSION' })
    webSockets.close()
  })

  test('frames to the same machine are masked with zeros, so their bytes are not touched', async () => {
    const server = await start()
    await using cluster = await connect(server.url)
    await cluster.pool().submit('length', 'readable on the wire')
    expect(Buffer.concat(server.pieces).includes('readable on the wire')).toBe(true)
    // RFC 6455 §5.3: a client's frames carry the mask bit all the same.
    expect((server.pieces[0]?.[1] ?? 0) & 0x80).toBe(0x80)
  })

  test('no compression is offered', async () => {
    const server = await start()
    await using cluster = await connect(server.url)
    expect(cluster.session).toBe('s1')
    expect(server.upgrades[0]).not.toHaveProperty('sec-websocket-extensions')
  })

  test('what is submitted in one turn is written together', async () => {
    const server = await start()
    await using cluster = await connect(server.url)
    const before = server.pieces.length
    await Promise.all(Array.from({ length: 100 }, (_, i) => cluster.pool().submit('square', i)))
    // The first goes at once, the others in one write: a lone one never waits, and a hundred are not a hundred system calls.
    expect(server.pieces.length - before).toBeLessThanOrEqual(4)
  })
})
