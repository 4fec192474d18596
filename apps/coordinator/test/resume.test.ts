import { once } from 'node:events'
import { afterAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import type { ConnectOptions } from '@forkpool/client'
import { deferred } from '@forkpool/pool-core/base'
import { range } from '@forkpool/pool-core/batch'
import type { BatchVerdict, BatchView } from '@forkpool/pool-core/protocol'
import { SeededRandom } from '@forkpool/pool-core/testing'
import { DataDirs } from './support/data-dirs.ts'
import { Coordinator, runForkpool, waitUntil } from './support/forkpool.ts'
import { JsonClient } from './support/json-client.ts'
import { TcpProxy } from './support/tcp-proxy.ts'

const MILLION = 1_000_000
/** FORKPOOL_RESUME_SEED repeats one. */
const SEEDS = process.env['FORKPOOL_RESUME_SEED'] === undefined ? [1, 2, 3] : [Number(process.env['FORKPOOL_RESUME_SEED'])]
/** A coordinator of this machine is back within seconds: no wait needs to be long. */
const RECONNECT: ConnectOptions = { reconnect: { attempts: 200, minDelayMs: 20, maxDelayMs: 200 } }

const dirs = new DataDirs()
afterAll(() => dirs.remove())

function serve(dataDir: string, port = 0): Promise<Coordinator> {
  return Coordinator.start(['--data-dir', dataDir, '--workers', '2'], {}, port)
}

async function batches(url: string): Promise<readonly BatchView[]> {
  const { batches: all } = (await (await fetch(`${url}/api/v1/batches?limit=500`)).json()) as { batches: readonly BatchView[] }
  return all
}

/** Compared one by one: a million expected values would be made for nothing. */
function expectSquares(results: readonly number[], count: number): void {
  expect(results.length).toBe(count)
  for (const [index, value] of results.entries()) if (value !== (index + 1) ** 2) expect(value, `result ${index}`).toBe((index + 1) ** 2)
}

/** Every task of every batch has one result. */
async function expectVerified(url: string): Promise<void> {
  const { code, stdout } = await runForkpool(['verify'], '', { FORKPOOL_URL: url })
  expect(stdout).toMatch(/all as they should be/)
  expect(code).toBe(0)
}

describe('kill -9 of the coordinator', () => {
  test.for(SEEDS)(
    'a map of a million resolves with all results, though the coordinator is killed in the middle (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed)
      // The first may come before anything is recorded, the last when nearly all is.
      const moments = Array.from({ length: 3 }, () => Math.floor(random.next() * MILLION)).toSorted((a, b) => a - b)
      const dataDir = dirs.next()
      let coordinator = await serve(dataDir)
      const { port } = coordinator
      const cluster = await connect(coordinator.url, RECONNECT)
      let kills = 0
      let doneAtFirst = MILLION
      let restarted: Promise<void> = Promise.resolve()
      const restart = async (): Promise<void> => {
        await coordinator.kill()
        coordinator = await serve(dataDir, port)
      }
      const results = await cluster.pool({ size: 2 }).map('square', range(1, MILLION + 1), {
        onProgress: ({ done }) => {
          while (kills < moments.length && done >= (moments[kills] as number)) {
            if (kills++ === 0) doneAtFirst = done
            restarted = restarted.then(restart)
          }
        },
      })
      await restarted
      expectSquares(results as number[], MILLION)
      expect(kills).toBe(moments.length)
      expect(doneAtFirst).toBeLessThan(MILLION)
      // The session of now does as any other.
      expect(await cluster.pool().map('square', [3])).toEqual([9])
      await cluster.close()
      const [, million] = await batches(coordinator.url)
      expect(million).toMatchObject({ state: 'completed', submitted: MILLION, completed: MILLION, failed: 0, cancelled: 0 })
      await expectVerified(coordinator.url)
      await coordinator.stop()
    },
  )

  test('it may be killed before it has said that it has the batch', async () => {
    const dataDir = dirs.next()
    let coordinator = await serve(dataDir)
    const { port } = coordinator
    await using cluster = await connect(coordinator.url, RECONNECT)
    const pool = cluster.pool({ size: 2 })
    for (let time = 0; time < 3; time++) {
      const results = pool.map('square', range(1, 100_001))
      const single = pool.submit('square', 12)
      await coordinator.kill()
      coordinator = await serve(dataDir, port)
      expectSquares((await results) as number[], 100_000)
      expect(await single).toBe(144)
    }
    await expectVerified(coordinator.url)
    await coordinator.stop()
  })

  test('input that is read as it is needed is read once, and goes on from where the coordinator has it', async () => {
    const count = 200_000
    const dataDir = dirs.next()
    let coordinator = await serve(dataDir)
    const { port } = coordinator
    await using cluster = await connect(coordinator.url, RECONNECT)
    let given = 0
    let restarted: Promise<void> | undefined
    async function* input(): AsyncGenerator<number> {
      for (let n = 1; n <= count; n++) {
        given++
        yield n
        if (n === count / 2) restarted = coordinator.kill().then(async () => void (coordinator = await serve(dataDir, port)))
      }
    }
    const results: number[] = []
    for await (const square of cluster.pool({ size: 2 }).imap('square', input())) results.push(square as number)
    await restarted
    expectSquares(results, count)
    expect(given).toBe(count)
    await expectVerified(coordinator.url)
    await coordinator.stop()
  })

  test('a task that has failed stays failed, with its error, and is not run again', async () => {
    const dataDir = dirs.next()
    let coordinator = await serve(dataDir)
    const { port } = coordinator
    await using cluster = await connect(coordinator.url, RECONNECT)
    let restarted: Promise<void> | undefined
    const outcomes = await cluster.pool({ size: 1 }).map('fail', ['one', 'two', 'three', 'four'], {
      chunkSize: 1,
      settle: true,
      onProgress: ({ done }) => {
        if (done !== 2 || restarted !== undefined) return
        restarted = coordinator.kill().then(async () => void (coordinator = await serve(dataDir, port)))
      },
    })
    await restarted
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as Error).message)).toEqual([
      'one',
      'two',
      'three',
      'four',
    ])
    await expectVerified(coordinator.url)
    await coordinator.stop()
  })
})

