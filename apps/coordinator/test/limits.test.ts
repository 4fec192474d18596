import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from './support/ask.ts'
import { Coordinator } from './support/forkpool.ts'
import { JsonClient } from './support/json-client.ts'
import { frame, OPCODE, RawSocket } from './support/raw-socket.ts'

const HELLO = frame(OPCODE.text, '{"kind":"hello","versions":[1]}')

let coordinator: Coordinator

// Limits as low as they go, so that each is met in about a second.
const SETTINGS = {
  'frame-bytes-max': 1_048_576,
  'fragments-max': 100,
  'json-depth-max': 32,
  'frames-per-second-max': 1_000,
  'heartbeat-ms': 1_000,
  'message-timeout-ms': 1_000,
  'handshake-timeout-ms': 500,
  'headers-timeout-ms': 500,
  'request-timeout-ms': 1_500,
  'header-bytes-max': 4_096,
  'body-bytes-max': 2_048,
  'connections-max': 12,
  'connections-per-address-max': 30,
  'batches-open-max': 3,
  'batches-open-total-max': 4,
  'batch-items-max': 50,
  'item-bytes-max': 100,
  'name-length-max': 20,
  'pools-max': 2,
  workers: 1,
}

beforeAll(async () => {
  coordinator = await Coordinator.start(Object.entries(SETTINGS).flatMap(([name, value]) => [`--${name}`, `${value}`]))
})

afterAll(async () => {
  await coordinator.stop()
})

