/**
 * The coordinator's end of the protocol for tests of the client: it speaks real messages and runs tasks in this process, in shards of a
 * size and an order that the test chooses. It keeps both windows as `docs/protocol.md` asks, and fails the test where the client does not.
 */
import type {
  AttachMessage,
  BatchSummary,
  ClientMessage,
  ItemBlock,
  ServerMessage,
  SubmitMessage,
  TaskFailure,
  WelcomeMessage,
} from '@forkpool/pool-core/protocol'
import { blockBytes, decodeItems, encodeItems, encodeServerMessage, sliceBlock, toWireError } from '@forkpool/pool-core/protocol'

export interface PeerOptions {
  readonly tasks?: Readonly<Record<string, (...args: never[]) => unknown>>
  readonly limits?: Partial<WelcomeMessage['limits']>
  /** Items in one `results` message. Default: all that came in one block. */
  readonly shardItems?: number
  /** Which of so many finished shards is sent next. Default: the first. */
  readonly choose?: (count: number) => number
  /** Nothing is sent back until the test calls `release`. */
  readonly hold?: boolean
  /** Also says `accepted`. */
  readonly accepts?: boolean
  /** Called when a batch comes in, before it runs. */
  readonly onSubmit?: (submit: SubmitMessage) => void
  /** The token that `hello` has to bring. */
  readonly token?: string
  /** Ended batches of earlier clients, by identifier: their task, and what came of it for each item; an error for one that failed. */
  readonly kept?: Readonly<Record<string, { readonly task: string; readonly outcomes: readonly unknown[] }>>
}

const NO_VALUES: ItemBlock = { count: 0, codec: 'cbor', offsets: new Uint32Array(1), bytes: new Uint8Array(0) }

const LIMITS = { frameBytes: 8 << 20, inputWindowBytes: 1 << 20, resultWindowBytes: 1 << 20, poolSizeMax: 64, batchesOpenMax: 1000 }

interface Shard {
  readonly from: number
  readonly items: ItemBlock
}

interface PeerBatch {
  readonly submit: SubmitMessage
  readonly shards: Shard[]
  items: number
  completed: number
  failed: number
  ended: boolean
  cancelled: boolean
  inputRoom: number
  resultRoom: number
}

/** The way to one client. */
export interface PeerWire {
  send(frame: Uint8Array): void
  close(): void
}

export class Peer {
  readonly options: PeerOptions
  /** Every message of every connection, in order. */
  readonly received: ClientMessage[] = []
  readonly connections: PeerConnection[] = []

  constructor(options: PeerOptions = {}) {
    this.options = options
  }

  connect(wire: PeerWire): PeerConnection {
    const connection = new PeerConnection(this, wire)
    this.connections.push(connection)
    return connection
  }

  /** The connection of now. */
  get connection(): PeerConnection {
    const connection = this.connections.at(-1)
    if (connection === undefined) throw new Error('no connection yet')
    return connection
  }

  kinds(): readonly string[] {
    return this.received.map((message) => message.kind)
  }
}

export class PeerConnection {
  readonly #peer: Peer
  readonly #wire: PeerWire
  readonly #batches = new Map<number, PeerBatch>()
  readonly #limits: WelcomeMessage['limits']
  #isHeld: boolean
  #highest = 0

  constructor(peer: Peer, wire: PeerWire) {
    this.#peer = peer
    this.#wire = wire
    this.#limits = { ...LIMITS, ...peer.options.limits }
    this.#isHeld = peer.options.hold === true
  }

  get openBatches(): number {
    return this.#batches.size
  }

  /** Cuts the connection without a word. */
  cut(): void {
    this.#wire.close()
  }

  send(message: ServerMessage): void {
    this.#wire.send(encodeServerMessage(message, 'cbor') as Uint8Array)
  }

  /** Sends what need not be a message. */
  sendFrame(frame: Uint8Array): void {
    this.#wire.send(frame)
  }

