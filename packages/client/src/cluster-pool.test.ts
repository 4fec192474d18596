import type { BatchProgress } from '@forkpool/pool-core/batch'
import { range } from '@forkpool/pool-core/batch'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { asyncRange, closeAll, collect, connected, settle } from '../test/connected-cluster.ts'

afterEach(closeAll)

describe('map', () => {
  test('gives all results in order, from arrays, iterables and async iterables', async () => {
    const { cluster } = await connected({ shardItems: 3 })
    const squares = [0, 1, 4, 9, 16, 25, 36, 49]
    const pool = cluster.pool()
    expect(await pool.map('square', [0, 1, 2, 3, 4, 5, 6, 7])).toEqual(squares)
    expect(await pool.map('square', range(8))).toEqual(squares)
    expect(await pool.map('square', new Set([0, 1, 2, 3, 4, 5, 6, 7]))).toEqual(squares)
    expect(await pool.map('square', Float64Array.from([0, 1, 2, 3]))).toEqual([0, 1, 4, 9])
    expect(await pool.map('square', asyncRange(8))).toEqual(squares)
  })

  test('an input of unknown length gives exactly as many results', async () => {
    const { cluster } = await connected({ limits: { inputWindowBytes: 80, resultWindowBytes: 80 }, shardItems: 3 })
    const results = await cluster.pool().map('square', asyncRange(37))
    expect(results).toEqual(Array.from({ length: 37 }, (_, i) => i * i))
    expect(await cluster.pool().map('text', asyncRange(23))).toEqual(Array.from({ length: 23 }, (_, i) => `n${i}`))
  })

  test('a small batch is one message out', async () => {
    const { cluster, peer } = await connected()
    await cluster.pool({ size: 2 }).map('square', range(100))
    expect(peer.kinds()).toEqual(['hello', 'submit'])
    expect(peer.received[1]).toMatchObject({ task: 'square', poolSize: 2, end: true, items: { count: 100, codec: 'f64' } })
  })

  test('puts results in their place in whatever order they come', async () => {
    const { cluster } = await connected({ shardItems: 7, choose: (count) => count - 1 })
    expect(await cluster.pool().map('square', range(100))).toEqual(Array.from({ length: 100 }, (_, i) => i * i))
  })

  test('no items, no message', async () => {
    const { cluster, peer } = await connected()
    expect(await cluster.pool().map('square', [])).toEqual([])
    expect(await cluster.pool().map('square', new Set<number>())).toEqual([])
    expect(await cluster.pool().map('square', asyncRange(0))).toEqual([])
    expect(peer.kinds()).toEqual(['hello'])
  })

  test('mixed values travel as they are', async () => {
    const { cluster } = await connected({ shardItems: 2 })
    const items = [1, 'two', 3n, null, undefined, true, -0]
    expect(await cluster.pool().map('describe', items)).toEqual(['1', 'two', '3', 'null', 'undefined', 'true', '0'])
  })

  test('starmap spreads each item over the arguments', async () => {
    const { cluster, peer } = await connected()
    const pairs: [number, number][] = [
      [1, 2],
      [3, 4],
    ]
    expect(await cluster.pool().starmap('add', pairs)).toEqual([3, 7])
    expect(peer.received[1]).toMatchObject({ spread: true })
  })

  test('keeps to the input window, however long the input is', async () => {
    const { cluster, peer } = await connected({ limits: { inputWindowBytes: 1000, resultWindowBytes: 1000 }, shardItems: 10 })
    const results = await cluster.pool().map('square', range(5000))
    expect(results).toHaveLength(5000)
    expect(results[4999]).toBe(4999 * 4999)
    expect(peer.kinds().filter((kind) => kind === 'items').length).toBeGreaterThan(10)
  })

  test('bad input is rejected, naming what was expected', async () => {
    const { cluster, peer } = await connected()
    const pool = cluster.pool()
    await expect(pool.map('square', 5 as never)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('not number'),
    })
    await expect(pool.map('square', null as never)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await expect(pool.map('' as 'square', [1])).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await expect(pool.map('square', [1], { chunkSize: 0 })).rejects.toMatchObject({
      message: 'chunkSize must be a whole number of 1 or more, not 0',
    })
    await expect(pool.map('square', [1], { settle: true, failFast: true })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    expect(peer.kinds()).toEqual(['hello'])
  })

  test('an unknown task is the refusal of the coordinator', async () => {
    const { cluster } = await connected()
    await expect(cluster.pool().map('sqare' as 'square', [1])).rejects.toMatchObject({
      code: 'TASK_UNKNOWN',
      message: 'there is no task "sqare"',
    })
  })

  test("options travel, and a call's override the pool's", async () => {
    const { cluster, peer } = await connected()
    const pool = cluster.pool({ name: 'nightly', size: 3, priority: -5, retries: 2 })
    await pool.map('square', [1], { priority: 5, chunkSize: 7, backoffMs: 10, retries: undefined })
    expect(peer.received[1]).toMatchObject({ pool: 'nightly', poolSize: 3, priority: 5, retries: 2, chunkSize: 7, backoffMs: 10 })
  })
})

describe('failures in map', () => {
  test('the first by index is thrown, after the rest ended', async () => {
    const { cluster, peer } = await connected({ shardItems: 2, choose: (count) => count - 1 })
    const caught: unknown = await cluster
      .pool()
      .map('oddOnly', [1, 3, 5, 4, 7, 2])
      .catch((error: unknown) => error)
    expect(caught).toMatchObject({ name: 'TaskError', code: 'TASK_FAILED', message: '4 is even', task: 'oddOnly', index: 3, attempts: 1 })
    expect((caught as Error).cause).toMatchObject({ name: 'RangeError', n: 4 })
    expect(peer.connection.openBatches).toBe(0)
  })

  test('settle gives every outcome', async () => {
    const { cluster } = await connected({ shardItems: 2 })
    expect(await cluster.pool().map('oddOnly', [1, 2, 3], { settle: true })).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: expect.objectContaining({ index: 1, message: '2 is even' }) },
      { status: 'fulfilled', value: 3 },
    ])
  })

  test('failFast rejects at once and stops the rest', async () => {
    const { cluster, peer } = await connected({ shardItems: 1, hold: true })
    const failing = cluster.pool().map('oddOnly', [1, 2, 3, 4, 5], { failFast: true })
    await settle()
    peer.connection.release(2)
    await expect(failing).rejects.toMatchObject({ index: 1 })
    expect(peer.received[1]).toMatchObject({ failFast: true })
  })

  test('an item that cannot be sent fails its own task, and its neighbours run', async () => {
    const { cluster } = await connected({ shardItems: 2 })
    const items: unknown[] = ['a', () => 1, 'b', Symbol('no'), 'c', 'd']
    const outcomes = await cluster.pool().map('describe', items, { settle: true })
    expect(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message.slice(0, 21))),
    ).toEqual(['a', 'item 1 cannot be sent', 'b', 'item 3 cannot be sent', 'c', 'd'])
    await expect(cluster.pool().map('describe', items)).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
    await expect(cluster.pool().map('describe', [() => 1])).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
  })

  test('results around items that cannot be sent are paid for once', async () => {
    const { cluster, peer } = await connected({ limits: { resultWindowBytes: 100 }, shardItems: 8 })
    const items = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? (): number => i : i))
    const outcomes = await cluster.pool().map('describe', items, { settle: true })
    expect(outcomes.map(({ status }) => status)).toEqual(items.map((item) => (typeof item === 'number' ? 'fulfilled' : 'rejected')))
    expect(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))).toEqual(
      items.filter((item) => typeof item === 'number').map(String),
    )
    expect(peer.kinds()).toContain('credit')
  })

  test('an item that is too large fails its own task', async () => {
    const { cluster } = await connected({ limits: { inputWindowBytes: 10_000 } })
    const outcomes = await cluster.pool().map('describe', ['a', 'x'.repeat(6000), 'b', 'y'.repeat(4000)], { settle: true })
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'LIMIT_EXCEEDED' } })
  })

  test('an input that throws rejects with that, and the batch is cancelled', async () => {
    const { cluster, peer } = await connected({ hold: true, limits: { inputWindowBytes: 100 }, shardItems: 1 })
    const boom = new Error('boom')
    function* throwing(): Generator<number> {
      yield* range(40)
      throw boom
    }
    const failing = cluster.pool().map('square', throwing())
    await settle()
    peer.connection.release()
    await expect(failing).rejects.toBe(boom)
    await settle()
    expect(peer.kinds().at(-1)).toBe('cancel')
    expect(peer.connection.openBatches).toBe(0)
  })

  test('a batch that is cancelled by somebody else rejects with CancelledError', async () => {
    const { cluster, peer } = await connected({ hold: true, shardItems: 1 })
    const cancelled = cluster.pool().map('square', [1, 2, 3])
    const settled = cluster.pool().map('square', [1, 2], { settle: true })
    await settle()
    peer.connection.release(1)
    peer.connection.cancelFromElsewhere()
    await expect(cancelled).rejects.toMatchObject({ name: 'CancelledError', code: 'BATCH_CANCELLED' })
    expect(await settled).toMatchObject([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: { code: 'BATCH_CANCELLED' } },
    ])
  })
})

