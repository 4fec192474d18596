import { describe, expect, test, vi } from 'vitest'
import { deferred, ForkpoolError } from '@forkpool/pool-core/base'
import type { BatchSummary, RunMessage } from '@forkpool/pool-core/protocol'
import { encodeItems } from '@forkpool/pool-core/protocol'
import type { WorkerId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle, BatchRequest } from '../batch-request.ts'
import type { Engine } from '../engine/engine.ts'
import { MemoryEngine } from '../engine/memory/memory-engine.ts'
import { Sink, REQUEST, create, settle, runAll } from '../../test/support/dispatcher-house.ts'

describe('Dispatcher', () => {
  test('a batch is accepted, run in shards by as many workers as its pool has, and ends with a summary', async () => {
    const { dispatcher, workers, counts } = create()
    const sink = new Sink()
    dispatcher.submit(REQUEST, encodeItems([1, 2, 3, 4, 5]), true, sink)
    await settle()
    expect([...workers.held.values()].map((shards) => shards.length > 0)).toEqual([true, true])
    await runAll(workers)
    expect(sink.said[0]).toBe('accepted')
    expect(sink.outcomes()).toEqual(new Map([1, 4, 9, 16, 25].entries()))
    expect(sink.summary).toMatchObject({ outcome: 'completed', completed: 5, failed: 0, cancelled: 0, workers: 2 })
    expect(counts.settled).toEqual({ completed: 5 })
    expect(counts.unaccounted).toBe(0)
    expect(sink.credits).toBe(40)
  })

  test('items that come later, and an end without items', async () => {
    const { dispatcher, workers } = create()
    const sink = new Sink()
    const batch = dispatcher.submit(REQUEST, undefined, false, sink)
    batch.add(encodeItems([1, 2]), false)
    await runAll(workers)
    expect(sink.summary).toBeUndefined()
    batch.add(encodeItems([3]), false)
    batch.end()
    await runAll(workers)
    expect(sink.outcomes()).toEqual(new Map([1, 4, 9].entries()))
    const empty = new Sink()
    dispatcher.submit(REQUEST, undefined, true, empty)
    await settle()
    expect(empty.said).toEqual(['accepted', 'done'])
  })

  test('a failed task is run again as often as asked, alone, and then reported with its attempts', async () => {
    const { dispatcher, workers, counts } = create()
    const sink = new Sink()
    dispatcher.submit({ ...REQUEST, retries: 2 }, encodeItems([1, 2, 3]), true, sink)
    await runAll(workers, [2])
    expect(sink.outcomes()).toEqual(
      new Map<number, unknown>([
        [0, 1],
        [1, 'bad 2'],
        [2, 9],
      ]),
    )
    expect(sink.results_.flatMap((range) => range.failures)).toMatchObject([{ attempts: 3 }])
    expect(counts.settled).toEqual({ completed: 2, failed: 1 })
    expect(sink.summary).toMatchObject({ outcome: 'failed', completed: 2, failed: 1 })
  })

  test('a lost worker: its tasks run elsewhere, each result is there once', async () => {
    const { dispatcher, workers, counts } = create()
    const sink = new Sink()
    dispatcher.submit(REQUEST, encodeItems([1, 2, 3, 4, 5, 6, 7, 8]), true, sink)
    await settle()
    workers.lose([...workers.held.keys()][0] as WorkerId)
    workers.allOnline()
    await runAll(workers)
    expect(sink.outcomes()).toEqual(new Map([1, 4, 9, 16, 25, 36, 49, 64].entries()))
    expect(counts.settled).toEqual({ completed: 8 })
    expect(counts.unaccounted).toBe(0)
  })

  test('a worker that answers for a shard that is not its own is not believed', async () => {
    const { dispatcher, workers, counts } = create()
    const sink = new Sink()
    dispatcher.submit(REQUEST, encodeItems([1, 2, 3, 4]), true, sink)
    await settle()
    const [first, second] = [...workers.held.keys()] as [WorkerId, WorkerId]
    const shard = workers.held.get(first)?.[0]?.shard as number
    const values = encodeItems([-1, -1])
    workers.events?.ran(second, { kind: 'ran', shard, count: 2, values, runMs: 1, decodeMs: 0, encodeMs: 0 })
    expect(counts.duplicates).toBe(2)
    await runAll(workers)
    expect(sink.outcomes()).toEqual(new Map([1, 4, 9, 16].entries()))
  })

  test('an impossible answer ends the worker', async () => {
    const { dispatcher, workers } = create()
    dispatcher.submit(REQUEST, encodeItems([1, 2]), true, new Sink())
    await settle()
    const [worker, shards] = [...workers.held].find(([, held]) => held.length > 0) as [WorkerId, RunMessage[]]
    const { shard } = shards[0] as RunMessage
    workers.events?.ran(worker, { kind: 'ran', shard, count: 2, values: encodeItems([1]), runMs: 1, decodeMs: 0, encodeMs: 0 })
    expect(workers.ended).toEqual([`kill ${worker} protocol`])
  })

  test('an answer whose failures are out of order ends the worker as well', async () => {
    const { dispatcher, workers } = create()
    dispatcher.submit(REQUEST, encodeItems([1, 2]), true, new Sink())
    await settle()
    const [worker, shards] = [...workers.held].find(([, held]) => held.length > 0) as [WorkerId, RunMessage[]]
    const { shard } = shards[0] as RunMessage
    const failures = [1, 1].map((at) => ({ at, retryable: false, error: { name: 'E', message: 'x' } }))
    const values = { count: 0, codec: 'f64' as const, bytes: new Uint8Array(0) }
    workers.events?.ran(worker, { kind: 'ran', shard, count: 2, values, failures, runMs: 1, decodeMs: 0, encodeMs: 0 })
    expect(workers.ended).toEqual([`kill ${worker} protocol`])
  })

  test('cancel: what is queued is cancelled, what ran counts, and the ledger balances', async () => {
    const { dispatcher, workers, counts } = create()
    const sink = new Sink()
    const batch = dispatcher.submit(REQUEST, encodeItems(Array.from({ length: 100 }, (_, i) => i)), true, sink)
    await settle()
    workers.answer([...workers.held.keys()][0] as WorkerId)
    batch.cancel()
    await runAll(workers)
    const { completed, cancelled } = sink.summary as BatchSummary
    expect(sink.summary?.outcome).toBe('cancelled')
    expect(completed + cancelled).toBe(100)
    expect(cancelled).toBeGreaterThan(80)
    expect(counts.unaccounted).toBe(0)
  })

  test('items are credited when the results that settled them are recorded, and not before: until then their client has them', async () => {
    const engine = new MemoryEngine()
    const disk = deferred<void>()
    const record = engine.record.bind(engine)
    engine.record = (...results) => disk.promise.then(() => record(...results))
    const { dispatcher, workers } = create({ engine })
    const sink = new Sink()
    const batch = dispatcher.submit(REQUEST, encodeItems([1, 2, 3, 4]), false, sink)
    await runAll(workers)
    expect(sink.credits).toBe(0)
    expect(dispatcher.open.get(batch.id)?.heldBytes).toBe(32)
    disk.resolve()
    await settle()
    expect(sink.credits).toBe(32)
    expect(dispatcher.open.get(batch.id)?.heldBytes).toBe(0)
  })

  test('what its client may not have any more is not written behind: a batch that is detached, or has a key; and one that is left is flushed', async () => {
    const engine: Engine = new MemoryEngine()
    const open = vi.spyOn(engine, 'open')
    const flush = vi.spyOn(engine, 'flush')
    const { dispatcher } = create({ engine })
    const submit = (more: Partial<BatchRequest>): BatchHandle =>
      dispatcher.submit({ ...REQUEST, ...more }, encodeItems([1]), false, new Sink())
    const plain = submit({})
    submit({ detached: true })
    submit({ idempotencyKey: 'k', hasKey: true })
    await settle()
    expect(open.mock.calls.map(([, , , behind]) => behind)).toEqual([true, false, false])
    expect(flush).not.toHaveBeenCalled()
    plain.leave()
    expect(flush.mock.calls).toEqual([[plain.id]])
  })

  test('an unknown task is refused with the nearest name, and leaves nothing behind', () => {
    const { dispatcher } = create()
    expect(() => dispatcher.submit({ ...REQUEST, task: 'sqaure' }, undefined, true, new Sink())).toThrow(
      'no task is named "sqaure"; did you mean square?',
    )
    expect(dispatcher.open.size).toBe(0)
  })

  test('drain takes nothing new and ends when the open batches have ended', async () => {
    const { dispatcher, workers } = create()
    const sink = new Sink()
    dispatcher.submit(REQUEST, encodeItems([1, 2]), true, sink)
    await settle()
    let drained = false
    void dispatcher.drain().then(() => (drained = true))
    expect(() => dispatcher.submit(REQUEST, undefined, true, new Sink())).toThrow('shutting down')
    await settle()
    expect(drained).toBe(false)
    await runAll(workers)
    expect(drained).toBe(true)
    expect(sink.summary?.outcome).toBe('completed')
  })

  test('what a later connection of a client has taken up, an earlier one cannot take back; another client can', async () => {
    const { dispatcher, workers } = create()
    const reading = (instance: string, connection: number): Sink => Object.assign(new Sink(), { reader: { instance, connection } })
    const sinks = [reading('a', 1), reading('a', 2), reading('b', 0)] as const
    const { id } = dispatcher.submit(REQUEST, encodeItems([1, 2]), true, sinks[0])
    await settle()
    expect(dispatcher.takeOver(id, sinks[1])?.batch().received).toBe(2)
    expect(() => dispatcher.takeOver(id, sinks[0])).toThrow('Another connection has taken this batch over')
    dispatcher.takeOver(id, sinks[2])
    await runAll(workers)
    expect(sinks.map(({ summary }) => summary?.completed)).toEqual([undefined, undefined, 2])
  })

  test('a batch whose further items are refused while its beginning is being recorded is cancelled, and leaves nothing', async () => {
    const isRecorded = deferred<void>()
    class SlowEngine extends MemoryEngine {
      override open(...batch: Parameters<MemoryEngine['open']>): Promise<void> {
        return isRecorded.promise.then(() => super.open(...batch))
      }
      override append(): Promise<void> {
        return Promise.reject(new ForkpoolError('DISK_FULL'))
      }
    }
    const engine = new SlowEngine()
    const { dispatcher, workers, counts } = create({ engine })
    const sink = new Sink()
    const handle = dispatcher.submit(REQUEST, encodeItems([1, 2]), false, sink)
    handle.add(encodeItems([3]), true)
    await settle()
    expect(sink.said).toEqual([`failed ${new ForkpoolError('DISK_FULL').message}`])
    isRecorded.resolve()
    await runAll(workers)
    expect(dispatcher.open.size).toBe(0)
    expect(engine.usage()).toMatchObject({ openBatches: 0, endedBatches: 1 })
    expect(counts.unaccounted).toBe(0)
    const next = new Sink()
    dispatcher.submit(REQUEST, encodeItems([4]), true, next)
    await runAll(workers)
    expect(next.outcomes()).toEqual(new Map([[0, 16]]))
  })

  test('items that are being recorded when their batch is cancelled, or ends by a failure, are in its account', async () => {
    const { dispatcher, workers, counts } = create()
    const cancelled = new Sink()
    const handle = dispatcher.submit(REQUEST, encodeItems([1, 2]), false, cancelled)
    await settle()
    handle.add(encodeItems([3, 4, 5]), false)
    handle.add(encodeItems([6]), true)
    handle.cancel()
    await runAll(workers)
    expect(cancelled.summary).toMatchObject({ outcome: 'cancelled' })
    expect((cancelled.summary?.completed ?? 0) + (cancelled.summary?.cancelled ?? 0)).toBe(6)

    const failing = new Sink()
    const other = dispatcher.submit({ ...REQUEST, failFast: true }, encodeItems([1]), false, failing)
    await settle()
    other.add(encodeItems([2, 3]), false)
    workers.answerAll([1])
    await runAll(workers)
    expect(failing.summary).toMatchObject({ failed: 1, cancelled: 2 })
    expect(counts.unaccounted).toBe(0)
  })

  test('a batch that was taken before the drain, and is still being recorded, runs on', async () => {
    const { dispatcher, workers } = create()
    const sink = new Sink()
    // Its input is open: it runs only when it is recorded.
    const handle = dispatcher.submit(REQUEST, encodeItems([1, 2]), false, sink)
    let drained = false
    void dispatcher.drain().then(() => (drained = true))
    await settle()
    expect(drained).toBe(false)
    handle.end()
    await runAll(workers)
    expect(drained).toBe(true)
    expect(sink.summary).toMatchObject({ outcome: 'completed', completed: 2 })
  })

  test('no more ended batches are kept than were asked for', async () => {
    const { dispatcher, workers } = create()
    for (let i = 0; i < 5; i++) dispatcher.submit(REQUEST, encodeItems([i]), true, new Sink())
    await runAll(workers)
    expect(dispatcher.ended.size).toBe(2)
    expect(dispatcher.endedTotal).toBe(5)
  })
})
