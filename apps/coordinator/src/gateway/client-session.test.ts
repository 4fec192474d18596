import { describe, expect, test } from 'vitest'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchSummary, ItemBlock, ServerMessage, SubmitMessage } from '@forkpool/pool-core/protocol'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId, SessionId } from '@forkpool/pool-core/scheduler'
import { FakeClock } from '@forkpool/pool-core/testing'
import type { AttachQuery, BatchHandle, BatchRequest, BatchSink } from '../batch-request.ts'
import { LimitError } from '../config/limits.ts'
import { ClientSession } from './client-session.ts'
import { HeldInput } from './held-input.ts'

interface Submitted {
  readonly request: BatchRequest
  readonly sink: BatchSink
  readonly calls: string[]
}

const LIMITS = { frameBytes: 1024, inputWindowBytes: 100, resultWindowBytes: 100, poolSizeMax: 8, batchesOpenMax: 2 }
const SUMMARY: BatchSummary = { outcome: 'completed', completed: 1, failed: 0, cancelled: 0, wallMs: 1, runMs: 1, workers: 1 }

class Peer {
  readonly clock = new FakeClock()
  readonly sent: ServerMessage[] = []
  readonly closes: (readonly [number, string])[] = []
  readonly batches: Submitted[] = []
  readonly attached: { readonly query: AttachQuery; readonly sink: BatchSink; readonly calls: string[] }[] = []
  refuseWith: ForkpoolError | undefined
  openBatches = 0
  readonly held = new HeldInput({ batchItemsMax: 30, itemBytesMax: 20, heldBytesMax: 100 }, () => 0)
  readonly refusals: string[] = []
  /** The highest connection of the client. */
  latest = 0
  supersede = (): void => {}
  left = 0
  /** Kinds of messages that no frame can carry. */
  unsendable = ''
  readonly session: ClientSession

  constructor(token?: string) {
    this.session = new ClientSession(
      {
        clock: this.clock,
        send: (message) => {
          if (message.kind === this.unsendable) throw new ForkpoolError('LIMIT_EXCEEDED', 'the frame would be too large')
          this.sent.push(message)
        },
        close: (code, reason) => this.closes.push([code, reason]),
        submit: (request, _items, _ended, sink) => this.#submit(request, sink),
        attach: (query, sink) => this.#attach(query, sink),
        principal: () => ({ name: 'me', role: 'submit' }),
        isToken: (given) => given === token,
        openBatches: () => this.openBatches,
        held: this.held,
        enter: (reader, superseded) => {
          this.supersede = superseded
          return reader.connection < this.latest ? undefined : () => this.left++
        },
        refused: (error) => this.refusals.push(error instanceof LimitError ? error.limit : (error as ForkpoolError).code),
      },
      {
        id: 's1' as SessionId,
        reply: 'auto',
        authorised: token === undefined,
        handshakeTimeoutMs: 1000,
        batchesOpenTotalMax: 5,
        nameLengthMax: 10,
        welcome: { server: 'forkpool/test', cores: 2, limits: LIMITS },
      },
    )
  }

  hello(): this {
    this.session.receive({ kind: 'hello', versions: [1] })
    this.sent.length = 0
    return this
  }

  submit(batch: number, more: Partial<SubmitMessage> = {}): Submitted {
    this.session.receive({ kind: 'submit', batch, task: 'square', ...more })
    return this.batches.at(-1) as Submitted
  }

  #submit(request: BatchRequest, sink: BatchSink): BatchHandle {
    if (this.refuseWith !== undefined) throw this.refuseWith
    const calls: string[] = []
    this.batches.push({ request, sink, calls })
    return this.#handle(calls)
  }

  #attach(query: AttachQuery, sink: BatchSink): BatchHandle {
    const calls: string[] = []
    this.attached.push({ query, sink, calls })
    return this.#handle(calls)
  }

  #handle(calls: string[]): BatchHandle {
    return {
      id: 'b' as BatchId,
      add: (block, last) => calls.push(`add ${block.count}${last ? ' last' : ''}`),
      end: () => calls.push('end'),
      cancel: () => calls.push('cancel'),
      pause: (paused) => calls.push(paused ? 'pause' : 'go on'),
      leave: () => calls.push('leave'),
      abandon: () => calls.push('abandon'),
    }
  }
}

