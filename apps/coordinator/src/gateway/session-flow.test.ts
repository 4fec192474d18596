import { describe, expect, test } from 'vitest'
import { ForkpoolError } from '@forkpool/pool-core/base'
import type { ItemBlock } from '@forkpool/pool-core/protocol'
import { encodeItems } from '@forkpool/pool-core/protocol'
import { Peer, SUMMARY, results, kinds } from '../../test/support/session-peer.ts'

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
