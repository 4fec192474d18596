import { FakeClock, SeededRandom } from '@forkpool/pool-core/testing'
import { describe, expect, test } from 'vitest'
import type { MemoryNetwork } from '../test/memory-transport.ts'
import { memoryNetwork } from '../test/memory-transport.ts'
import type { PeerOptions } from '../test/peer.ts'
import { Peer } from '../test/peer.ts'
import type { Cluster } from './cluster.ts'
import type { ConnectOptions } from './connect.ts'
import { connectThrough } from './connect.ts'
import type { ConnectionEvent } from './connection.ts'

const tasks = { square: (n: number) => n * n }

interface Setup {
  readonly peer: Peer
  readonly network: MemoryNetwork
  readonly clock: FakeClock
  readonly connect: (options?: ConnectOptions) => Promise<Cluster<typeof tasks>>
}

function setup(options: PeerOptions = {}, carriesToken = false): Setup {
  const peer = new Peer({ tasks, ...options })
  const network = memoryNetwork(peer, carriesToken)
  const clock = new FakeClock()
  const connect = connectThrough(network)<typeof tasks>
  return { peer, network, clock, connect: (more) => connect('ws://peer', { clock, random: new SeededRandom(1), ...more }) }
}

/** Frames and ends travel in microtasks: when none is left, everything that can have happened has. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets the retries of a reconnection come, up to so many. */
async function retries(clock: FakeClock, most: number): Promise<number> {
  let ran = 0
  for (; ran < most && clock.runNext(); ran++) await settle()
  return ran
}

describe('connecting', () => {
  test('gives a cluster that knows the coordinator', async () => {
    const { connect, clock } = setup()
    const cluster = await connect()
    expect(cluster).toMatchObject({ session: 's1', server: 'peer', cores: 4, limits: { poolSizeMax: 64 } })
    expect(clock.pending).toBe(0)
    await cluster.close()
  })

  test('the token goes with hello only where the socket cannot carry it', async () => {
    const browser = setup({ token: 'secret' })
    await (await browser.connect({ token: 'secret' })).close()
    expect(browser.peer.received[0]).toMatchObject({ kind: 'hello', token: 'secret' })
    const node = setup({}, true)
    await (await node.connect({ token: 'secret' })).close()
    expect(node.peer.received[0]).not.toHaveProperty('token')
  })

  test('a wrong token is UNAUTHORISED, and is not tried again', async () => {
    const { connect, network, clock } = setup({ token: 'secret' })
    await expect(connect({ token: 'wrong' })).rejects.toMatchObject({ code: 'UNAUTHORISED' })
    expect([network.opened, clock.pending]).toEqual([1, 0])
  })

  test('nobody there is COORDINATOR_UNREACHABLE, at once', async () => {
    const { connect, network, clock } = setup()
    network.isUp = false
    await expect(connect()).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' })
    expect([network.opened, clock.pending]).toEqual([1, 0])
  })

  test('silence is COORDINATOR_UNREACHABLE after connectTimeoutMs', async () => {
    const { connect, network, clock } = setup()
    network.isSilent = true
    const connecting = connect({ connectTimeoutMs: 500 })
    await settle()
    clock.advance(500)
    await expect(connecting).rejects.toMatchObject({
      code: 'COORDINATOR_UNREACHABLE',
      message: 'no coordinator answers at ws://peer/ within 500 ms',
    })
    expect(clock.pending).toBe(0)
  })

  test('an abort rejects with its reason and leaves nothing open', async () => {
    const { connect, network, clock, peer } = setup()
    network.isSilent = true
    const controller = new AbortController()
    const connecting = connect({ signal: controller.signal })
    await settle()
    controller.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
    expect([clock.pending, peer.connections.length]).toEqual([0, 0])
    await expect(connect({ signal: AbortSignal.abort('early') })).rejects.toBe('early')
  })

  test('an abort after connecting changes nothing', async () => {
    const { connect } = setup()
    const controller = new AbortController()
    await using cluster = await connect({ signal: controller.signal })
    controller.abort()
    expect(await cluster.pool().submit('square', 3)).toBe(9)
  })

  test.each<[ConnectOptions & { url?: string }, string]>([
    [{ url: 'ftp://peer' }, 'must begin with ws://, wss://, http:// or https://, not ftp:'],
    [{ url: 'nowhere' }, 'must be like ws://127.0.0.1:7070, not "nowhere"'],
    [{ url: 'ws://me:secret@peer' }, 'use the option token'],
    [{ token: 'two words' }, 'token must be'],
    [{ token: '' }, 'token must be'],
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs must be'],
    [{ reconnect: { attempts: -1 } }, 'reconnect.attempts must be'],
    [{ reconnect: { minDelayMs: 100, maxDelayMs: 50 } }, 'reconnect.maxDelayMs must be'],
  ])('%j is BAD_ARGUMENT', async ({ url = 'ws://peer', ...options }, text) => {
    const { network } = setup()
    const failing = connectThrough(network)(url, options)
    await expect(failing).rejects.toMatchObject({ code: 'BAD_ARGUMENT', message: expect.stringContaining(text) })
    await expect(failing).rejects.not.toMatchObject({ message: expect.stringContaining('secret') })
    expect(network.opened).toBe(0)
  })
})