describe('abort', () => {
  test('rejects with the reason of the signal and cancels the batch', async () => {
    const { cluster, peer } = await connected({ hold: true })
    const controller = new AbortController()
    const aborted = cluster.pool().map('square', [1, 2, 3], { signal: controller.signal })
    const stream = cluster.pool().imap('square', [1, 2, 3], { signal: controller.signal })
    const future = cluster.pool().submitWith({ signal: controller.signal }, 'square', 4)
    await settle()
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    await expect(stream.next()).rejects.toBe(reason)
    expect(await stream.next()).toEqual({ value: undefined, done: true })
    await expect(future).rejects.toBe(reason)
    await settle()
    expect(peer.kinds()).toEqual(['hello', 'submit', 'submit', 'submit', 'cancel', 'cancel', 'cancel'])
    expect(peer.connection.openBatches).toBe(0)
  })

  test('a signal that was aborted before sends nothing', async () => {
    const { cluster, peer } = await connected()
    const signal = AbortSignal.abort('early')
    await expect(cluster.pool().map('square', [1], { signal })).rejects.toBe('early')
    await expect(cluster.pool().submitWith({ signal }, 'square', 1)).rejects.toBe('early')
    await expect(cluster.pool().imap('square', [1], { signal }).next()).rejects.toBe('early')
    expect(peer.kinds()).toEqual(['hello'])
  })

  test('drops results that could have been read', async () => {
    const { cluster, peer } = await connected({ hold: true, shardItems: 1 })
    const controller = new AbortController()
    const results = cluster.pool().imap('square', [1, 2, 3], { signal: controller.signal })
    await settle()
    peer.connection.release(2)
    await settle()
    controller.abort('enough')
    await expect(results.next()).rejects.toBe('enough')
    expect((await results.next()).done).toBe(true)
  })

  test('leaves no listener on the signal after the end', async () => {
    const { cluster } = await connected()
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    await cluster.pool().map('square', [1, 2], { signal })
    await cluster.pool().submitWith({ signal }, 'square', 2)
    await collect(cluster.pool().imap('square', [1, 2], { signal }))
    expect(added).toHaveBeenCalledTimes(3)
    for (const [index, call] of added.mock.calls.entries()) expect(removed.mock.calls[index]?.slice(0, 2)).toEqual(call.slice(0, 2))
  })
})