describe('a connection that breaks', () => {
  test.for([
    { mode: 'on disk', count: MILLION },
    // More than it keeps in memory for who comes back: what is no longer kept, the client has.
    { mode: '--ephemeral', count: 4 * MILLION },
  ])('$count results come though it breaks many times ($mode)', async ({ mode, count }) => {
    const coordinator = await Coordinator.start(mode === 'on disk' ? ['--data-dir', dirs.next()] : [mode])
    await using proxy = await TcpProxy.to(coordinator.url)
    await using cluster = await connect(proxy.url, RECONNECT)
    let next = 50_000
    const results = await cluster.pool({ size: 2 }).map('square', range(1, count + 1), {
      onProgress: ({ done }) => {
        if (done < next) return
        next = done + 150_000
        proxy.cut()
      },
    })
    expectSquares(results as number[], count)
    expect(proxy.connections).toBeGreaterThan(3)
    await expectVerified(coordinator.url)
    await coordinator.stop()
  })

  test('single calls and streams come back too', async () => {
    await using coordinator = await Coordinator.start(['--data-dir', dirs.next()])
    await using proxy = await TcpProxy.to(coordinator.url)
    await using cluster = await connect(proxy.url, RECONNECT)
    const pool = cluster.pool({ size: 2 })
    const slow = [30, 30, 30].map((ms) => pool.submit('sleep', ms))
    const unordered = pool.imapUnordered('square', range(1, 50_001))
    const seen = new Set<number>()
    for await (const square of unordered) {
      if (seen.size % 15_000 === 10_000) proxy.cut()
      seen.add(square as number)
    }
    expect(seen.size).toBe(50_000)
    expect(await Promise.all(slow)).toHaveLength(3)
    expect((await pool.map('square', [5]))[0]).toBe(25)
  })
})

test('what a client said on an earlier connection is not heard when it has come by a later one: nothing is submitted twice', async () => {
  await using coordinator = await Coordinator.start(['--data-dir', dirs.next()])
  const hello = { kind: 'hello', versions: [2], instance: 'the same client' }
  const submit = { kind: 'submit', task: 'square', items: [3], end: true }
  const connected = async (connection: number): Promise<JsonClient> => {
    const client = new JsonClient(coordinator.url)
    await once(client.socket, 'open')
    client.send({ ...hello, connection })
    return client
  }
  await using early = await connected(1)
  const { session } = await early.next('welcome')
  early.send({ ...submit, batch: 1, task: 'sleep', items: [300] })
  await early.next('accepted', 1)
  await using later = await connected(2)
  await later.next('welcome')
  // As if it had been on the way all the time.
  early.send({ ...submit, batch: 2 })
  expect(await early.closed).toBe(1008)
  later.send({ kind: 'attach', batch: 1, session })
  await later.next('attached', 1)
  later.send({ kind: 'attach', batch: 2, session })
  expect(await later.next('refused', 2)).toMatchObject({ error: { code: 'BATCH_UNKNOWN' } })
  later.send({ ...submit, batch: 2 })
  expect(await later.next('results', 2)).toMatchObject({ values: [9] })
  await later.next('results', 1)
  await using late = await connected(1)
  expect(await late.closed).toBe(1008)
  expect(await batches(coordinator.url)).toHaveLength(2)
})

describe('--ephemeral', () => {
  test('a restart of the coordinator ends what was open with CONNECTION_LOST, at once, and the next call works', async () => {
    let coordinator = await Coordinator.start(['--ephemeral', '--workers', '1'])
    const { port } = coordinator
    await using cluster = await connect(coordinator.url, RECONNECT)
    const pool = cluster.pool({ size: 1 })
    let restarted: Promise<void> | undefined
    const lost = pool.map('sleep', [1, 1, 1, 60_000], {
      chunkSize: 1,
      onProgress: ({ done }) => {
        if (done === 3)
          restarted ??= coordinator.kill().then(async () => void (coordinator = await Coordinator.start(['--ephemeral'], {}, port)))
      },
    })
    await expect(lost).rejects.toMatchObject({ name: 'ForkpoolError', code: 'CONNECTION_LOST', cause: { code: 'BATCH_UNKNOWN' } })
    await restarted
    expect(await pool.map('square', [4])).toEqual([16])
    await coordinator.stop()
  })
})

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