function results(from: number, count: number): { from: number; count: number; values: ItemBlock; failures: [] } {
  return { from, count, values: encodeItems(Array.from({ length: count }, (_, i) => i + 0.5)), failures: [] }
}

function kinds(peer: Peer): readonly string[] {
  return peer.sent.map((message) => message.kind)
}

describe('handshake', () => {
  test('hello is answered with the version both speak and the limits', () => {
    const peer = new Peer()
    peer.session.receive({ kind: 'hello', versions: [7, 1] })
    expect(peer.sent).toEqual([{ kind: 'welcome', version: 1, session: 's1', server: 'forkpool/test', cores: 2, limits: LIMITS }])
  })

  test('no common version, no hello in time, and anything before hello end the connection with the reason', () => {
    const foreign = new Peer()
    foreign.session.receive({ kind: 'hello', versions: [99] })
    expect(foreign.sent[0]).toMatchObject({ kind: 'refused', error: { code: 'PROTOCOL_VERSION' } })
    expect(foreign.closes[0]?.[0]).toBe(1002)

    const silent = new Peer()
    silent.clock.advance(1000)
    expect(silent.closes).toEqual([[1008, 'no hello within 1000 ms (--handshake-timeout-ms)']])

    const hasty = new Peer()
    hasty.session.receive({ kind: 'end', batch: 1 })
    expect(hasty.closes).toEqual([[1002, 'the first message has to be hello, got end']])
  })

  test('where a token is needed, hello has to bring it, and the answer does not say what was wrong', () => {
    for (const token of [undefined, 'wrong']) {
      const peer = new Peer('secret')
      peer.session.receive({ kind: 'hello', versions: [1], token })
      expect(peer.sent).toEqual([
        { kind: 'refused', error: { name: 'ForkpoolError', code: 'UNAUTHORISED', message: 'The token is missing or wrong.' } },
      ])
      expect(peer.closes[0]?.[0]).toBe(1008)
    }
    const peer = new Peer('secret')
    peer.session.receive({ kind: 'hello', versions: [1], token: 'secret' })
    expect(kinds(peer)).toEqual(['welcome'])
  })
})