describe('telling', () => {
  test('progress counts up to the total', async () => {
    const { cluster, clock } = await connected({ shardItems: 2 })
    const seen: BatchProgress[] = []
    clock.advance(5)
    await cluster.pool().map('oddOnly', [1, 2, 3, 5, 7], { settle: true, onProgress: (progress) => seen.push(progress) })
    expect(seen.map(({ done, failed, total }) => [done, failed, total])).toEqual([
      [2, 1, 5],
      [4, 1, 5],
      [5, 1, 5],
    ])
  })

  test('the total of a stream is known when its input has ended', async () => {
    const { cluster } = await connected({ limits: { inputWindowBytes: 80 }, shardItems: 10 })
    const totals: (number | undefined)[] = []
    await cluster.pool().map('square', asyncRange(30), { onProgress: ({ total }) => totals.push(total) })
    expect(totals[0]).toBeUndefined()
    expect(totals.at(-1)).toBe(30)
  })

  test('onAccepted and onEnd hear of the batch', async () => {
    const { cluster } = await connected({ accepts: true })
    const heard: unknown[] = []
    const options = { onAccepted: (batch: unknown) => heard.push(batch), onEnd: (summary: unknown) => heard.push(summary) }
    await cluster.pool().map('square', [1, 2], options)
    expect(heard).toMatchObject([
      { id: 'b1', pool: 'p', poolSize: 2 },
      { outcome: 'completed', completed: 2, workers: 2 },
    ])
    await cluster.pool().submitWith(options, 'square', 1)
    expect(heard).toHaveLength(4)
  })

  test('a callback that throws is reported and does no harm', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { cluster } = await connected({ accepts: true })
    const onTold = (): never => {
      throw new Error('callback')
    }
    const options = { onProgress: onTold, onAccepted: onTold, onEnd: onTold }
    expect(await cluster.pool().map('square', [2], options)).toEqual([4])
    expect(await cluster.pool().submitWith(options, 'square', 3)).toBe(9)
    expect(reported).toHaveBeenCalledTimes(5)
    reported.mockRestore()
  })
})
