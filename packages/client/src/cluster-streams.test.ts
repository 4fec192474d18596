import { range } from '@forkpool/pool-core/batch'
import { afterEach, describe, expect, test } from 'vitest'
import { closeAll, collect, connected, settle } from '../test/connected-cluster.ts'

afterEach(closeAll)

describe('imap', () => {
  test('yields in order, whatever the order of the answers', async () => {
    const { cluster } = await connected({ shardItems: 3, choose: (count) => count - 1 })
    expect(await collect(cluster.pool().imap('text', range(20)))).toEqual(Array.from({ length: 20 }, (_, i) => `n${i}`))
    expect(await collect(cluster.pool().istarmap('add', [[1, 2] as const, [3, 4] as const]))).toEqual([3, 7])
  })

  test('imapUnordered yields as they come', async () => {
    const { cluster } = await connected({ shardItems: 2, choose: (count) => count - 1 })
    expect(await collect(cluster.pool().imapUnordered('square', [0, 1, 2, 3, 4, 5]))).toEqual([16, 25, 4, 9, 0, 1])
  })

  test('goes on after a failed item', async () => {
    const { cluster } = await connected({ shardItems: 2 })
    const results = cluster.pool().imap('oddOnly', [1, 2, 3])
    expect(await results.next()).toEqual({ value: 1, done: false })
    await expect(results.next()).rejects.toMatchObject({ index: 1 })
    expect(await results.next()).toEqual({ value: 3, done: false })
    expect(await results.next()).toEqual({ value: undefined, done: true })
  })

  test('settle yields outcomes, so that for-await survives failures', async () => {
    const { cluster } = await connected()
    expect((await collect(cluster.pool().imap('oddOnly', [1, 2, 3], { settle: true }))).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })

  test('failFast ends the iteration with the failure', async () => {
    const { cluster, peer } = await connected({ shardItems: 1, hold: true })
    const results = cluster.pool().imap('oddOnly', [1, 2, 3, 5], { failFast: true })
    await settle()
    peer.connection.release(2)
    await settle()
    expect(await results.next()).toEqual({ value: 1, done: false })
    await expect(results.next()).rejects.toMatchObject({ index: 1 })
    expect((await results.next()).done).toBe(true)
  })

  test('an input that throws: earlier results come, then that exception, then the end', async () => {
    const { cluster } = await connected({ shardItems: 1 })
    const boom = new Error('boom')
    function* throwing(): Generator<number> {
      yield 1
      yield 2
      throw boom
    }
    async function* throwingLater(): AsyncGenerator<number> {
      yield* throwing()
    }
    for (const input of [throwing(), throwingLater()]) {
      const results = cluster.pool().imap('square', input)
      expect([await results.next(), await results.next()]).toMatchObject([{ value: 1 }, { value: 4 }])
      await expect(results.next()).rejects.toBe(boom)
      expect((await results.next()).done).toBe(true)
    }
  })

  test('an input that throws before its first item', async () => {
    const { cluster, peer } = await connected()
    const boom = new Error('boom')
    const input: Iterable<number> = {
      [Symbol.iterator]: () => ({
        next: () => {
          throw boom
        },
      }),
    }
    await expect(cluster.pool().imap('square', input).next()).rejects.toBe(boom)
    await expect(cluster.pool().map('square', input)).rejects.toBe(boom)
    expect(peer.kinds()).toEqual(['hello'])
  })

  test('an endless input is read ahead by bufferSize and no further', async () => {
    const { cluster } = await connected({ shardItems: 4 })
    let read = 0
    function* endless(): Generator<number> {
      for (;;) yield read++
    }
    const results = cluster.pool().imap('square', endless(), { bufferSize: 20 })
    await settle()
    expect(read).toBe(20)
    for (let i = 0; i < 100; i++) {
      expect((await results.next()).value).toBe(i * i)
      await settle()
      expect(read).toBeLessThanOrEqual(i + 1 + 20)
    }
    await results.return()
  })

  test('a bufferSize of one runs one task after the other', async () => {
    const { cluster } = await connected()
    let read = 0
    function* counting(): Generator<number> {
      while (read < 5) yield read++
    }
    const results = cluster.pool().imapUnordered('square', counting(), { bufferSize: 1 })
    for (let i = 0; i < 5; i++) {
      await settle()
      expect(read).toBe(i + 1)
      expect((await results.next()).value).toBe(i * i)
    }
    expect((await results.next()).done).toBe(true)
  })

  test('leaving a for-await early cancels the batch and ends the input', async () => {
    const { cluster, peer } = await connected({ shardItems: 1 })
    let ended = false
    function* endless(): Generator<number> {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        ended = true
      }
    }
    for await (const square of cluster.pool().imap('square', endless(), { bufferSize: 10 })) if (square >= 25) break
    await settle()
    expect(ended).toBe(true)
    expect(peer.kinds().at(-1)).toBe('cancel')
    expect(peer.connection.openBatches).toBe(0)
  })

  test('await using leaves as well, and an async input is told', async () => {
    const { cluster, peer, clock } = await connected()
    let ended = false
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        ended = true
      }
    }
    {
      await using results = cluster.pool().imap('square', endless(), { bufferSize: 10 })
      await settle()
      clock.advance(0)
      expect((await results.next()).value).toBe(0)
    }
    await settle()
    expect(ended).toBe(true)
    expect(peer.connection.openBatches).toBe(0)
  })

  test('reads that overlap are answered in order', async () => {
    const { cluster, peer } = await connected({ shardItems: 2, hold: true })
    const results = cluster.pool().imap('square', [1, 2, 3])
    const reads = [results.next(), results.next(), results.next(), results.next()]
    await settle()
    peer.connection.release()
    expect((await Promise.all(reads)).map((read) => read.value)).toEqual([1, 4, 9, undefined])
  })

  test('a window smaller than the results in the wrong order does not stop it', async () => {
    // The last shards come first and fill the result window; the first can only come if they are given credit before they are read.
    const { cluster } = await connected({ shardItems: 1, choose: (count) => count - 1, limits: { resultWindowBytes: 16 } })
    expect(await collect(cluster.pool().imap('square', range(50)))).toHaveLength(50)
  })

  test('a slow reader holds the coordinator back by the window', async () => {
    const { cluster, peer } = await connected({ shardItems: 1, limits: { resultWindowBytes: 80 } })
    const results = cluster.pool().imap('square', range(1000))
    await settle()
    expect(peer.connection.openBatches).toBe(1)
    expect(peer.kinds().filter((kind) => kind === 'credit')).toEqual([])
    expect(await collect(results)).toHaveLength(1000)
    expect(peer.kinds().filter((kind) => kind === 'credit').length).toBeGreaterThan(30)
  })

  test('items that cannot be sent keep their place', async () => {
    const { cluster } = await connected({ shardItems: 1, choose: (count) => count - 1 })
    const results = cluster.pool().imap('describe', ['a', () => 1, 'b', 'c'])
    expect((await results.next()).value).toBe('a')
    await expect(results.next()).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
    expect(await collect(results)).toEqual(['b', 'c'])
  })

  test('an async input that pauses goes out without waiting for more', async () => {
    const { cluster, clock } = await connected()
    let more: (() => void) | undefined
    async function* slowly(): AsyncGenerator<number> {
      yield 1
      yield 2
      await new Promise<void>((resolve) => (more = resolve))
      yield 3
    }
    const results = cluster.pool().imap('square', slowly())
    await settle()
    clock.advance(0)
    expect([(await results.next()).value, (await results.next()).value]).toEqual([1, 4])
    more?.()
    expect((await results.next()).value).toBe(9)
    expect((await results.next()).done).toBe(true)
  })
})