describe('losing the connection', () => {
  test('rejects what a coordinator of version 1 had, and sends what comes later over the next connection', async () => {
    const { connect, peer, clock } = setup({ hold: true })
    await using cluster = await connect()
    const events: ConnectionEvent[] = []
    cluster.onEvent((event) => events.push(event))
    const open = cluster.pool().map('square', [1, 2, 3])
    const rejected = expect(open).rejects.toMatchObject({ code: 'CONNECTION_LOST', message: expect.stringContaining('cannot take up') })
    await settle()
    peer.connection.cut()
    await settle()
    const later = cluster.pool().submit('square', 5)
    expect(await retries(clock, 1)).toBe(1)
    await rejected
    peer.connection.release()
    expect(await later).toBe(25)
    expect(cluster.session).toBe('s2')
    expect(events).toMatchObject([
      { kind: 'lost', error: { code: 'CONNECTION_LOST' } },
      { kind: 'reconnected', session: 's2' },
    ])
  })

  test('results that came before the loss are read before the error', async () => {
    const { connect, peer } = setup({ hold: true, shardItems: 1 })
    await using cluster = await connect({ reconnect: false })
    const results = cluster.pool().imap('square', [1, 2, 3])
    await settle()
    peer.connection.release(2)
    await settle()
    peer.connection.cut()
    await settle()
    expect([(await results.next()).value, (await results.next()).value]).toEqual([1, 4])
    await expect(results.next()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect((await results.next()).done).toBe(true)
  })

  test('waits longer and longer, at random, and gives up after the attempts; all that waits is rejected', async () => {
    const { connect, network, peer, clock } = setup()
    await using cluster = await connect({ reconnect: { attempts: 4, minDelayMs: 100, maxDelayMs: 300 } })
    network.isUp = false
    peer.connection.cut()
    await settle()
    const waiting = [cluster.pool().submit('square', 1), cluster.pool().map('square', [1])]
    const starts = [clock.now()]
    const rejected = Promise.allSettled(waiting)
    while (clock.runNext()) {
      starts.push(clock.now())
      await settle()
    }
    const waits = starts.slice(1).map((at, i) => at - (starts[i] ?? 0))
    expect(waits).toHaveLength(4)
    waits.forEach((wait, i) => expect(wait).toBeLessThanOrEqual(Math.min(300, 100 * 2 ** i)))
    expect(new Set(waits).size).toBe(4)
    expect(network.opened).toBe(5)
    expect((await rejected).map((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code)).toEqual([
      'COORDINATOR_UNREACHABLE',
      'COORDINATOR_UNREACHABLE',
    ])
  })

  test('after giving up, the next submission tries again', async () => {
    const { connect, network, peer, clock } = setup()
    await using cluster = await connect({ reconnect: { attempts: 1 } })
    network.isUp = false
    peer.connection.cut()
    await settle()
    await retries(clock, 5)
    const failing = cluster.pool().submit('square', 1)
    const outcome = failing.exception()
    await retries(clock, 5)
    expect(await outcome).toMatchObject({ code: 'COORDINATOR_UNREACHABLE', message: expect.stringContaining('after 1 attempts') })
    network.isUp = true
    const working = cluster.pool().submit('square', 6)
    await retries(clock, 5)
    expect(await working).toBe(36)
  })

  test('a connection that dies at once counts as an attempt, so that it does not go round for ever', async () => {
    const { connect, network, peer, clock } = setup()
    await using cluster = await connect({ reconnect: { attempts: 3, minDelayMs: 1, maxDelayMs: 1000 } })
    peer.connection.cut()
    await settle()
    for (let i = 0; i < 20 && clock.runNext(); i++) {
      await settle()
      if (cluster.session === `s${peer.connections.length}`) peer.connection.cut()
      await settle()
    }
    expect(network.opened).toBe(1 + 3)
  })

  test('a connection that lived clears the count', async () => {
    const { connect, network, peer, clock } = setup()
    await using cluster = await connect({ reconnect: { attempts: 2, minDelayMs: 1, maxDelayMs: 1000 } })
    for (let i = 0; i < 10; i++) {
      clock.advance(1000)
      peer.connection.cut()
      await settle()
      await retries(clock, 1)
    }
    expect(network.opened).toBe(11)
    expect(await cluster.pool().submit('square', 2)).toBe(4)
  })

  test('without reconnection everything is CONNECTION_LOST from then on', async () => {
    const { connect, peer, clock } = setup()
    await using cluster = await connect({ reconnect: false })
    peer.connection.cut()
    await settle()
    await expect(cluster.pool().submit('square', 1)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await expect(cluster.pool().map('square', [1])).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    expect(clock.pending).toBe(0)
  })

  test('a token that is no longer good is not tried again and again', async () => {
    const options: { token?: string } & PeerOptions = { token: 'old' }
    const peer = new Peer({ tasks, ...options })
    const network = memoryNetwork(peer)
    const clock = new FakeClock()
    await using cluster = await connectThrough(network)('ws://peer', { clock, token: 'old' })
    Object.assign(peer.options, { token: 'new' })
    peer.connection.cut()
    await settle()
    const failing = cluster.pool().submit('square', 1).exception()
    await retries(clock, 20)
    expect(await failing).toMatchObject({ code: 'UNAUTHORISED' })
    expect(network.opened).toBe(2)
  })

  test('a frame that is no message ends the connection', async () => {
    const { connect, peer, network } = setup({ hold: true })
    await using cluster = await connect({ reconnect: false })
    const open = cluster.pool().submit('square', 1)
    await settle()
    peer.connection.sendFrame(Uint8Array.of(1, 2, 3))
    await expect(open).rejects.toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'BAD_MESSAGE' } })
    expect(network.opened).toBe(1)
  })
})

