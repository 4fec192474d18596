import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import type { Cluster } from '@forkpool/client'
import type { QuarantineView, WorkerView } from '@forkpool/pool-core/protocol'
import { Coordinator, runForkpool, waitUntil } from './support/forkpool.ts'

const TASKS = new URL('./fixtures/policy-tasks.ts', import.meta.url).pathname
const SERVE = ['--log-level', 'fatal', '--tasks', TASKS]

/** Bisection takes so many steps for so many tasks, and the last one is tried three times. */
const POISON_ITEMS = 100_000
const CRASH_LIMIT = 3

let coordinator: Coordinator
let cluster: Cluster
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policy-'))
  coordinator = await Coordinator.start([...SERVE, '--workers', '2'])
  cluster = await connect(coordinator.url)
})

afterAll(async () => {
  await cluster.close()
  await coordinator.stop()
  await rm(folder, { recursive: true })
})

async function get<View>(path: string): Promise<View> {
  return (await (await fetch(coordinator.url + path)).json()) as View
}

/** Workers that ended unasked, by the metrics of the coordinator. */
async function restarts(): Promise<number> {
  const text = await (await fetch(`${coordinator.url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => /^forkpool_worker_restarts_total\{.*reason="(exit|signal)"/.test(line))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

describe('a poison item', () => {
  test(
    `in the middle of ${POISON_ITEMS}: it alone fails, after few restarts; it is kept, runs again and is dropped`,
    { timeout: 120_000 },
    async () => {
      const poison = 51_237
      const items = Array.from({ length: POISON_ITEMS }, (_, n) => ({ n, poison }))
      const before = await restarts()
      const outcomes = await cluster.pool({ size: 2 }).map('squareUnless', items, { settle: true })
      const failed = outcomes.flatMap((outcome, index) =>
        outcome.status === 'rejected' ? [{ index, reason: outcome.reason as Error }] : [],
      )
      expect(failed.map(({ index }) => index)).toEqual([poison])
      expect(failed[0]?.reason).toMatchObject({
        name: 'WorkerLostError',
        code: 'WORKER_LOST',
        signal: 'SIGKILL',
        attempts: CRASH_LIMIT,
        index: poison,
        task: 'squareUnless',
      })
      for (const [n, outcome] of outcomes.entries()) if (n !== poison) expect(outcome).toEqual({ status: 'fulfilled', value: n * n })
      // One a step and the last three; the first shard is a quarter of a worker's half.
      const steps = Math.ceil(Math.log2(POISON_ITEMS))
      expect((await restarts()) - before).toBeLessThanOrEqual(steps + CRASH_LIMIT)

      const { tasks, total } = await get<QuarantineView>('/api/v1/quarantine')
      expect(total).toBe(1)
      expect(tasks[0]).toMatchObject({ index: poison, task: 'squareUnless', attempts: CRASH_LIMIT, signal: 'SIGKILL', pool: 'size-2' })
      expect(JSON.parse(tasks[0]?.item ?? '')).toEqual({ n: poison, poison })

      const { id = '' } = tasks[0] ?? {}
      const list = await runForkpool(['quarantine', 'list', '--url', coordinator.url])
      expect(list).toMatchObject({ code: 0, stdout: expect.stringContaining(id) as unknown })
      const retried = await runForkpool(['quarantine', 'retry', id, '--url', coordinator.url])
      expect(retried).toMatchObject({ code: 0, stdout: expect.stringMatching(/runs again as batch \S+\n$/) as unknown })
      const batch = /batch (\S+)/.exec(retried.stdout)?.[1] ?? ''
      await waitUntil('it is back', async () => (await get<QuarantineView>('/api/v1/quarantine')).tasks[0]?.id === `${batch}.0`, 30_000)
      expect(await runForkpool(['quarantine', 'drop', '--all', '--url', coordinator.url])).toMatchObject({
        code: 0,
        stdout: `${batch}.0 is dropped\n`,
      })
      expect(await get<QuarantineView>('/api/v1/quarantine')).toMatchObject({ tasks: [], total: 0 })
      const gone = await runForkpool(['quarantine', 'retry', id, '--url', coordinator.url])
      expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining(`no task ${id} is in quarantine`) as unknown })
    },
  )
})

describe('time', () => {
  test('an endless loop among cheap tasks is stopped, and nobody else fails', { timeout: 60_000 }, async () => {
    const items = Array.from({ length: 5_000 }, (_, n) => ({ n, endless: 2_345 }))
    const outcomes = await cluster.pool({ size: 2 }).map('loopAt', items, { settle: true, timeoutMs: 500 })
    const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [{ index, reason: outcome.reason as Error }] : []))
    expect(failed).toMatchObject([
      { index: 2_345, reason: { code: 'TIMED_OUT', attempts: 1, message: 'the task ran for longer than 500 ms' } },
    ])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4_999)
  })

  test('a task that leaves when its time is over has failed, and its worker lives on', { timeout: 30_000 }, async () => {
    const pool = cluster.pool({ size: 1 })
    const before = new Set((await get<{ readonly workers: readonly WorkerView[] }>('/api/v1/workers')).workers.map(({ pid }) => pid))
    await expect(pool.map('waitForSignal', [1], { timeoutMs: 200 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(before).toContain(await pool.submit('pid').result())
  })

  test('at its deadline a batch is over, with the results that it had', { timeout: 30_000 }, async () => {
    const pool = cluster.pool({ size: 1 })
    const items = [...Array.from({ length: 20 }, () => 1), 600_000]
    const seen: unknown[] = []
    const read = async (): Promise<void> => {
      for await (const loops of pool.imap('busy', items, { deadlineMs: 1_500, chunkSize: 20 })) seen.push(loops)
    }
    await expect(read()).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(seen).toHaveLength(20)
    expect(await pool.map('square', [4])).toEqual([16])
  })
})

describe('retries', () => {
  test('retryOn: only errors of these names run again', { timeout: 30_000 }, async () => {
    const pool = cluster.pool({ size: 1 })
    const options = { retries: 3, retryOn: ['Flaky', 'ECONNRESET'], backoffMs: 1, jitter: 0.5 }
    expect(await pool.map('failTimes', [{ file: join(folder, 'a'), times: 2, kind: 'flaky' }], options)).toEqual([3])
    await expect(pool.map('failTimes', [{ file: join(folder, 'b'), times: 2, kind: 'type' }], options)).rejects.toMatchObject({
      attempts: 1,
      message: 'run 1',
    })
  })

  test('fallback: a value, a function or another task answers for what has failed for good', { timeout: 30_000 }, async () => {
    const pool = cluster.pool({ size: 2 })
    const items = Array.from({ length: 1_000 }, (_, n) => n)
    const squares = items.map((n) => (n % 7 === 3 ? -n : n * n))
    expect(await pool.map('squareButSevenths', items, { fallbackTask: 'negate' })).toEqual(squares)
    expect(await pool.map('squareButSevenths', [2, 3], { fallback: 0 })).toEqual([4, 0])
    const told = (error: Error, index: number): string => `${index}: ${error.message}`
    expect(await pool.map('squareButSevenths', [2, 3], { fallback: told as never })).toEqual([4, '1: 3 is no good'])
    const seen: unknown[] = []
    for await (const square of pool.imap('squareButSevenths', [3, 4], { fallbackTask: 'negate' })) seen.push(square)
    expect(seen).toEqual([-3, 16])
    expect(await pool.submitWith({ fallbackTask: 'negate' }, 'squareButSevenths', 10)).toBe(-10)
    await expect(pool.map('squareButSevenths', [3], { fallbackTask: 'squareButSevenths' })).rejects.toMatchObject({
      attempts: 2,
      cause: { message: '3 is no good', cause: { message: '3 is no good' } },
    })
    await expect(pool.map('squareButSevenths', [3], { fallbackTask: 'negat' })).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
  })

  test('fallback: another task answers for one that brings its workers down', { timeout: 30_000 }, async () => {
    const items = [1, 2, 3].map((n) => ({ n, poison: 2 }))
    const pool = cluster.pool({ size: 2 })
    expect(await pool.map('squareUnless', items, { fallbackTask: 'poisonOf', chunkSize: 1 })).toEqual([1, 2, 9])
    await runForkpool(['quarantine', 'drop', '--all', '--url', coordinator.url])
  })

  test('what does not get to a coordinator is refused at once', async () => {
    const pool = cluster.pool({ size: 1 })
    const retryOn = (() => true) as unknown as string
    await expect(pool.map('square', [1], { retries: 1, retryOn })).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    await expect(runForkpool(['map', 'square', '1', '--url', coordinator.url, '--timeout-ms', '0'])).resolves.toMatchObject({ code: 2 })
  })
})

describe('workers', () => {
  test('one that takes too much memory is killed, and the error says how much it took', { timeout: 60_000 }, async () => {
    await using small = await Coordinator.start([...SERVE, '--workers', '2', '--worker-memory-mb', '300'])
    await using client = await connect(small.url)
    const outcome = client.pool({ size: 1 }).map('takeMemory', [0, 400, 0], { settle: true, chunkSize: 1 })
    const [first, second, third] = await outcome
    expect(first).toMatchObject({ status: 'fulfilled' })
    expect(third).toMatchObject({ status: 'fulfilled' })
    expect(second).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'WORKER_LOST',
        signal: 'SIGKILL',
        attempts: CRASH_LIMIT,
        message: expect.stringMatching(/it took \d+ MiB of memory, more than the 300 that a worker may take/) as unknown,
      },
    })
    const { residentBytes } = (second as PromiseRejectedResult).reason as { readonly residentBytes: number }
    expect(residentBytes).toBeGreaterThan(300 * 1024 * 1024)
  })

  test('one that has run enough tasks is replaced, and no task notices', { timeout: 60_000 }, async () => {
    await using mortal = await Coordinator.start([...SERVE, '--workers', '1', '--max-workers', '1', '--max-tasks-per-worker', '10'])
    await using client = await connect(mortal.url)
    const pids = (await client.pool({ size: 1 }).map('pid', Array.from({ length: 35 }), { chunkSize: 4 })) as number[]
    const runs = new Map<number, number>()
    for (const pid of pids) runs.set(pid, (runs.get(pid) ?? 0) + 1)
    // Ten each, though shards of four do not come out even.
    expect([...runs.values()]).toEqual([10, 10, 10, 5])
  })

  test('where no worker can be started any more, what is open fails and says why', { timeout: 60_000 }, async () => {
    const flag = join(folder, 'broken')
    const tasks = new URL('./fixtures/breakable-tasks.ts', import.meta.url).pathname
    const words = ['--log-level', 'fatal', '--workers', '1', '--max-workers', '1', '--worker-env', 'BROKEN_FLAG', '--tasks', tasks]
    await using broken = await Coordinator.start(words, { BROKEN_FLAG: flag })
    await using client = await connect(broken.url)
    const pool = client.pool({ size: 1 })
    await expect(pool.map('breakAll', [1])).rejects.toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringMatching(
        /no worker is left, and new ones end before they are ready .*the disk of the moon is full/s,
      ) as unknown,
    })
  })
})
