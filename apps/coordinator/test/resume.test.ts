import { once } from 'node:events'
import { afterAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import { range } from '@forkpool/pool-core/batch'
import { SeededRandom } from '@forkpool/pool-core/testing'
import { DataDirs } from './support/data-dirs.ts'
import { Coordinator } from './support/forkpool.ts'
import { JsonClient } from './support/json-client.ts'
import { TcpProxy } from './support/tcp-proxy.ts'
import { MILLION, RECONNECT, serve, batches, expectSquares, expectVerified } from './support/resumption.ts'

/** FORKPOOL_RESUME_SEED repeats one. */
const SEEDS = process.env['FORKPOOL_RESUME_SEED'] === undefined ? [1, 2, 3] : [Number(process.env['FORKPOOL_RESUME_SEED'])]

const dirs = new DataDirs()
afterAll(() => dirs.remove())

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