describe('goodbye', () => {
  test('open batches end well, later ones get the next connection', async () => {
    const { connect, peer, clock } = setup({ hold: true })
    await using cluster = await connect()
    const events: ConnectionEvent[] = []
    cluster.onEvent((event) => events.push(event))
    const open = cluster.pool().submit('square', 1)
    await settle()
    peer.connection.send({ kind: 'goodbye', reason: 'upgrade' })
    await settle()
    const later = cluster.pool().submit('square', 2)
    peer.connection.release()
    expect(await open).toBe(1)
    await settle()
    await retries(clock, 1)
    peer.connection.release()
    expect(await later).toBe(4)
    expect(events.map((event) => event.kind)).toEqual(['goodbye', 'lost', 'reconnected'])
  })

  test('without reconnection what comes after it is refused as DRAINING', async () => {
    const { connect, peer } = setup({ hold: true })
    await using cluster = await connect({ reconnect: false })
    const open = cluster.pool().submit('square', 1)
    await settle()
    peer.connection.send({ kind: 'goodbye', reason: 'upgrade' })
    await settle()
    const later = cluster.pool().submit('square', 2).exception()
    peer.connection.release()
    expect(await open).toBe(1)
    expect(await later).toMatchObject({ code: 'DRAINING' })
  })
})

describe('close', () => {
  test('rejects what is open and what comes later with POOL_CLOSED, and may be called again', async () => {
    const { connect, peer, clock } = setup({ hold: true })
    const cluster = await connect()
    const open = [cluster.pool().map('square', [1]), cluster.pool().submit('square', 1), cluster.pool().imap('square', [1]).next()]
    await settle()
    const rejected = Promise.allSettled(open)
    await Promise.all([cluster.close(), cluster.close()])
    await cluster.close()
    const later = [cluster.pool().submit('square', 1), cluster.pool().map('square', [1])]
    const codes = [...(await rejected), ...(await Promise.allSettled(later))].map(
      (outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code,
    )
    expect(codes).toEqual(Array.from({ length: 5 }, () => 'POOL_CLOSED'))
    expect(clock.pending).toBe(0)
    expect(peer.connections).toHaveLength(1)
  })

  test('ends a reconnection that is under way', async () => {
    const { connect, peer, clock, network } = setup()
    const cluster = await connect()
    peer.connection.cut()
    await settle()
    const waiting = cluster.pool().submit('square', 1).exception()
    await cluster.close()
    expect(await waiting).toMatchObject({ code: 'POOL_CLOSED' })
    expect([clock.pending, network.opened]).toEqual([0, 1])
  })

  test('a listener that throws harms nobody, and one that was taken away hears nothing', async () => {
    const { connect, peer } = setup()
    await using cluster = await connect({ reconnect: false })
    const heard: string[] = []
    cluster.onEvent((event) => heard.push(`first ${event.kind}`))()
    cluster.onEvent((event) => heard.push(`second ${event.kind}`))
    peer.connection.cut()
    await settle()
    expect(heard).toEqual(['second lost'])
  })
})

test.each([0, -1, 1.5, 1e9, Number.NaN, '4'])('a pool size of %j is BAD_ARGUMENT', async (size) => {
  const { connect } = setup()
  await using cluster = await connect()
  expect(() => cluster.pool({ size: size as number })).toThrow(`pool size must be a whole number from 1 to 64, not ${size}`)
})
