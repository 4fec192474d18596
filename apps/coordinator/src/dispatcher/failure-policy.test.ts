import { describe, expect, test } from 'vitest'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { WorkerId } from '@forkpool/pool-core/scheduler'
import type { BatchHandle } from '../batch-request.ts'
import { Sink, REQUEST, create, settle, runAll } from '../../test/support/dispatcher-house.ts'

describe('the failure policy', () => {
  test('a task that loses its worker each time is put into quarantine, with its item', async () => {
    const { dispatcher, workers, counts, clock, quarantine } = create()
    const sink = new Sink()
    const { id } = dispatcher.submit({ ...REQUEST, chunkSize: 1, poolSize: 1 }, encodeItems(['a']), true, sink)
    for (let i = 0; i < 3; i++) {
      await settle()
      const [worker] = [...workers.held].find(([, shards]) => shards.length > 0) ?? []
      expect(worker).toBeDefined()
      for (const [shard] of workers.held.values()) if (shard !== undefined) expect(decodeItems(shard.items)).toEqual(['a'])
      workers.lose(worker as WorkerId)
      clock.advance(1_000)
      workers.allOnline()
    }
    await settle()
    expect(quarantine.list(10)).toMatchObject([
      { id: `${id}.0`, index: 0, attempts: 3, error: { code: 'WORKER_LOST' }, request: { task: 'square', pool: 'size-1' } },
    ])
    expect(decodeItems(quarantine.demand(`${id}.0`).item)).toEqual(['a'])
    expect(counts.settled['quarantined']).toBe(1)
  })

  test('retryOn: what is not named is final, what is named runs again', async () => {
    const { dispatcher, workers } = create()
    const named = new Sink()
    dispatcher.submit({ ...REQUEST, retries: 2, retryOn: ['RangeError'] }, encodeItems([1, 2]), true, named)
    await runAll(workers, [2])
    expect(named.results_.flatMap(({ failures }) => failures)).toMatchObject([{ attempts: 3 }])
    const other = new Sink()
    dispatcher.submit({ ...REQUEST, retries: 2, retryOn: ['TypeError', 'E_OTHER'] }, encodeItems([1, 2]), true, other)
    await runAll(workers, [2])
    expect(other.results_.flatMap(({ failures }) => failures)).toMatchObject([{ attempts: 1 }])
  })

  test('at its deadline a batch is given up, and its results stay', async () => {
    const { dispatcher, workers, clock } = create()
    const sink = new Sink()
    dispatcher.submit({ ...REQUEST, chunkSize: 1, poolSize: 1, deadlineMs: 500 }, encodeItems([3, 4]), true, sink)
    await settle()
    const worker = [...workers.held].find(([, shards]) => shards.length > 0)?.[0] as WorkerId
    workers.answer(worker, [])
    await settle()
    clock.advance(500)
    expect(workers.ended).toContainEqual(expect.stringMatching(/^abort w\d 2$/))
    clock.advance(1_000)
    workers.lose(worker)
    await settle()
    expect(sink.outcomes()).toEqual(new Map([9].entries()))
    expect(sink.said.at(-1)).toBe('failed the time of the whole call is over')
  })

  test('the result of a task that took too long does not count', async () => {
    const { dispatcher, workers, clock } = create()
    const sink = new Sink()
    dispatcher.submit({ ...REQUEST, chunkSize: 1, timeoutMs: 500 }, encodeItems([3]), true, sink)
    await settle()
    clock.advance(600)
    const worker = [...workers.held].find(([, shards]) => shards.length > 0)?.[0] as WorkerId
    workers.answer(worker, [], { runMs: 700 })
    await settle()
    expect(sink.results_.flatMap(({ failures }) => failures)).toMatchObject([{ attempts: 1, error: { code: 'TIMED_OUT' } }])
    expect(sink.summary).toMatchObject({ outcome: 'failed', failed: 1 })
  })

  test('a worker that takes too much memory is replaced', async () => {
    const { dispatcher, workers } = create()
    dispatcher.submit({ ...REQUEST, poolSize: 1 }, encodeItems([3]), true, new Sink())
    await settle()
    const worker = [...workers.held].find(([, shards]) => shards.length > 0)?.[0] as WorkerId
    workers.answer(worker, [], { isTired: true })
    expect(workers.ended).toEqual([`retire ${worker}`])
  })

  test('a worker is given as many tasks as it may run, however short they are, and is replaced', async () => {
    const { dispatcher, workers } = create({ tasksPerWorker: 5 })
    const sink = new Sink()
    dispatcher.submit(REQUEST, encodeItems(Array.from({ length: 40 }, (_, i) => i)), true, sink)
    const ran = new Map<WorkerId, number>()
    for (let round = 0; round < 40 && sink.summary === undefined; round++) {
      await settle()
      for (const [worker, shards] of workers.held) {
        for (let shard = shards[0]; shard !== undefined; shard = shards[0]) {
          ran.set(worker, (ran.get(worker) ?? 0) + shard.items.count)
          workers.answer(worker, [], { runMs: 0.001 })
        }
      }
      for (const ended of workers.ended.splice(0)) workers.lose(ended.replace('retire ', '') as WorkerId)
      workers.allOnline()
    }
    expect(sink.outcomes().size).toBe(40)
    expect([...ran.values()]).toEqual(Array.from({ length: 8 }, () => 5))
  })

  test('the items of a batch whose reader is gone count until they are dealt with, read again, or given up', async () => {
    const { dispatcher, workers } = create()
    const items = encodeItems(['abc', 'def'])
    const bytes = items.bytes.byteLength
    const open = (detached: boolean): BatchHandle => dispatcher.submit({ ...REQUEST, detached }, items, false, new Sink())
    // Both workers have something to do when the third comes; and without a disk only a batch that is detached goes on alone.
    const dealt = open(true)
    await settle()
    const [read, given] = [open(false), open(false)]
    await settle()
    expect(dispatcher.left.heldBytes).toBe(0)
    for (const handle of [read, given, dealt]) handle.leave()
    const all = dispatcher.left.heldBytes
    expect(all).toBeGreaterThanOrEqual(3 * bytes)
    dispatcher.takeOver(read.id, new Sink())
    expect(dispatcher.left.heldBytes).toBe((all * 2) / 3)
    await runAll(workers)
    expect(dispatcher.left.heldBytes).toBe(all / 3)
    for (const { id } of [read, given, dealt]) dispatcher.cancel(id)
    await runAll(workers)
    expect(dispatcher.open.size).toBe(0)
    expect(dispatcher.left.heldBytes).toBe(0)
  })
})