describe('batches', () => {
  test('defaults are filled in', () => {
    const { request } = new Peer().hello().submit(1)
    expect(request).toEqual({
      session: 's1',
      task: 'square',
      pool: undefined,
      poolSize: undefined,
      spread: false,
      total: undefined,
      priority: 0,
      chunkSize: undefined,
      retries: 0,
      backoffMs: 0,
      jitter: undefined,
      retryOn: undefined,
      timeoutMs: undefined,
      deadlineMs: undefined,
      failFast: false,
      reply: 'auto',
      owner: 'me',
      weight: undefined,
      detached: false,
      hasKey: false,
      // Without a key of its own a batch has one that no other session can name.
      idempotencyKey: 's:s1/1',
    })
  })

  test.each([
    [{ priority: 11 }, 'priority: expected a whole number from -10 to 10, got 11'],
    [{ chunkSize: 0 }, 'chunkSize: expected a whole number from 1 to'],
    [{ retries: 1.5 }, 'retries: expected a whole number from 0 to 100, got 1.5'],
    [{ backoffMs: -1 }, 'backoffMs: expected a whole number from 0 to 3600000, got -1'],
  ])('refuses %j, and the session goes on', (more, message) => {
    const peer = new Peer().hello()
    peer.submit(1, more)
    expect(peer.sent).toMatchObject([
      { kind: 'refused', batch: 1, error: { code: 'BAD_ARGUMENT', message: expect.stringContaining(message) as string } },
    ])
    expect(peer.closes).toEqual([])
    peer.submit(2)
    expect(peer.batches).toHaveLength(1)
  })

  test('what the dispatcher refuses is refused, without its stack', () => {
    const peer = new Peer().hello()
    peer.refuseWith = new ForkpoolError('TASK_UNKNOWN', 'no task is named "x"')
    peer.submit(1)
    expect(peer.sent).toEqual([
      { kind: 'refused', batch: 1, error: { name: 'ForkpoolError', code: 'TASK_UNKNOWN', message: 'no task is named "x"' } },
    ])
  })

  test('numbers ascend; a used one breaks the protocol', () => {
    const peer = new Peer().hello()
    peer.submit(5)
    peer.submit(5)
    expect(peer.closes).toEqual([[1002, 'batch 5: numbers of a session ascend, and 5 was used']])
  })

  test('no more batches than are allowed at once', () => {
    const peer = new Peer().hello()
    const first = peer.submit(1)
    peer.submit(2)
    peer.submit(3)
    expect(peer.sent).toMatchObject([{ kind: 'refused', batch: 3, error: { code: 'LIMIT_EXCEEDED' } }])
    first.sink.results(results(0, 1), SUMMARY)
    peer.submit(4)
    expect(peer.batches).toHaveLength(3)
  })

  test('batches that are taken up count as those that are submitted', () => {
    const peer = new Peer().hello()
    for (const batch of [1, 2, 3]) peer.session.receive({ kind: 'attach', batch, id: 'b' })
    expect(peer.attached).toHaveLength(2)
    expect(peer.sent).toMatchObject([{ kind: 'refused', batch: 3, error: { code: 'LIMIT_EXCEEDED' } }])
  })

  test('a batch that its client leaves goes on without it: nothing more is told, and its place is free', () => {
    const peer = new Peer().hello()
    const { calls, sink } = peer.submit(1, { items: encodeItems([1.5]) })
    peer.submit(2)
    peer.session.receive({ kind: 'leave', batch: 1 })
    expect(calls).toEqual(['leave'])
    expect(peer.held.bytes).toBe(0)
    sink.results(results(0, 1), SUMMARY)
    peer.session.receive({ kind: 'leave', batch: 1 })
    peer.submit(3)
    expect(peer.sent).toEqual([])
    expect(peer.session.openBatches).toBe(2)
  })

  test('messages for a batch that has ended are late, not wrong; for one that never was they are wrong', () => {
    const peer = new Peer().hello()
    peer.submit(1).sink.done(SUMMARY)
    peer.session.receive({ kind: 'cancel', batch: 1 })
    expect(peer.closes).toEqual([])
    peer.session.receive({ kind: 'cancel', batch: 2 })
    expect(peer.closes[0]?.[1]).toContain('batch 2, which was never submitted')
  })

  test('a client that says goodbye abandons what is open; one whose connection broke leaves it', () => {
    const peer = new Peer().hello()
    const { calls } = peer.submit(1)
    peer.session.closed(false)
    expect(calls).toEqual(['abandon'])
    expect(peer.clock.pending).toBe(0)
    const lost = new Peer().hello()
    const broken = lost.submit(1)
    lost.session.closed(true)
    expect(broken.calls).toEqual(['leave'])
  })
})

describe('a client that has another connection', () => {
  const named = (connection: number) => ({ kind: 'hello', versions: [2], instance: 'a', connection }) as const

  test('ends with the earlier one: its batches wait there, and what still comes is not heard', () => {
    const peer = new Peer()
    peer.session.receive(named(1))
    const first = peer.submit(1, { items: encodeItems([1]), end: true })
    peer.supersede()
    expect(first.calls).toEqual(['leave'])
    expect(peer.sent.at(-1)).toMatchObject({ kind: 'refused', error: { code: 'SUPERSEDED' } })
    expect(peer.closes).toEqual([[1008, 'this client has come by a later connection']])
    peer.submit(2)
    expect(peer.batches).toHaveLength(1)
    peer.session.closed(false)
    expect(first.calls).toEqual(['leave'])
  })

  test('is not let in by one that comes late; at its end each is forgotten', () => {
    const late = new Peer()
    late.latest = 2
    late.session.receive(named(1))
    expect(kinds(late)).toEqual(['refused'])
    expect(late.closes).toEqual([[1008, 'this client has come by a later connection']])
    const peer = new Peer()
    peer.session.receive(named(1))
    peer.session.closed(true)
    expect(peer.left).toBe(1)
  })
})

