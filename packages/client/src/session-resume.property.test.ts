import { ForkpoolError, IntervalSet } from '@forkpool/pool-core/base'
import type { BatchSummary, ClientMessage, ItemBlock, ServerMessage } from '@forkpool/pool-core/protocol'
import { blockBytes, decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SessionCommand, SessionEvent } from './session-events.ts'
import { createSession, takeBatchNumber } from './session-state.ts'
import { stepSession } from './session.ts'

const WINDOW = 64
const OPEN_MAX = 3

/** A batch as the coordinator has recorded it: it outlives the connection. */
interface Recorded {
  readonly id: string
  /** Items 0, 1, 2, …: what is missing, doubled or out of order shows. */
  items: number
  inputEnded: boolean
  /** Items that ran: their results are recorded and their bytes are free. */
  ran: number
  cancelled: boolean
  /** The client was told of its end, on whatever connection. */
  done: boolean
}

/** A batch on the connection of now. */
interface Open {
  readonly batch: Recorded
  inputBytes: number
  resultRoom: number
  /** Results that were put on the wire or that the client said it has. */
  readonly told: IntervalSet
}

function block(from: number, count: number): ItemBlock {
  return encodeItems(Array.from({ length: count }, (_, i) => from + i))
}

/**
 * A caller, a session, two wires that lose what is on them when they break, and a coordinator that remembers. The world checks that items arrive
 * once and in order, that no window is exceeded, and that each result reaches the caller once.
 */
class World {
  readonly state = createSession('test')
  readonly submitted: number[] = []
  readonly settled = new Map<number, string>()
  readonly results = new Map<number, IntervalSet>()
  readonly unread = new Map<number, number>()
  readonly rooms = new Map<number, number>()
  readonly handedOut = new Map<number, number>()
  readonly inputOver = new Set<number>()
  readonly cancelled = new Set<number>()
  /** By session and number. */
  readonly recorded = new Map<string, Recorded>()
  toServer: ClientMessage[] = []
  toClient: ServerMessage[] = []
  open = new Map<number, Open>()
  /** Undefined: no connection. */
  session: string | undefined
  #sessions = 0
  #highest = 0
  #unknown = new Set<number>()

  step(event: SessionEvent): void {
    for (const command of stepSession(this.state, event)) this.#obey(command)
  }

