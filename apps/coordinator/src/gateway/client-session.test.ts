import { describe, expect, test } from 'vitest'
import { ForkpoolError } from '@forkpool/pool-core/base'
import { encodeItems } from '@forkpool/pool-core/protocol'
import { Peer, LIMITS, SUMMARY, results, kinds } from '../../test/support/session-peer.ts'

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