describe('windows', () => {
  test('items are passed on; those after the end, or beyond the window, break the protocol', () => {
    const peer = new Peer().hello()
    const { calls } = peer.submit(1, { items: encodeItems([1.5, 2.5, 3.5, 4.5]) })
    peer.session.receive({ kind: 'items', batch: 1, items: encodeItems([1.5]), end: true })
    expect(calls).toEqual(['add 1 last'])
    peer.session.receive({ kind: 'items', batch: 1, items: encodeItems([1.5]) })
    expect(peer.closes[0]).toEqual([1002, 'batch 1: items after the end of its input'])

    const greedy = new Peer().hello()
    greedy.submit(1, { items: encodeItems(Array.from({ length: 12 }, (_, i) => i + 0.5)) })
    greedy.session.receive({ kind: 'items', batch: 1, items: encodeItems([1.5]) })
    expect(greedy.closes[0]?.[1]).toContain('exceed the input window; wait for credit')
  })

  test('items that come twice, or in another order than they were sent, break the protocol', () => {
    const numbers = encodeItems([1.5, 2.5])
    const twice = new Peer().hello()
    const { calls } = twice.submit(1, { items: numbers })
    for (let i = 0; i < 2; i++) twice.session.receive({ kind: 'items', batch: 1, from: 2, items: numbers })
    expect(calls).toEqual(['add 2', 'abandon'])
    expect(twice.closes[0]).toEqual([1002, 'batch 1: items from 2 on came when those from 4 on were due'])

    const swapped = new Peer().hello()
    const other = swapped.submit(1, { items: numbers })
    swapped.session.receive({ kind: 'items', batch: 1, from: 4, items: numbers })
    expect(other.calls).toEqual(['abandon'])
    expect(swapped.closes[0]).toEqual([1002, 'batch 1: items from 4 on came when those from 2 on were due'])
  })

  test('credit for input is gathered, and none is sent when the input has ended', () => {
    const peer = new Peer().hello()
    const { sink } = peer.submit(1, { items: encodeItems(Array.from({ length: 12 }, (_, i) => i + 0.5)) })
    sink.credit(16)
    expect(peer.sent).toEqual([])
    sink.credit(16)
    expect(peer.sent).toEqual([{ kind: 'credit', batch: 1, bytes: 32 }])
    peer.session.receive({ kind: 'end', batch: 1 })
    sink.credit(64)
    expect(peer.sent).toHaveLength(1)
  })

  test('credit is sent at once when nothing is left in the coordinator: the client may be waiting for it', () => {
    const peer = new Peer().hello()
    const { sink } = peer.submit(1, { items: encodeItems([1.5]) })
    sink.credit(8)
    expect(peer.sent).toEqual([{ kind: 'credit', batch: 1, bytes: 8 }])
  })

  test('results beyond the window wait, the batch is paused, and goes on when they are taken', () => {
    const peer = new Peer().hello()
    const { sink, calls } = peer.submit(1)
    sink.results(results(0, 12), undefined)
    sink.results(results(12, 12), undefined)
    sink.results(results(24, 1), SUMMARY)
    expect(kinds(peer)).toEqual(['results'])
    expect(calls).toEqual(['pause'])
    peer.session.receive({ kind: 'credit', batch: 1, bytes: 96 })
    expect(peer.sent).toMatchObject([{ from: 0 }, { from: 12 }])
    peer.session.receive({ kind: 'credit', batch: 1, bytes: 96 })
    expect(peer.sent).toMatchObject([{ from: 0 }, { from: 12 }, { from: 24, done: SUMMARY }])
    expect(calls).toEqual(['pause', 'go on'])
    expect(peer.session.openBatches).toBe(0)
  })

  test('a batch that fails while results wait for the window is over: nothing waits behind the refusal', () => {
    const peer = new Peer().hello()
    const { sink } = peer.submit(1)
    sink.results(results(0, 12), undefined)
    sink.results(results(12, 12), undefined)
    sink.failed(new ForkpoolError('SUPERSEDED'))
    peer.session.receive({ kind: 'credit', batch: 1, bytes: 96 })
    expect(peer.sent).toMatchObject([{ from: 0 }, { kind: 'refused', batch: 1, error: { code: 'SUPERSEDED' } }])
    expect(peer.session.openBatches).toBe(0)
  })

  test('results that no frame can carry end their batch, and only that', () => {
    const peer = new Peer().hello()
    const { sink, calls } = peer.submit(1)
    peer.unsendable = 'results'
    sink.results(results(0, 1), undefined)
    expect(peer.sent).toMatchObject([{ kind: 'refused', batch: 1, error: { code: 'LIMIT_EXCEEDED' } }])
    expect(calls).toEqual(['cancel'])
    sink.done({ ...SUMMARY, outcome: 'cancelled' })
    expect(peer.sent).toHaveLength(1)
    expect(peer.closes).toEqual([])
    expect(peer.session.openBatches).toBe(0)
  })

  test('a connection that is behind pauses every batch until it has caught up', () => {
    const peer = new Peer().hello()
    const { sink, calls } = peer.submit(1)
    peer.session.setCongested(true)
    const second = peer.submit(2)
    sink.results(results(0, 1), undefined)
    second.sink.done(SUMMARY)
    expect(peer.sent).toEqual([])
    peer.session.setCongested(false)
    expect(kinds(peer)).toEqual(['results', 'done'])
    expect(calls).toEqual(['pause', 'go on'])
    expect(peer.session.openBatches).toBe(1)
  })
})

