import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FRAME_BYTES_MAX } from '../src/protocol/index.ts'
import { MessagePortLink } from '../src/link/message-port-link.ts'
import { StreamLink } from '../src/link/stream-link.ts'
import type { LinkClosed, WorkerLink } from '../src/link/worker-link.ts'
import { RingLink } from '../src/link/ring-link.ts'
import { ringMemoryBytes } from '../src/link/ring-layout.ts'
import type { RingMemory } from '../src/link/ring-layout.ts'
import { createNamelessFile } from '../src/memory/nameless-file.ts'
import { NamelessMemory } from '../src/memory/nameless-memory.ts'
import { ThreadMemory } from '../src/memory/thread-memory.ts'
import { systemClock } from '../src/base/index.ts'
import { linkConformance } from '../src/testing/index.ts'
import type { LinkPair } from '../src/testing/index.ts'

const kinds: readonly { readonly name: string; readonly open: () => Promise<LinkPair> }[] = [
  {
    name: 'a link of message ports',
    open: () => {
      const { port1, port2 } = new MessageChannel()
      return Promise.resolve({ ends: [new MessagePortLink(port1), new MessagePortLink(port2)], break: () => port1.close() })
    },
  },
  {
    name: 'a link over a stream',
    open: async () => {
      const [a, b] = await socketPair()
      return { ends: [new StreamLink(a), new StreamLink(b)], break: () => void a.destroy() }
    },
  },
  {
    name: 'a link of rings in memory of threads',
    open: () => {
      const { port1, port2 } = new MessageChannel()
      const memory = new ThreadMemory(ringMemoryBytes(RING_BYTES))
      const ends = ringLinks(new MessagePortLink(port1), new MessagePortLink(port2), memory, new ThreadMemory(memory.handle))
      return Promise.resolve({ ends, break: () => port1.close() })
    },
  },
  {
    name: 'a link of rings in memory of processes',
    open: async () => {
      const [a, b] = await socketPair()
      const fd = createNamelessFile(ringMemoryBytes(RING_BYTES))
      const other = openSync(`/proc/self/fd/${fd}`, 'r+')
      const ends = ringLinks(new StreamLink(a), new StreamLink(b), new NamelessMemory(fd), new NamelessMemory(other))
      return { ends, break: () => void a.destroy() }
    },
  },
  {
    name: 'a link that joins rings when it has carried enough without',
    open: () => {
      const { port1, port2 } = new MessageChannel()
      const memory = new ThreadMemory(ringMemoryBytes(RING_BYTES))
      const ends = [new RingLink(new MessagePortLink(port1), systemClock), new RingLink(new MessagePortLink(port2), systemClock)] as const
      ends[0].whenWorthwhile(() => ends[0].offer(memory))
      ends[1].whenOffered(() => ends[1].join(new ThreadMemory(memory.handle), 1))
      return Promise.resolve({ ends, break: () => port1.close() })
    },
  },
]

/** Small, so that the frames of the suite go around it many times, and in pieces. */
const RING_BYTES = 8 * 1024

function ringLinks(a: WorkerLink, b: WorkerLink, memoryA: RingMemory, memoryB: RingMemory): readonly [RingLink, RingLink] {
  const ends = [new RingLink(a, systemClock), new RingLink(b, systemClock)] as const
  ends[0].join(memoryA, 0)
  ends[1].join(memoryB, 1)
  return ends
}

let folder: string
let server: Server
const sockets: Socket[] = []

async function socketPair(): Promise<readonly [Socket, Socket]> {
  const near = connect(join(folder, 's.sock'))
  const [far] = (await once(server, 'connection')) as [Socket]
  sockets.push(near, far)
  return [near, far]
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkpool-link-'))
  server = createServer()
  server.listen(join(folder, 's.sock'))
  await once(server, 'listening')
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

describe.each(kinds)('$name', ({ open }) => {
  it.each(linkConformance)('$name', async ({ run }) => run(await open()))
  it.each(linkConformance)('$name, from the other end', async ({ run }) => {
    const pair = await open()
    await run({ ends: [pair.ends[1], pair.ends[0]], break: pair.break })
  })
})

/** A link that keeps what is sent until it is flushed, as long as that may be. */
function heldLink(): WorkerLink & { readonly handedOver: () => number } {
  let sent = 0
  let handedOver = 0
  return { send: () => sent++, flush: () => (handedOver = sent), onFrame() {}, onClose() {}, close() {}, handedOver: () => handedOver }
}

describe('a link of rings', () => {
  it('rings at once, however the link below gathers its frames', () => {
    const below = heldLink()
    const ring = new RingLink(below, systemClock)
    ring.join(new ThreadMemory(ringMemoryBytes(RING_BYTES)), 1)
    expect(below.handedOver()).toBe(1)
  })
})

describe('a link over a stream', () => {
  it('hands over what it gathered when it is flushed, before the turn ends', async () => {
    const [near, far] = await socketPair()
    const [sender, receiver] = [new StreamLink(near), new StreamLink(far)]
    let arrived = 0
    receiver.onFrame(() => arrived++)
    await new Promise<void>((resolve) => setImmediate(resolve))
    for (let i = 0; i < 3; i++) sender.send(Uint8Array.of(i))
    sender.flush()
    // The end of the turn is behind this in the queue, and what the system has is read before.
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(arrived).toBe(3)
  })

  it('takes frames that come byte by byte', async () => {
    const [raw, far] = await socketPair()
    const link = new StreamLink(far)
    const frames: string[] = []
    const closed = new Promise<LinkClosed>((resolve) => link.onClose(resolve))
    link.onFrame((frame) => frames.push(Buffer.from(frame).toString()))
    for (const byte of [3, 0, 0, 0, ...Buffer.from('abc'), 0, 0, 0, 0, 2, 0, 0, 0x80, ...Buffer.from('by')]) {
      await new Promise<void>((resolve) => raw.write(Uint8Array.of(byte), () => resolve()))
    }
    raw.resume()
    expect(await closed).toEqual({ reason: 'by' })
    expect(frames).toEqual(['abc', ''])
  })

  it('closes over a frame that is longer than any', async () => {
    const [raw, far] = await socketPair()
    const link = new StreamLink(far)
    const closed = new Promise<LinkClosed>((resolve) => link.onClose(resolve))
    link.onFrame(() => expect.unreachable())
    raw.on('error', () => {})
    const header = Buffer.alloc(4)
    header.writeUInt32LE(FRAME_BYTES_MAX + 1)
    raw.write(header)
    expect((await closed).reason).toContain(`a frame of ${FRAME_BYTES_MAX + 1} bytes`)
  })
})
