import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import type { Cluster } from '@forkpool/client'
import { SeededRandom } from '@forkpool/pool-core/testing'
import { Coordinator, isAlive, waitUntil } from './support/forkpool.ts'

const SEEDS = 50
const ITEMS = 2_000

let coordinator: Coordinator
let cluster: Cluster

beforeAll(async () => {
  coordinator = await Coordinator.start(['--log-level', 'fatal'])
  cluster = await connect(coordinator.url)
})

afterAll(async () => {
  await cluster.close()
  await coordinator.stop()
})

/** A few tenths of a millisecond each, so that a batch lasts long enough to be hit. */
const items = Array.from({ length: ITEMS }, (_, i) => 5_000 + (i % 100))

test(
  `kill -9 of a worker, or of all at once, at a random moment of a batch, ${SEEDS} seeds: every result is right`,
  { timeout: 240_000 },
  async () => {
    const expected = await cluster.pool({ size: 2 }).map('primeCount', items)
    let killed = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = new SeededRandom(seed)
      const mapped = cluster.pool({ size: 2 }).map('primeCount', items)
      let ended = false
      void mapped.finally(() => (ended = true)).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, random.next() * 60))
      const pids = coordinator.workerPids()
      const victims = random.next() < 0.5 ? pids : pids.slice(0, 1)
      if (!ended) killed += victims.length
      for (const pid of victims) process.kill(pid, 'SIGKILL')
      expect(await mapped, `seed ${seed}`).toEqual(expected)
    }
    // Most moments must have hit a running batch, or this test would show nothing.
    expect(killed).toBeGreaterThan(SEEDS / 2)
    const { pools } = (await (await fetch(`${coordinator.url}/api/v1/pools`)).json()) as {
      pools: { tasks: { queued: number; running: number; completed: number } }[]
    }
    expect(pools[0]?.tasks).toMatchObject({ queued: 0, running: 0, completed: (SEEDS + 1) * ITEMS })
  },
)

test(
  'a task that ends its worker each time fails alone, with the signal; its neighbours succeed and the pool works on',
  { timeout: 120_000 },
  async () => {
    await using crashing = await Coordinator.start([
      '--log-level',
      'fatal',
      '--tasks',
      new URL('./fixtures/crash-tasks.ts', import.meta.url).pathname,
    ])
    await using client = await connect(crashing.url)
    const pool = client.pool({ size: 2 })
    const numbers = Array.from({ length: 1_000 }, (_, i) => i)
    const outcomes = await pool.map(
      'abortAt',
      numbers.map((n) => ({ n, poison: 637 })),
      { settle: true },
    )
    const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [{ index, reason: outcome.reason as Error }] : []))
    expect(failed.map(({ index }) => index)).toEqual([637])
    expect(failed[0]?.reason).toMatchObject({
      name: 'WorkerLostError',
      code: 'WORKER_LOST',
      signal: 'SIGABRT',
      index: 637,
      task: 'abortAt',
    })
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(999)
    expect(await pool.map('square', [3])).toEqual([9])
  },
)

test('a worker that is stopped and not continued is found, ended, and its tasks run elsewhere', { timeout: 60_000 }, async () => {
  await using serving = await Coordinator.start(['--log-level', 'fatal', '--workers', '2', '--stopped-worker-ms', '500'])
  await using client = await connect(serving.url)
  const [pid] = serving.workerPids()
  process.kill(pid!, 'SIGSTOP')
  expect(await client.pool({ size: 2 }).map('square', [1, 2, 3, 4], { chunkSize: 1 })).toEqual([1, 4, 9, 16])
  await waitUntil('it is gone', () => !isAlive(pid!))
  // Its coordinator hears of its end a moment after the system has let go of it.
  await waitUntil('it is counted', async () =>
    (await (await fetch(`${serving.url}/metrics`)).text()).includes('forkpool_worker_restarts_total{reason="stopped"} 1'),
  )
})

test('a worker ends within a second of its coordinator, also in an endless loop, and says nothing', { timeout: 60_000 }, async () => {
  const doomed = await Coordinator.start([
    '--log-level',
    'fatal',
    '--tasks',
    new URL('./fixtures/crash-tasks.ts', import.meta.url).pathname,
  ])
  const client = await connect(doomed.url, { reconnect: { attempts: 1 } })
  const future = client.pool({ size: 2 }).submit('forever')
  const lost = expect(future.result()).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  await waitUntil(
    'the endless task runs',
    async () => ((await (await fetch(`${doomed.url}/api/v1/status`)).json()) as { workers: { busy: number } }).workers.busy === 1,
  )
  const workers = doomed.workerPids()
  expect(workers).toHaveLength(2)
  const written = doomed.stderr
  doomed.signal('SIGKILL')
  await doomed.exited
  await waitUntil('both workers are gone', () => workers.every((pid) => !isAlive(pid)), 1_000)
  expect(doomed.stderr).toBe(written)
  await lost
  await client.close()
})