describe('limits', () => {
  const numbers = (count: number): ItemBlock => encodeItems(Array.from({ length: count }, (_, i) => i))
  const refusedWith = (peer: Peer): unknown => {
    const last = peer.sent.at(-1)
    return last?.kind === 'refused' ? [last.batch, last.error.code, last.error.message] : last
  }

  test('a batch is refused by the limit that it meets, and the session goes on', () => {
    const peer = new Peer().hello()
    peer.submit(1, { task: 'x'.repeat(11) })
    expect(refusedWith(peer)).toEqual([1, 'LIMIT_EXCEEDED', 'a name may have 10 characters (--name-length-max)'])
    peer.submit(2, { items: encodeItems(['x'.repeat(30)]) })
    expect(refusedWith(peer)).toEqual([2, 'LIMIT_EXCEEDED', 'an item may have 20 bytes (--item-bytes-max)'])
    peer.submit(3, { items: numbers(31) })
    expect(refusedWith(peer)).toEqual([3, 'LIMIT_EXCEEDED', 'a batch may have 30 items (--batch-items-max)'])
    peer.openBatches = 5
    peer.submit(4)
    expect(refusedWith(peer)).toEqual([
      4,
      'LIMIT_EXCEEDED',
      '5 batches are open; submit again when some have ended (--batches-open-total-max)',
    ])
    expect(peer.refusals).toEqual(['nameLengthMax', 'itemBytesMax', 'batchItemsMax', 'batchesOpenTotalMax'])
    expect(peer.batches).toEqual([])
    expect(peer.closes).toEqual([])
    expect(peer.held.bytes).toBe(0)
  })

  test('all batches together hold so much and no more; room comes back when a batch ends, however', () => {
    const peer = new Peer().hello()
    const other = peer.submit(1, { items: numbers(12) })
    expect(peer.held.bytes).toBe(96)
    peer.submit(2)
    peer.session.receive({ kind: 'items', batch: 2, items: numbers(1), end: false })
    expect(refusedWith(peer)).toEqual([
      2,
      'LIMIT_EXCEEDED',
      '100 bytes of items wait for workers; submit again when some have run (--held-bytes-max)',
    ])
    expect(peer.batches[1]?.calls).toContain('cancel')
    expect(peer.held.bytes).toBe(96)
    other.sink.credit(40)
    expect(peer.held.bytes).toBe(56)
    other.sink.done(SUMMARY)
    expect(peer.held.bytes).toBe(0)
    peer.submit(3, { items: numbers(12) })
    peer.session.closed(false)
    expect(peer.held.bytes).toBe(0)
  })

  test('a batch that grows beyond its limit ends with the reason, and what still comes of it is not told', () => {
    const peer = new Peer().hello()
    const batch = peer.submit(1, { items: numbers(12) })
    batch.sink.credit(96)
    peer.session.receive({ kind: 'items', batch: 1, items: numbers(12), end: false })
    batch.sink.credit(96)
    peer.session.receive({ kind: 'items', batch: 1, items: numbers(12), end: false })
    expect(refusedWith(peer)).toEqual([1, 'LIMIT_EXCEEDED', 'a batch may have 30 items (--batch-items-max)'])
    const told = peer.sent.length
    batch.sink.done({ ...SUMMARY, outcome: 'cancelled' })
    peer.session.receive({ kind: 'items', batch: 1, items: numbers(1), end: true })
    expect(peer.sent).toHaveLength(told)
    expect(peer.closes).toEqual([])
  })

  test('a batch that the dispatcher refuses holds nothing', () => {
    const peer = new Peer().hello()
    peer.refuseWith = new ForkpoolError('DRAINING')
    peer.submit(1, { items: numbers(12) })
    expect(peer.held.bytes).toBe(0)
    expect(peer.refusals).toEqual(['DRAINING'])
  })
})
