import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ClientMessage, ItemBlock, ServerMessage } from '@forkpool/pool-core/protocol'
import { blockBytes } from '@forkpool/pool-core/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SessionCommand, SessionEvent } from './session-events.ts'
import { createSession, takeBatchNumber } from './session-state.ts'
import { stepSession } from './session.ts'

/** One thing that may happen; `pick` chooses among the batches that it can happen to, `size` says how much. */
interface Happening {
  readonly what:
    | 'submit'
    | 'items'
    | 'end'
    | 'cancel'
    | 'consume'
    | 'results'
    | 'done'
    | 'credit'
    | 'refuse'
    | 'lose'
    | 'connect'
    | 'give-up'
    | 'goodbye'
  readonly pick: number
  readonly size: number
}

const happenings = fc.array(
  fc.record<Happening>({
    what: fc.constantFrom(
      'submit',
      'submit',
      'submit',
      'items',
      'items',
      'end',
      'cancel',
      'consume',
      'results',
      'results',
      'done',
      'credit',
      'refuse',
      'lose',
      'connect',
      'connect',
      'give-up',
      'goodbye',
    ),
    pick: fc.nat(),
    size: fc.integer({ min: 1, max: 6 }),
  }),
  { maxLength: 120 },
)

/** What a coordinator that keeps to the protocol knows of one batch. */
interface ServerBatch {
  items: number
  results: number
  ended: boolean
  cancelled: boolean
  inputRoom: number
  resultRoom: number
}

const WINDOW = 64
const OPEN_MAX = 3

function block(count: number): ItemBlock {
  return { count, codec: 'f64', bytes: new Uint8Array(count * 8) }
}

/**
 * A session between a caller who does anything at any time and a coordinator that keeps to the protocol. The world checks every command as it
 * comes: nothing is sent at the wrong moment or beyond a window, and every batch settles exactly once.
 */
class World {
  readonly state = createSession('test', { resumes: false })
  readonly settled = new Map<number, string>()
  readonly submitted: number[] = []
  /** Batches of the connection of now, as the coordinator sees them. */
  server = new Map<number, ServerBatch>()
  phase: 'none' | 'open' = 'none'
  draining = false
  highest = 0
  rooms = new Map<number, number>()
  unread = new Map<number, number>()
  disconnecting = false

  step(event: SessionEvent): void {
    for (const command of stepSession(this.state, event)) this.#check(command)
    expect(this.state.openCount).toBe([...this.state.batches.values()].filter((batch) => batch.phase !== 'waiting').length)
    expect(this.state.openCount).toBeLessThanOrEqual(OPEN_MAX)
  }

  receive(message: ServerMessage): void {
    if (this.phase === 'open' && !this.disconnecting) this.step({ kind: 'received', message })
  }

  connect(): void {
    if (this.state.phase !== 'connecting' || this.phase === 'open') return
    this.phase = 'open'
    this.draining = false
    this.disconnecting = false
    this.highest = 0
    this.server = new Map()
    this.step({ kind: 'opened' })
    const limits = { frameBytes: 1000, inputWindowBytes: WINDOW, resultWindowBytes: WINDOW, poolSizeMax: 8, batchesOpenMax: OPEN_MAX }
    this.receive({ kind: 'welcome', version: 1, session: 's', server: 'test', cores: 1, limits })
  }

  lose(): void {
    if (this.phase !== 'open') return
    this.phase = 'none'
    this.server = new Map()
    this.step({ kind: 'lost', error: new ForkpoolError('CONNECTION_LOST') })
  }

  #check(command: SessionCommand): void {
    switch (command.kind) {
      case 'send':
        expect(this.phase).toBe('open')
        this.#checkMessage(command.message)
        break
      case 'room':
        this.rooms.set(command.batch, command.bytes)
        break
      case 'results':
        expect(this.settled.has(command.batch)).toBe(false)
        this.unread.set(command.batch, (this.unread.get(command.batch) ?? 0) + blockBytes(command.message.values))
        break
      case 'ended':
      case 'failed':
        expect(this.settled.has(command.batch)).toBe(false)
        this.settled.set(command.batch, command.kind)
        this.rooms.delete(command.batch)
        break
      case 'disconnect':
        this.disconnecting = true
        // Only a goodbye or a close makes it leave: this coordinator breaks no rule.
        expect(this.draining || this.state.phase === 'closed').toBe(true)
        break
      default:
    }
  }

  #checkMessage(message: ClientMessage): void {
    if (message.kind === 'hello') return
    if (message.kind === 'submit') {
      expect(this.draining).toBe(false)
      expect(message.batch).toBeGreaterThan(this.highest)
      this.highest = message.batch
      const bytes = blockBytes(message.items as ItemBlock)
      const batch = {
        items: message.items?.count ?? 0,
        results: 0,
        ended: message.end === true,
        cancelled: false,
        inputRoom: WINDOW - bytes,
        resultRoom: WINDOW,
      }
      this.server.set(message.batch, batch)
      expect(this.server.size).toBeLessThanOrEqual(OPEN_MAX)
      return
    }
    const batch = this.server.get(message.batch)
    if (batch === undefined) throw new Error(`"${message.kind}" for batch ${message.batch}, which the coordinator does not have`)
    if (message.kind === 'items') {
      expect(batch.ended || batch.cancelled).toBe(false)
      batch.items += message.items.count
      batch.inputRoom -= blockBytes(message.items)
      batch.ended = message.end === true
      expect(batch.inputRoom).toBeGreaterThanOrEqual(0)
    } else if (message.kind === 'end') {
      expect(batch.ended).toBe(false)
      batch.ended = true
    } else if (message.kind === 'cancel') {
      expect(batch.cancelled).toBe(false)
      batch.cancelled = true
    } else if (message.kind === 'credit') {
      batch.resultRoom += message.bytes
      expect(batch.resultRoom).toBeLessThanOrEqual(WINDOW)
    }
  }
}