/** How often somebody was refused something for this reason. */
async function refused(reason: string): Promise<number> {
  const { body } = await ask(coordinator.url, 'GET', '/metrics')
  const line = new RegExp(`^forkpool_refused_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(body)
  if (line === null) throw new Error(`no series for ${reason}`)
  return Number(line[1])
}

/** Runs `attack`, and expects that it is counted under this reason, once or more. */
async function counted<Result>(reason: string, attack: () => Promise<Result>): Promise<Result> {
  const before = await refused(reason)
  const result = await attack()
  expect(await refused(reason), reason).toBeGreaterThan(before)
  return result
}

describe('a WebSocket', () => {
  test('a message that is too large closes with 1009', async () => {
    await counted('frame_bytes_max', async () => {
      await using client = await new JsonClient(coordinator.url).hello()
      expect(client.received[0]).toMatchObject({ limits: { frameBytes: 1_048_576 } })
      client.socket.send('x'.repeat(1_048_577))
      expect(await client.closed).toBe(1009)
    })
  })

  test('a length that is announced and too large closes with 1009 before anything of it comes', async () => {
    await counted('frame_bytes_max', async () => {
      await using raw = await RawSocket.upgraded(coordinator.url)
      raw.write(frame(OPCODE.text, '', { length: 2 ** 40 }))
      expect(await raw.closeCode()).toBe(1009)
    })
  })

  test('fragments that are together too large close with 1009', async () => {
    await using raw = await RawSocket.upgraded(coordinator.url)
    raw.write(HELLO)
    const half = Buffer.alloc(600_000, ' ')
    raw.write(frame(OPCODE.text, half, { fin: false }))
    raw.write(frame(OPCODE.continuation, half, { fin: false }))
    expect(await raw.closeCode()).toBe(1009)
  })

  test('too many fragments close with 1008', async () => {
    await counted('fragments_max', async () => {
      await using raw = await RawSocket.upgraded(coordinator.url)
      raw.write(HELLO)
      raw.write(frame(OPCODE.text, '{', { fin: false }))
      for (let i = 0; i < 100; i++) raw.write(frame(OPCODE.continuation, ' ', { fin: false }))
      expect(await raw.closeCode()).toBe(1008)
    })
  })

  test('a compressed frame closes with 1002: compression was not agreed on', async () => {
    await counted('bad_frame', async () => {
      await using raw = await RawSocket.upgraded(coordinator.url)
      raw.write(frame(OPCODE.text, 'x', { reserved: 0x40 }))
      expect(await raw.closeCode()).toBe(1002)
    })
  })

  test('a message that comes byte by byte closes with 1008, also with pings between', async () => {
    await counted('message_timeout_ms', async () => {
      await using raw = await RawSocket.upgraded(coordinator.url)
      raw.write(HELLO)
      raw.write(frame(OPCODE.text, '{', { fin: false }))
      const dribble = setInterval(() => {
        raw.write(frame(OPCODE.continuation, ' ', { fin: false }))
        raw.write(frame(OPCODE.ping, 'x'))
      }, 100)
      expect(await raw.closeCode()).toBe(1008)
      clearInterval(dribble)
      expect(raw.text).toContain('a message took longer than 1000 ms (--message-timeout-ms)')
    })
  })

  test('a client that does not answer is cut off; one that answers pings stays', async () => {
    await using alive = await new JsonClient(coordinator.url).hello()
    await counted('heartbeat_ms', async () => {
      await using raw = await RawSocket.upgraded(coordinator.url)
      raw.write(HELLO)
      await raw.ended
    })
    alive.send({ kind: 'submit', batch: 1, task: 'square', items: [3], end: true })
    expect(await alive.next('results', 1)).toMatchObject({ values: [9] })
  })

  test('who does not say hello is closed with 1008', async () => {
    await using raw = await RawSocket.upgraded(coordinator.url)
    expect(await raw.closeCode()).toBe(1008)
    expect(raw.text).toContain('no hello within 500 ms')
  })

  test('brackets within brackets close with 1002', async () => {
    await counted('bad_message', async () => {
      await using client = await new JsonClient(coordinator.url).hello()
      client.socket.send(`{"kind":"submit","batch":1,"task":"square","items":[${'['.repeat(40)}${']'.repeat(40)}]}`)
      expect(await client.closed).toBe(1002)
      expect(await client.next('refused')).toMatchObject({ error: { message: 'message: expected at most 32 levels of nesting, got more' } })
    })
  })

  // How slowly is for the tests of FrameMeter, which move a clock: what a chunk of the network brought is not held back any more.
  test('a flood is read more slowly, all of it, in order; who comes later is not kept waiting', async () => {
    await counted('frames_per_second_max', async () => {
      await using client = await new JsonClient(coordinator.url).hello()
      await using other = await new JsonClient(coordinator.url).hello()
      for (let batch = 1; batch <= 3_000; batch++) client.send({ kind: 'submit', batch, task: 'no such task', items: [1], end: true })
      other.send({ kind: 'submit', batch: 1, task: 'square', items: [3], end: true })
      expect(await other.next('results', 1)).toMatchObject({ values: [9] })
      expect(client.received.some(({ batch }) => batch === 3_000)).toBe(false)
      await client.next('refused', 3_000)
      expect(client.received.filter(({ kind }) => kind === 'refused').map(({ batch }) => batch)).toEqual(
        Array.from({ length: 3_000 }, (_, i) => i + 1),
      )
    })
  })

  test('one client too many gets 503, and a place when another leaves', async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => new JsonClient(coordinator.url).hello()))
    await counted('connections_max', async () => {
      await using late = await RawSocket.open(coordinator.url)
      late.write(UPGRADE)
      expect(await late.until('\r\n')).toBe('HTTP/1.1 503 Service Unavailable\r\n')
      await late.ended
    })
    for (const client of clients) await client[Symbol.asyncDispose]()
    await using next = await new JsonClient(coordinator.url).hello()
    expect(next.received).toHaveLength(1)
  })
})

describe('a batch', () => {
  /** Submits it; what the refusal says. */
  async function refusal(client: JsonClient, batch: number, more: Readonly<Record<string, unknown>>): Promise<string> {
    client.send({ kind: 'submit', batch, task: 'square', end: true, ...more })
    const { error } = (await client.next('refused', batch)) as unknown as { error: { code: string; message: string } }
    expect(error.code).toBe('LIMIT_EXCEEDED')
    return error.message
  }

  test.each([
    ['name_length_max', { task: 'x'.repeat(21), items: [1] }, 'a name may have 20 characters (--name-length-max)'],
    ['item_bytes_max', { items: ['x'.repeat(101)] }, 'an item may have 100 bytes (--item-bytes-max)'],
    ['batch_items_max', { items: Array.from({ length: 51 }, (_, i) => i) }, 'a batch may have 50 items (--batch-items-max)'],
  ])('beyond %s is refused, and the session goes on', async (reason, more, message) => {
    await counted(reason, async () => {
      await using client = await new JsonClient(coordinator.url).hello()
      expect(await refusal(client, 1, more)).toBe(message)
      client.send({ kind: 'submit', batch: 2, task: 'square', items: [3], end: true })
      expect(await client.next('results', 2)).toMatchObject({ values: [9] })
    })
  })

  test('too many in one session, in all sessions, and in pools are refused', async () => {
    await using one = await new JsonClient(coordinator.url).hello()
    await using two = await new JsonClient(coordinator.url).hello()
    // Batches whose input never ends stay open.
    for (const batch of [1, 2, 3]) one.send({ kind: 'submit', batch, task: 'square', pool: 'a' })
    await one.next('accepted', 3)
    const inOne = await counted('batches_open_max', () => refusal(one, 4, {}))
    expect(inOne).toBe('3 batches are open in this session (--batches-open-max)')
    const pools = await counted('pools_max', async () => {
      two.send({ kind: 'submit', batch: 1, task: 'square', pool: 'b', items: [1], end: true })
      two.send({ kind: 'submit', batch: 2, task: 'square', pool: 'c', items: [1], end: true })
      two.send({ kind: 'submit', batch: 3, task: 'square', pool: 'd', items: [1], end: true })
      return await two.next('refused')
    })
    expect(pools).toMatchObject({ error: { message: 'there are 2 pools already (--pools-max)' } })
    two.send({ kind: 'submit', batch: 4, task: 'square', pool: 'a' })
    await two.next('accepted', 4)
    const inAll = await counted('batches_open_total_max', () => refusal(two, 5, {}))
    expect(inAll).toBe('4 batches are open; submit again when some have ended (--batches-open-total-max)')
    // A client that is merely gone may come back for its batches.
    for (const batch of [1, 2, 3]) one.send({ kind: 'cancel', batch })
    two.send({ kind: 'cancel', batch: 4 })
    for (const batch of [1, 2, 3]) await one.next('done', batch)
    await two.next('done', 4)
  })
})

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

describe('HTTP', () => {
  test('headers that come byte by byte are answered by 408', async () => {
    await counted('request_timeout_ms', async () => {
      await using raw = await RawSocket.open(coordinator.url)
      raw.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
      const dribble = setInterval(() => raw.write('X: y\r\n'), 100)
      await raw.ended
      clearInterval(dribble)
      expect(raw.text).toMatch(/^HTTP\/1\.1 408 /)
    })
  })

  test('a body that comes byte by byte is answered by 408', async () => {
    await counted('request_timeout_ms', async () => {
      await using raw = await RawSocket.open(coordinator.url)
      raw.write('POST /api/v1/comparisons HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n')
      const dribble = setInterval(() => raw.write(' '), 100)
      await raw.ended
      clearInterval(dribble)
      expect(raw.text).toMatch(/^HTTP\/1\.1 408 /)
    })
  })

  test('a connection that says nothing is closed', async () => {
    await using raw = await RawSocket.open(coordinator.url)
    await raw.ended
    expect(raw.text).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('headers that are too large are answered by 431', async () => {
    await counted('header_bytes_max', async () => {
      await using raw = await RawSocket.open(coordinator.url)
      raw.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(5_000)}\r\n\r\n`)
      await raw.ended
      expect(raw.text).toMatch(/^HTTP\/1\.1 431 /)
    })
  })

  test.each([
    ['announced', `Content-Length: 3000\r\n\r\n${' '.repeat(3_000)}`],
    ['chunked', `Transfer-Encoding: chunked\r\n\r\nbb8\r\n${' '.repeat(3_000)}\r\n`],
  ])('a body that is too large, %s, is answered by 413', async (_how, rest) => {
    await counted('body_bytes_max', async () => {
      await using raw = await RawSocket.open(coordinator.url)
      raw.write(`POST /api/v1/comparisons HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${rest}`)
      await raw.ended
      expect(raw.text).toMatch(/^HTTP\/1\.1 413 /)
      expect(raw.text).toContain('the body is larger than 2048 bytes (--body-bytes-max)')
    })
  })

  test.each([
    ['no request at all', '\x16\x03\x01\x00\xa5\x01\x00'],
    ['a method of no server', 'GIMME / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: localhost\nX: \n y\r\n\r\n\0'],
  ])('%s is answered by 400, and nothing of it is repeated', async (_what, text) => {
    await counted('bad_request', async () => {
      await using raw = await RawSocket.open(coordinator.url)
      raw.write(Buffer.from(text, 'latin1'))
      await raw.ended
      expect(raw.text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n\r\n$/)
    })
  })

  test('connections of one address beyond the limit are closed unread, and the others stay', async () => {
    await counted('connections_per_address_max', async () => {
      await using client = await new JsonClient(coordinator.url).hello()
      const open = await Promise.all(Array.from({ length: 60 }, () => RawSocket.open(coordinator.url).catch(() => undefined)))
      await Promise.all(open.flatMap((raw) => (raw === undefined ? [] : [raw.ended])))
      const unread = open.filter((raw) => raw?.text === '')
      // Of the 30 places one was the client's, and connections of the tests before may still hold some.
      expect(unread.length).toBeGreaterThanOrEqual(31)
      client.send({ kind: 'submit', batch: 1, task: 'square', items: [3], end: true })
      expect(await client.next('results', 1)).toMatchObject({ values: [9] })
    })
  })
})
