import { TaskError } from '@forkpool/pool-core/base'
import type { BatchProgress } from '@forkpool/pool-core/batch'
import type { BatchSummary } from '@forkpool/pool-core/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { closeAll, collect, connected, settle } from '../test/connected-cluster.ts'

afterEach(closeAll)

const KEPT = {
  good: { task: 'square', outcomes: [1, 4, 9, 16] },
  bad: { task: 'oddOnly', outcomes: [1, new RangeError('2 is even'), 3, new RangeError('4 is even'), 5] },
  none: { task: 'square', outcomes: [] },
}

describe('a batch that was submitted before', () => {
  test('gives its results as an array and one by one, as often as one likes', async () => {
    const { cluster, peer } = await connected({ kept: KEPT })
    const batch = cluster.attach<number>('good')
    expect(peer.kinds()).toEqual(['hello'])
    expect(await batch.results()).toEqual([1, 4, 9, 16])
    expect(await collect(batch)).toEqual([1, 4, 9, 16])
    expect(await collect(batch.stream())).toEqual([1, 4, 9, 16])
    expect(peer.received.filter(({ kind }) => kind === 'attach')).toMatchObject([{ id: 'good' }, { id: 'good' }, { id: 'good' }])
    expect(await cluster.attach('none').results()).toEqual([])
    expect(await collect(cluster.attach('none'))).toEqual([])
  })

  test('fails as map does: with the first failure by index, a TaskError that names the task', async () => {
    const { cluster } = await connected({ kept: KEPT })
    const failure = await cluster
      .attach('bad')
      .results()
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(TaskError)
    expect(failure).toMatchObject({ task: 'oddOnly', index: 1, message: '2 is even', cause: { name: 'RangeError' } })
  })

  test('one by one a failed task does not end it', async () => {
    const { cluster } = await connected({ kept: KEPT })
    const results = cluster.attach<number>('bad').stream()
    expect((await results.next()).value).toBe(1)
    await expect(results.next()).rejects.toMatchObject({ task: 'oddOnly', index: 1 })
    expect((await results.next()).value).toBe(3)
  })

  test('settles, and takes a fallback', async () => {
    const { cluster } = await connected({ kept: KEPT })
    const batch = cluster.attach<number>('bad')
    const statuses = (await batch.results({ settle: true })).map(({ status }) => status)
    expect(statuses).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect((await collect(batch.stream({ settle: true }))).map(({ status }) => status)).toEqual(statuses)
    expect(await batch.results({ fallback: 0 })).toEqual([1, 0, 3, 0, 5])
  })

  test('tells of its progress and its end', async () => {
    const { cluster } = await connected({ kept: KEPT })
    const told: BatchProgress[] = []
    const ends: BatchSummary[] = []
    await cluster.attach('good').results({ onProgress: (progress) => told.push(progress), onEnd: (summary) => ends.push(summary) })
    expect(told.at(-1)).toMatchObject({ done: 4, failed: 0, total: 4 })
    expect(ends).toMatchObject([{ outcome: 'completed', completed: 4 }])
  })

  test('that nobody knows is BATCH_UNKNOWN; what is no identifier is not even asked for', async () => {
    const { cluster } = await connected({ kept: KEPT })
    await expect(cluster.attach('other').results()).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' })
    await expect(cluster.attach('other').stream().next()).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' })
    expect(() => cluster.attach('')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  })

  test('an old coordinator cannot do it, and the call says so', async () => {
    const { cluster } = await connected()
    await expect(cluster.attach('good').results()).rejects.toMatchObject({ code: 'PROTOCOL_VERSION' })
  })

  test('is left alone by whoever stops reading, or is told to', async () => {
    const { cluster, peer } = await connected({ kept: KEPT })
    for await (const value of cluster.attach<number>('good')) if (value === 1) break
    const abort = new AbortController()
    const aborted = cluster.attach('good').results({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    const before = cluster.attach('good').results({ signal: AbortSignal.abort(new Error('too late')) })
    await expect(before).rejects.toThrow('too late')
    await settle()
    expect(peer.kinds()).not.toContain('cancel')
    expect(peer.kinds().filter((kind) => kind === 'attach')).toHaveLength(2)
  })

  test('is asked for again after a lost connection, without what came', async () => {
    const { cluster, peer, clock } = await connected({ kept: KEPT })
    const results = cluster.attach<number>('good').results()
    peer.connection.cut()
    await settle()
    clock.advance(10_000)
    expect(await results).toEqual([1, 4, 9, 16])
    expect(peer.connections).toHaveLength(2)
  })
})