  #obey(command: SessionCommand): void {
    switch (command.kind) {
      case 'send':
        expect(this.session).toBeDefined()
        this.toServer.push(command.message)
        return
      case 'room':
        this.rooms.set(command.batch, command.bytes)
        return
      case 'results': {
        const { batch, message } = command
        expect(this.settled.has(batch)).toBe(false)
        expect(decodeItems(message.values)).toEqual(Array.from({ length: message.count }, (_, i) => message.from + i))
        const seen = this.results.get(batch) ?? new IntervalSet()
        expect(seen.addIfAbsent(message.from, message.from + message.count)).toBe(true)
        this.results.set(batch, seen)
        this.unread.set(batch, (this.unread.get(batch) ?? 0) + blockBytes(message.values))
        return
      }
      case 'ended':
      case 'failed':
        expect(this.settled.has(command.batch)).toBe(false)
        this.settled.set(command.batch, command.kind)
        return
      case 'disconnect':
        // This coordinator breaks no rule, so only a close makes the client leave.
        expect(this.state.phase).toBe('closed')
        return
      default:
    }
  }

  connect(): void {
    if (this.session !== undefined || this.state.phase !== 'connecting') return
    this.session = `s${++this.#sessions}`
    this.#highest = 0
    this.#unknown = new Set()
    this.open = new Map()
    this.step({ kind: 'opened' })
  }

  lose(): void {
    if (this.session === undefined) return
    this.session = undefined
    this.toServer = []
    this.toClient = []
    this.open = new Map()
    this.step({ kind: 'lost', error: new ForkpoolError('CONNECTION_LOST') })
  }

  deliverToClient(): void {
    const message = this.toClient.shift()
    if (message !== undefined) this.step({ kind: 'received', message })
  }

  /** The coordinator takes the next message. */
  deliverToServer(): void {
    const message = this.toServer.shift()
    if (message === undefined || this.session === undefined) return
    switch (message.kind) {
      case 'hello': {
        const limits = { frameBytes: 1000, inputWindowBytes: WINDOW, resultWindowBytes: WINDOW, poolSizeMax: 8, batchesOpenMax: OPEN_MAX }
        this.toClient.push({ kind: 'welcome', version: 2, session: this.session, server: 'test', cores: 1, limits })
        return
      }
      case 'submit': {
        if (!this.#unknown.delete(message.batch)) expect(message.batch).toBeGreaterThan(this.#highest)
        this.#highest = Math.max(this.#highest, message.batch)
        const batch: Recorded = {
          id: `${this.session}/${message.batch}`,
          items: 0,
          inputEnded: false,
          ran: 0,
          cancelled: false,
          done: false,
        }
        this.recorded.set(batch.id, batch)
        this.#begin(message.batch, { batch, inputBytes: 0, resultRoom: WINDOW, told: new IntervalSet() })
        this.#takeItems(message.batch, message.items, message.end === true)
        return
      }
      case 'attach':
        return this.#attach(message)
      case 'items':
        return this.#takeItems(message.batch, message.items, message.end === true)
      case 'end': {
        const open = this.open.get(message.batch)
        if (open === undefined) return
        expect(open.batch.inputEnded).toBe(false)
        open.batch.inputEnded = true
        return
      }
      case 'cancel': {
        const open = this.open.get(message.batch)
        if (open !== undefined) open.batch.cancelled = true
        return
      }
      case 'leave':
        this.open.delete(message.batch)
        return
      case 'credit': {
        const open = this.open.get(message.batch)
        if (open === undefined) return
        open.resultRoom += message.bytes
        expect(open.resultRoom).toBeLessThanOrEqual(WINDOW)
      }
    }
  }

  #attach({ batch: number, session, have = [] }: ClientMessage & { kind: 'attach' }): void {
    expect(number).toBeGreaterThan(this.#highest)
    this.#highest = number
    const batch = this.recorded.get(`${session}/${number}`)
    if (batch === undefined) {
      this.#unknown.add(number)
      this.toClient.push({ kind: 'refused', batch: number, error: { name: 'ForkpoolError', code: 'BATCH_UNKNOWN', message: 'unknown' } })
      return
    }
    const told = new IntervalSet()
    for (let i = 0; i < have.length; i += 2) told.addIfAbsent(have[i] as number, have[i + 1] as number)
    const inputBytes = (batch.items - batch.ran) * 8
    this.#begin(number, { batch, inputBytes, resultRoom: WINDOW, told })
    this.toClient.push({
      kind: 'attached',
      batch: number,
      id: batch.id,
      task: 't',
      pool: 'p',
      poolSize: 1,
      received: batch.items,
      roomBytes: Math.max(0, WINDOW - inputBytes),
      inputEnded: batch.inputEnded,
    })
  }

  #begin(number: number, open: Open): void {
    this.open.set(number, open)
    expect(this.open.size).toBeLessThanOrEqual(OPEN_MAX)
  }

  #takeItems(number: number, items: ItemBlock | undefined, end: boolean): void {
    const open = this.open.get(number)
    if (open === undefined) return
    const { batch } = open
    if (items !== undefined) {
      expect(batch.inputEnded).toBe(false)
      expect(decodeItems(items)).toEqual(Array.from({ length: items.count }, (_, i) => batch.items + i))
      batch.items += items.count
      open.inputBytes += blockBytes(items)
      expect(open.inputBytes).toBeLessThanOrEqual(WINDOW)
    }
    if (end) batch.inputEnded = true
  }

  /** The coordinator runs some items, whoever is connected, and says so to who is. */
  run(pick: number, size: number): void {
    const batches = [...this.recorded.values()].filter(({ items, ran, cancelled }) => ran < items && !cancelled)
    const batch = batches[pick % Math.max(1, batches.length)]
    if (batch === undefined) return
    const count = Math.min(size, batch.items - batch.ran)
    batch.ran += count
    for (const [number, open] of this.open) {
      if (open.batch !== batch) continue
      open.inputBytes -= count * 8
      if (!batch.inputEnded) this.toClient.push({ kind: 'credit', batch: number, bytes: count * 8 })
    }
  }

  /** Tells the client of recorded results that it lacks, and of ends. */
  tell(pick: number, size: number): void {
    const entries = [...this.open]
    const entry = entries[pick % Math.max(1, entries.length)]
    if (entry === undefined) return
    const [number, open] = entry
    const { batch, told } = open
    const from = Array.from({ length: batch.ran }, (_, i) => i).find((index) => !told.has(index))
    if (from !== undefined && open.resultRoom >= 8) {
      let count = 1
      while (count < size && from + count < batch.ran && !told.has(from + count) && (count + 1) * 8 <= open.resultRoom) count++
      told.addIfAbsent(from, from + count)
      open.resultRoom -= count * 8
      this.toClient.push({ kind: 'results', batch: number, from, count, values: block(from, count) })
    } else if (from === undefined && (batch.cancelled || (batch.inputEnded && batch.ran === batch.items))) {
      this.open.delete(number)
      batch.done = true
      this.toClient.push({ kind: 'done', batch: number, ...summaryOf(batch) })
    }
  }

  submit(size: number, end: boolean): void {
    const batch = takeBatchNumber(this.state)
    this.submitted.push(batch)
    this.handedOut.set(batch, size)
    if (end) this.inputOver.add(batch)
    this.step({ kind: 'submit', message: { kind: 'submit', batch, task: 't', items: block(0, size), ...(end && { end }) } })
  }

  sendItems(pick: number, size: number, end: boolean): void {
    const batches = this.submitted.filter((number) => this.#takesInput(number) && (this.rooms.get(number) ?? 0) >= 8)
    const batch = batches[pick % Math.max(1, batches.length)]
    if (batch === undefined) return
    const room = this.rooms.get(batch) ?? 0
    const count = Math.min(size, room >> 3)
    const from = this.handedOut.get(batch) ?? 0
    this.rooms.set(batch, room - count * 8)
    this.handedOut.set(batch, from + count)
    if (end) this.inputOver.add(batch)
    this.step({ kind: 'items', batch, items: block(from, count), end })
  }

  endInput(pick: number): void {
    const batches = this.submitted.filter((number) => this.#takesInput(number))
    const batch = batches[pick % Math.max(1, batches.length)]
    if (batch === undefined) return
    this.inputOver.add(batch)
    this.step({ kind: 'end', batch })
  }

  cancel(pick: number): void {
    const batch = this.submitted[pick % Math.max(1, this.submitted.length)]
    if (batch === undefined || this.settled.has(batch)) return
    this.cancelled.add(batch)
    this.step({ kind: 'cancel', batch })
  }

  consume(pick: number): void {
    const batches = [...this.unread.keys()]
    const batch = batches[pick % Math.max(1, batches.length)]
    if (batch === undefined) return
    const bytes = this.unread.get(batch) ?? 0
    this.unread.delete(batch)
    this.step({ kind: 'consumed', batch, bytes })
  }

  #takesInput(number: number): boolean {
    return !this.inputOver.has(number) && !this.cancelled.has(number) && !this.settled.has(number)
  }
}