  /** Sends what is finished, up to `shards` shards, and from then on (without a number) everything. */
  release(shards: number = Infinity): void {
    if (shards === Infinity) this.#isHeld = false
    for (const [number, batch] of this.#batches) this.#work(number, batch, shards)
  }

  /** As `forkpool cancel` of somebody else would. */
  cancelFromElsewhere(): void {
    for (const [number, batch] of this.#batches) this.#cancel(number, batch)
  }

  receive(message: ClientMessage): void {
    this.#peer.received.push(message)
    if (message.kind === 'hello') return this.#hello(message.token)
    if (message.kind === 'submit') return this.#submit(message)
    if (message.kind === 'attach') return this.#attach(message)
    const batch = this.#batches.get(message.batch)
    if (batch === undefined) {
      if (message.batch > this.#highest) throw new Error(`"${message.kind}" for batch ${message.batch}, which was never submitted`)
      return
    }
    switch (message.kind) {
      case 'items':
        return this.#add(message.batch, batch, message.items, message.end === true)
      case 'end':
        batch.ended = true
        return this.#work(message.batch, batch)
      case 'cancel':
        return this.#cancel(message.batch, batch)
      case 'leave':
        this.#batches.delete(message.batch)
        return undefined
      case 'credit':
        batch.resultRoom += message.bytes
        if (batch.resultRoom > this.#limits.resultWindowBytes) throw new Error('more credit than results')
        return this.#work(message.batch, batch)
    }
  }

  #hello(token: string | undefined): void {
    if (this.#peer.options.token !== undefined && token !== this.#peer.options.token) {
      this.send({ kind: 'refused', error: { name: 'ForkpoolError', code: 'UNAUTHORISED', message: 'The token is missing or wrong.' } })
      this.#wire.close()
      return
    }
    this.send({
      kind: 'welcome',
      version: this.#peer.options.kept === undefined ? 1 : 2,
      session: `s${this.#peer.connections.length}`,
      server: 'peer',
      cores: 4,
      limits: this.#limits,
    })
  }

  #submit(submit: SubmitMessage): void {
    const number = submit.batch
    if (number <= this.#highest) throw new Error(`batch ${number} after batch ${this.#highest}`)
    if (this.#batches.size >= this.#limits.batchesOpenMax) throw new Error('too many batches')
    this.#highest = number
    if (this.#peer.options.tasks?.[submit.task] === undefined) {
      const message = `there is no task "${submit.task}"`
      this.send({ kind: 'refused', batch: number, error: { name: 'ForkpoolError', code: 'TASK_UNKNOWN', message } })
      return
    }
    this.#peer.options.onSubmit?.(submit)
    const { inputWindowBytes: inputRoom, resultWindowBytes: resultRoom } = this.#limits
    const batch: PeerBatch = {
      submit,
      shards: [],
      items: 0,
      completed: 0,
      failed: 0,
      ended: false,
      cancelled: false,
      inputRoom,
      resultRoom,
    }
    this.#batches.set(number, batch)
    if (this.#peer.options.accepts === true) this.send({ kind: 'accepted', batch: number, id: `b${number}`, pool: 'p', poolSize: 2 })
    if (submit.items !== undefined) this.#add(number, batch, submit.items, submit.end === true)
  }

  /** Gives what is kept of an ended batch, and not what the client has. Keeps no window: what is kept here is little. */
  #attach({ batch: number, id, have = [] }: AttachMessage): void {
    if (number <= this.#highest) throw new Error(`batch ${number} after batch ${this.#highest}`)
    this.#highest = number
    const kept = this.#peer.options.kept?.[id ?? '']
    if (kept === undefined) {
      this.send({ kind: 'refused', batch: number, error: { name: 'ForkpoolError', code: 'BATCH_UNKNOWN', message: `no batch ${id}` } })
      return
    }
    const { task, outcomes } = kept
    const received = outcomes.length
    this.send({ kind: 'attached', batch: number, id: id ?? '', task, pool: 'p', poolSize: 2, received, roomBytes: 0, inputEnded: true })
    const has = (index: number): boolean => have.some((from, i) => i % 2 === 0 && index >= from && index < (have[i + 1] as number))
    for (const [from, outcome] of outcomes.entries()) {
      if (has(from)) continue
      const failures = outcome instanceof Error ? [{ at: 0, error: toWireError(outcome), attempts: 1 }] : []
      const values = failures.length > 0 ? NO_VALUES : encodeItems([outcome])
      this.send({ kind: 'results', batch: number, from, count: 1, values, failures })
    }
    const failed = outcomes.filter((outcome) => outcome instanceof Error).length
    const counts = { completed: received - failed, failed, cancelled: 0, wallMs: 1, runMs: 1, workers: 1 }
    this.send({ kind: 'done', batch: number, outcome: failed > 0 ? 'failed' : 'completed', ...counts })
  }

  #add(number: number, batch: PeerBatch, items: ItemBlock, end: boolean): void {
    batch.inputRoom -= blockBytes(items)
    if (batch.inputRoom < 0 || batch.ended || batch.cancelled) throw new Error(`batch ${number}: items that were not allowed`)
    batch.ended = end
    const size = this.#peer.options.shardItems ?? items.count
    for (let at = 0; at < items.count; at += size) {
      batch.shards.push({ from: batch.items + at, items: sliceBlock(items, at, Math.min(size, items.count - at)) })
    }
    batch.items += items.count
    this.#work(number, batch)
  }

  #cancel(number: number, batch: PeerBatch): void {
    batch.cancelled = true
    batch.shards.length = 0
    this.#batches.delete(number)
    this.send({ kind: 'done', batch: number, ...this.#summary(batch) })
  }

  /** Runs and sends shards while the window and the test allow. */
  #work(number: number, batch: PeerBatch, shards = this.#isHeld ? 0 : Infinity): void {
    const choose = this.#peer.options.choose ?? (() => 0)
    for (let left = shards; left > 0 && batch.shards.length > 0; left--) {
      // A window that is free takes one message of any size, or a large result could never be sent.
      if (batch.resultRoom <= 0) return
      const [shard] = batch.shards.splice(choose(batch.shards.length), 1) as [Shard]
      this.#run(number, batch, shard)
      if (batch.cancelled) return
    }
    if (batch.shards.length > 0 || !batch.ended || !this.#batches.delete(number)) return
    this.send({ kind: 'done', batch: number, ...this.#summary(batch) })
  }

  #run(number: number, batch: PeerBatch, shard: Shard): void {
    const { submit } = batch
    const task = this.#peer.options.tasks?.[submit.task] as (...args: unknown[]) => unknown
    const values: unknown[] = []
    const failures: TaskFailure[] = []
    decodeItems(shard.items).forEach((item, at) => {
      try {
        values.push(submit.spread === true ? task(...(item as unknown[])) : task(item))
      } catch (error) {
        failures.push({ at, error: toWireError(error), attempts: 1 })
      }
    })
    batch.completed += values.length
    batch.failed += failures.length
    const bytes = blockBytes(shard.items)
    batch.inputRoom += bytes
    if (!batch.ended) this.send({ kind: 'credit', batch: number, bytes })
    const block = values.length === 0 ? NO_VALUES : encodeItems(values)
    batch.resultRoom -= blockBytes(block) + 1024 * failures.length
    const isCut = submit.failFast === true && failures.length > 0
    if (isCut) {
      batch.cancelled = true
      batch.shards.length = 0
    }
    const isLast = isCut || (batch.ended && batch.shards.length === 0)
    if (isLast) this.#batches.delete(number)
    this.send({
      kind: 'results',
      batch: number,
      from: shard.from,
      count: shard.items.count,
      values: block,
      ...(failures.length > 0 && { failures }),
      ...(isLast && { done: this.#summary(batch) }),
    })
  }

  #summary(batch: PeerBatch): BatchSummary {
    const { completed, failed } = batch
    const cancelled = batch.items - completed - failed
    const outcome = batch.cancelled && cancelled > 0 ? 'cancelled' : failed > 0 ? 'failed' : 'completed'
    return { outcome, completed, failed, cancelled, wallMs: 1, runMs: 1, workers: Math.min(batch.submit.poolSize ?? 4, batch.items) }
  }
}
