import { afterAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import { deferred } from '@forkpool/pool-core/base'
import { range } from '@forkpool/pool-core/batch'
import type { BatchVerdict } from '@forkpool/pool-core/protocol'
import { DataDirs } from './support/data-dirs.ts'
import { Coordinator, runForkpool, waitUntil } from './support/forkpool.ts'
import { TcpProxy } from './support/tcp-proxy.ts'
import { MILLION, RECONNECT, serve, batches, expectSquares, expectVerified } from './support/resumption.ts'

const dirs = new DataDirs()
afterAll(() => dirs.remove())

describe('keys', () => {
  test('a batch that another client submitted under the same key is not run again, also after a restart of the coordinator', async () => {
    const dataDir = dirs.next()
    let coordinator = await serve(dataDir)
    const items = Array.from({ length: 300 }, () => 3)
    const options = { key: 'nightly', chunkSize: 10 }
    {
      const cluster = await connect(coordinator.url, { reconnect: false })
      const lost = cluster.pool({ size: 2 }).map('sleep', items, options)
      lost.catch(() => undefined)
      await waitUntil('the batch has results', async () => ((await batches(coordinator.url))[0]?.completed ?? 0) > 0)
      await coordinator.kill()
      await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
      await cluster.close()
    }
    coordinator = await serve(dataDir)
    const ids: string[] = []
    for (let time = 0; time < 2; time++) {
      await using cluster = await connect(coordinator.url)
      const pool = cluster.pool({ size: 2 })
      expect(await pool.map('sleep', items, { ...options, onAccepted: ({ id }) => ids.push(id) })).toHaveLength(300)
      expect(await pool.map('square', [1, 2], { key: 'another' })).toEqual([1, 4])
    }
    expect(ids[1]).toBe(ids[0])
    const all = await batches(coordinator.url)
    expect(all.map(({ submitted }) => submitted).toSorted((a, b) => a - b)).toEqual([2, 300])
    const { stdout } = await runForkpool(['verify', ids[0] ?? '', '--json'], '', { FORKPOOL_URL: coordinator.url })
    expect(JSON.parse(stdout) as BatchVerdict).toMatchObject({ ledger: { submitted: 300, recorded: 300 }, problems: [] })
    await coordinator.stop()
  })
})

describe('keys on a disk', () => {
  test('of many clients that submit under one key at once one batch runs, and the last of them has its results', async () => {
    await using coordinator = await Coordinator.start(['--data-dir', dirs.next(), '--workers', '2'])
    await using cluster = await connect(coordinator.url)
    const { url } = coordinator
    const clusters = await Promise.all(Array.from({ length: 5 }, () => connect(url)))
    const calls = clusters.map((each) => each.pool({ size: 2 }).map('square', range(1, 100_001), { key: 'at once' }))
    const outcomes = await Promise.allSettled(calls)
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expectSquares(outcome.value as number[], 100_000)
      else expect(outcome.reason).toMatchObject({ code: 'SUPERSEDED' })
    }
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    expect(await batches(url)).toMatchObject([{ submitted: 100_000, completed: 100_000 }])
    expectSquares((await cluster.pool({ size: 2 }).map('square', range(1, 100_001), { key: 'at once' })) as number[], 100_000)
    await Promise.all(clusters.map((each) => each.close()))
  })

  test('the results of a batch whose key is known come before the input is read, in whatever way they are read', async () => {
    await using coordinator = await Coordinator.start(['--data-dir', dirs.next(), '--workers', '2'])
    await using cluster = await connect(coordinator.url)
    const pool = cluster.pool({ size: 2 })
    const count = 300_000
    const key = 'slow input'
    expectSquares((await pool.map('square', range(1, count + 1), { key })) as number[], count)
    async function* slow(): AsyncGenerator<number> {
      yield 1
      await new Promise(() => undefined)
    }
    expectSquares((await pool.map('square', slow(), { key })) as number[], count)
    const streamed: number[] = []
    for await (const square of pool.imap('square', slow(), { key, bufferSize: 100 })) streamed.push(square as number)
    expectSquares(streamed, count)
    await expect(pool.map('square', [1, 2], { key })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })
})

describe('a batch by its identifier', () => {
  test('a detached batch outlives its client and the coordinator, and another client takes it up', async () => {
    const dataDir = dirs.next()
    let coordinator = await serve(dataDir)
    const items = Array.from({ length: 400 }, () => 3)
    let id = ''
    {
      await using cluster = await connect(coordinator.url)
      const left = cluster.pool({ size: 2 }).map('sleep', items, { detached: true, chunkSize: 10, onAccepted: (batch) => (id = batch.id) })
      left.catch(() => undefined)
      await waitUntil('the batch has results', async () => ((await batches(coordinator.url))[0]?.completed ?? 0) > 0)
    }
    expect((await batches(coordinator.url))[0]).toMatchObject({ id, state: 'open' })
    await coordinator.kill()
    coordinator = await serve(dataDir)
    await using cluster = await connect(coordinator.url)
    // The one comes while it runs, the other when it is over.
    expect(await cluster.attach(id).results()).toHaveLength(400)
    let read = 0
    for await (const result of cluster.attach(id)) read += result === undefined ? 0 : 1
    expect(read).toBe(400)
    await expectVerified(coordinator.url)
    await coordinator.stop()
  })

  test('a million results are read back by a client that was restarted, while connection and coordinator are lost', async () => {
    const dataDir = dirs.next()
    let coordinator = await serve(dataDir)
    const { port } = coordinator
    let id = ''
    {
      await using cluster = await connect(coordinator.url)
      await cluster.pool({ size: 2 }).map('square', range(1, MILLION + 1), { onAccepted: (batch) => (id = batch.id) })
    }
    await using cluster = await connect(coordinator.url, RECONNECT)
    let restarted: Promise<void> | undefined
    const onProgress = ({ done }: { readonly done: number }): void => {
      if (done > MILLION / 3) restarted ??= coordinator.kill().then(async () => void (coordinator = await serve(dataDir, port)))
    }
    expectSquares(await cluster.attach<number>(id).results({ onProgress }), MILLION)
    await restarted
    await coordinator.stop()
  })

  test('whoever read it before hears SUPERSEDED; whoever stops reading leaves it running', async () => {
    await using coordinator = await Coordinator.start(['--data-dir', dirs.next()])
    await using mine = await connect(coordinator.url)
    await using theirs = await connect(coordinator.url)
    const items = Array.from({ length: 100 }, () => 10)
    const id = deferred<string>()
    const first = mine.pool({ size: 2 }).map('sleep', items, { chunkSize: 2, onAccepted: (batch) => id.resolve(batch.id) })
    first.catch(() => undefined)
    const batch = theirs.attach(await id.promise)
    const iterator = batch.stream()
    await iterator.next()
    await expect(first).rejects.toMatchObject({ code: 'SUPERSEDED' })
    await iterator.return()
    expect((await batches(coordinator.url))[0]).toMatchObject({ state: 'open' })
    expect(await batch.results()).toHaveLength(100)
  })

  test('of a batch whose client is gone with the rest of its input, what came is all', async () => {
    await using coordinator = await Coordinator.start(['--data-dir', dirs.next()])
    await using proxy = await TcpProxy.to(coordinator.url)
    const lost = await connect(proxy.url, { reconnect: false })
    const id = deferred<string>()
    const input = async function* (): AsyncGenerator<number> {
      yield* [1, 2, 3]
      await new Promise(() => undefined)
    }
    const results = lost.pool().imap('square', input(), { onAccepted: (batch) => id.resolve(batch.id) })
    expect((await results.next()).value).toBe(1)
    const found = await id.promise
    proxy.cut()
    await using cluster = await connect(coordinator.url)
    expect((await cluster.attach<number>(found).results()).slice(0, 1)).toEqual([1])
    expect((await batches(coordinator.url))[0]).toMatchObject({ state: 'completed' })
    await lost.close()
  })

  test('one that nobody knows is BATCH_UNKNOWN, also without a disk', async () => {
    for (const words of [['--ephemeral'], ['--data-dir', dirs.next()]]) {
      await using coordinator = await Coordinator.start(words)
      await using cluster = await connect(coordinator.url)
      await expect(cluster.attach('none').results()).rejects.toMatchObject({ code: 'BATCH_UNKNOWN' })
      const ids: string[] = []
      await cluster.pool().map('square', [1, 2], { onAccepted: ({ id }) => ids.push(id) })
      expect(await cluster.attach(ids[0] ?? '').results()).toEqual([1, 4])
    }
  })
})