function summaryOf({ ran, items, cancelled }: Recorded): BatchSummary {
  const outcome = cancelled ? 'cancelled' : 'completed'
  return { outcome, completed: ran, failed: 0, cancelled: items - ran, wallMs: 1, runMs: 1, workers: 1 }
}

const WHATS = [
  'submit',
  'submit',
  'items',
  'items',
  'end',
  'consume',
  'server',
  'server',
  'server',
  'client',
  'client',
  'client',
  'run',
  'run',
  'tell',
  'tell',
  'lose',
  'connect',
  'connect',
] as const

function happen(world: World, what: (typeof WHATS)[number] | 'cancel', pick: number, size: number): void {
  switch (what) {
    case 'submit':
      return world.submit(size, pick % 2 === 0)
    case 'items':
      return world.sendItems(pick, size, pick % 4 === 0)
    case 'end':
      return world.endInput(pick)
    case 'cancel':
      return world.cancel(pick)
    case 'consume':
      return world.consume(pick)
    case 'server':
      return world.deliverToServer()
    case 'client':
      return world.deliverToClient()
    case 'run':
      return world.run(pick, size)
    case 'tell':
      return world.tell(pick, size)
    case 'lose':
      return world.lose()
    case 'connect':
      return world.connect()
  }
}

/** Everybody does what is left to be done. */
function calmDown(world: World): void {
  for (let round = 0; round < 4000 && world.settled.size < world.submitted.length; round++) {
    world.connect()
    world.deliverToServer()
    world.deliverToClient()
    world.run(round, 6)
    world.tell(round, 6)
    world.consume(round)
    world.endInput(round)
  }
}

const happening = fc.tuple(fc.constantFrom(...WHATS), fc.nat(99), fc.integer({ min: 1, max: 6 }))

test('however often the connection breaks, every batch ends with each of its results once', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 250, size: 'max' }), (list) => {
      const world = new World()
      world.connect()
      for (const [what, pick, size] of list) happen(world, what, pick, size)
      calmDown(world)
      expect([...world.settled].filter(([, kind]) => kind !== 'ended')).toEqual([])
      expect(world.settled.size).toBe(world.submitted.length)
      for (const batch of world.submitted) expect(world.results.get(batch)?.size).toBe(world.handedOut.get(batch))
      expect(world.state.batches.size).toBe(0)
      expect(world.state.openCount).toBe(0)
    }),
    { numRuns: 500 },
  )
})

test('with cancellations in between, every batch settles once and nobody waits for ever', () => {
  const orCancel = fc.oneof(
    { weight: 8, arbitrary: happening },
    { weight: 1, arbitrary: fc.tuple(fc.constant('cancel' as const), fc.nat(99), fc.constant(1)) },
  )
  fc.assert(
    fc.property(fc.array(orCancel, { maxLength: 250, size: 'max' }), (list) => {
      const world = new World()
      world.connect()
      for (const [what, pick, size] of list) happen(world, what, pick, size)
      calmDown(world)
      expect(world.settled.size).toBe(world.submitted.length)
      expect(world.state.openCount).toBe(0)
    }),
    { numRuns: 300 },
  )
})