function happen(world: World, { what, pick, size }: Happening): void {
  const choose = (batches: readonly number[]): number | undefined => batches[pick % Math.max(1, batches.length)]
  const atServer = (fits: (batch: ServerBatch) => boolean): number | undefined =>
    choose([...world.server].filter(([, batch]) => fits(batch)).map(([number]) => number))
  switch (what) {
    case 'submit': {
      const batch = takeBatchNumber(world.state)
      world.submitted.push(batch)
      return world.step({
        kind: 'submit',
        message: { kind: 'submit', batch, task: 't', items: block(size), ...(pick % 2 === 0 && { end: true }) },
      })
    }
    case 'items': {
      const batch = choose([...world.rooms.keys()].filter((number) => world.server.get(number)?.ended === false))
      const room = batch === undefined ? 0 : (world.rooms.get(batch) ?? 0)
      const count = Math.min(size, room >> 3)
      if (batch === undefined || count === 0 || world.server.get(batch)?.cancelled === true) return undefined
      world.rooms.set(batch, room - count * 8)
      return world.step({ kind: 'items', batch, items: block(count), end: pick % 3 === 0 })
    }
    case 'end':
    case 'cancel': {
      const batch = choose(world.submitted)
      return batch === undefined ? undefined : world.step({ kind: what, batch })
    }
    case 'consume': {
      const batch = choose([...world.unread.keys()])
      if (batch === undefined) return undefined
      world.step({ kind: 'consumed', batch, bytes: world.unread.get(batch) ?? 0 })
      world.unread.delete(batch)
      return undefined
    }
    case 'results': {
      const number = atServer((batch) => batch.results < batch.items && batch.resultRoom >= 8)
      const batch = number === undefined ? undefined : world.server.get(number)
      if (number === undefined || batch === undefined) return undefined
      const count = Math.min(size, batch.items - batch.results, batch.resultRoom >> 3)
      const from = batch.results
      batch.results += count
      batch.resultRoom -= count * 8
      return world.receive({ kind: 'results', batch: number, from, count, values: block(count) })
    }
    case 'done': {
      const number = atServer((batch) => batch.cancelled || (batch.ended && batch.results === batch.items))
      const batch = number === undefined ? undefined : world.server.get(number)
      if (number === undefined || batch === undefined) return undefined
      world.server.delete(number)
      const counts = { completed: batch.results, failed: 0, cancelled: batch.items - batch.results }
      return world.receive({
        kind: 'done',
        batch: number,
        outcome: batch.cancelled ? 'cancelled' : 'completed',
        ...counts,
        wallMs: 1,
        runMs: 1,
        workers: 1,
      })
    }
    case 'credit': {
      const number = atServer((batch) => batch.inputRoom < WINDOW)
      const batch = number === undefined ? undefined : world.server.get(number)
      if (number === undefined || batch === undefined) return undefined
      const bytes = WINDOW - batch.inputRoom
      batch.inputRoom = WINDOW
      return world.receive({ kind: 'credit', batch: number, bytes })
    }
    case 'refuse': {
      const number = atServer((batch) => batch.results === 0)
      if (number === undefined) return undefined
      world.server.delete(number)
      return world.receive({ kind: 'refused', batch: number, error: { name: 'ForkpoolError', code: 'LIMIT_EXCEEDED', message: 'full' } })
    }
    case 'lose':
      return world.lose()
    case 'connect':
      return world.connect()
    case 'give-up':
      if (world.phase === 'none' && world.state.phase === 'connecting') {
        world.step({ kind: 'given-up', error: new ForkpoolError('COORDINATOR_UNREACHABLE') })
      }
      return undefined
    case 'goodbye':
      if (world.phase !== 'open' || world.draining) return undefined
      world.draining = true
      return world.receive({ kind: 'goodbye', reason: 'upgrade' })
  }
}

test('whatever happens, windows and order are kept and every batch settles exactly once', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const world = new World()
      for (const happening of list) happen(world, happening)
      world.step({ kind: 'close', error: new ForkpoolError('POOL_CLOSED') })
      expect([...world.settled.keys()].toSorted((a, b) => a - b)).toEqual(world.submitted)
      expect(world.state.batches.size).toBe(0)
    }),
    { numRuns: 400 },
  )
})

test('a coordinator that answers in the end lets every batch end well', () => {
  fc.assert(
    fc.property(happenings, (list) => {
      const world = new World()
      const calm = list.filter(({ what }) => !['lose', 'give-up', 'goodbye', 'refuse', 'cancel'].includes(what))
      world.connect()
      for (const happening of calm) happen(world, happening)
      for (const batch of world.submitted) world.step({ kind: 'end', batch })
      for (let round = 0; round < 2000 && world.settled.size < world.submitted.length; round++) {
        for (const what of ['consume', 'results', 'done'] as const) happen(world, { what, pick: round, size: 6 })
      }
      expect([...world.settled.values()].every((kind) => kind === 'ended')).toBe(true)
      expect(world.settled.size).toBe(world.submitted.length)
    }),
    { numRuns: 200 },
  )
})
