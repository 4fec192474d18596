import { expect, test } from 'vitest'
import { CoordinatorError } from './coordinator.ts'
import { encodeEvent, type StreamEvent } from './event-stream.ts'
import { LiveFeed, type LiveListener, type Wait } from './live.ts'

/** A coordinator's side of the feed, and a clock that a test moves by letting single waits end. */
class World {
  readonly opened: { send(text: string): void; end(): void; readonly signal: AbortSignal }[] = []
  readonly waits: { readonly ms: number; end(): void; readonly signal: AbortSignal }[] = []
  failure: Error | null = null
  now = 1000
  readonly events: StreamEvent[] = []
  #changed: (() => void)[] = []

  readonly wait: Wait = (ms, signal) =>
    new Promise((resolve, reject) => {
      this.waits.push({ ms, end: resolve, signal })
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      this.#change()
    })

  readonly feed = new LiveFeed({
    address: 'http://coordinator:7070',
    now: () => this.now,
    wait: this.wait,
    open: async (signal) => {
      if (this.failure !== null) throw this.failure
      return new ReadableStream({
        start: (controller) => {
          const encoder = new TextEncoder()
          this.opened.push({ send: (text) => controller.enqueue(encoder.encode(text)), end: () => controller.close(), signal })
          this.#change()
        },
      })
    },
  })

  closed = 0
  readonly hear: LiveListener = {
    onEvent: (event) => {
      this.events.push(event)
      this.#change()
    },
    onClose: () => {
      this.closed++
    },
  }

  /** Resolves once the condition holds; looks again at each thing that happens. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#changed.push(resolve))
  }

  /** Ends the newest open wait of this length, once there is one. */
  async pass(ms: number): Promise<void> {
    const find = () => this.waits.findLast((wait) => wait.ms === ms && !wait.signal.aborted)
    await this.until(() => find() !== undefined)
    find()?.end()
  }

  #change(): void {
    for (const resolve of this.#changed.splice(0)) resolve()
  }
}

const snapshot = (at: number): string => encodeEvent({ event: 'snapshot', data: `{"at":${at}}` })

test('snapshots pass through, and a newcomer gets the newest at once over the same connection', async () => {
  const world = new World()
  const leave = world.feed.subscribe(world.hear)
  await world.until(() => world.opened.length === 1)
  world.opened[0]?.send(`${snapshot(1)}${snapshot(2)}`)
  await world.until(() => world.events.length === 3)
  expect(world.events.map((event) => event.data)).toEqual(['{"kind":"connected"}', '{"at":1}', '{"at":2}'])

  const later: string[] = []
  const leaveToo = world.feed.subscribe({ onEvent: (event) => later.push(event.data), onClose: () => undefined })
  expect(later).toEqual(['{"kind":"connected"}', '{"at":2}'])
  expect(world.opened).toHaveLength(1)

  leaveToo()
  expect(world.opened[0]?.signal.aborted).toBe(false)
  leave()
  expect(world.opened[0]?.signal.aborted).toBe(true)
})

test('an unreachable coordinator is named once, with the time it was first missed, and found again', async () => {
  const world = new World()
  world.failure = new CoordinatorError('unreachable', 502, 'COORDINATOR_UNREACHABLE', 'connection refused')
  const leave = world.feed.subscribe(world.hear)
  await world.until(() => world.events.length === 1)
  expect(JSON.parse(world.events[0]!.data)).toEqual({
    kind: 'unreachable',
    address: 'http://coordinator:7070',
    reason: 'connection refused',
    since: 1000,
  })

  world.now = 2000
  await world.pass(1000)
  world.failure = null
  await world.pass(1000)
  await world.until(() => world.opened.length === 1)
  world.opened[0]?.send(snapshot(3))
  await world.until(() => world.events.length === 3)
  expect(world.events.slice(1).map((event) => event.data)).toEqual(['{"kind":"connected"}', '{"at":3}'])
  leave()
})

test('a feed that ends is opened again', async () => {
  const world = new World()
  const leave = world.feed.subscribe(world.hear)
  await world.until(() => world.opened.length === 1)
  world.opened[0]?.send(snapshot(1))
  world.opened[0]?.end()
  await world.until(() => world.events.length === 3)
  expect(JSON.parse(world.events[2]!.data)).toMatchObject({ kind: 'unreachable', reason: 'the live feed ended' })
  await world.pass(1000)
  await world.until(() => world.opened.length === 2)
  leave()
})

test('a coordinator that falls silent counts as unreachable and its connection is given up', async () => {
  const world = new World()
  const leave = world.feed.subscribe(world.hear)
  await world.until(() => world.opened.length === 1)
  // The first watch was over the opening, the second is over the reading.
  await world.until(() => world.waits.filter((wait) => wait.ms === 5000).length === 2)
  await world.pass(5000)
  await world.until(() => world.events.length === 1)
  expect(JSON.parse(world.events[0]!.data)).toMatchObject({ kind: 'unreachable', reason: 'nothing heard for 5 seconds' })
  expect(world.opened[0]?.signal.aborted).toBe(true)
  leave()
})

test('a refusal keeps its status, so that the page can name the token', async () => {
  const world = new World()
  world.failure = new CoordinatorError('refused', 401, 'UNAUTHORISED', 'The token is missing or wrong.')
  const leave = world.feed.subscribe(world.hear)
  await world.until(() => world.events.length === 1)
  expect(JSON.parse(world.events[0]!.data)).toMatchObject({ kind: 'refused', status: 401 })
  leave()
})

test('a closed feed ends its subscriptions, takes no new one, and lets go of the coordinator', async () => {
  const world = new World()
  const leave = world.feed.subscribe(world.hear)
  await world.until(() => world.opened.length === 1)
  world.feed.close()
  expect(world.closed).toBe(1)
  expect(world.opened[0]?.signal.aborted).toBe(true)
  leave()
  world.feed.subscribe(world.hear)
  expect(world.closed).toBe(2)
  expect(world.opened).toHaveLength(1)
})
