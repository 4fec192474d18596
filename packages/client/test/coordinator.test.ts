/** The client against the real coordinator and its real workers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compare, connect, range, TaskError } from '../src/index.ts'
import type { Cluster } from '../src/cluster.ts'
import { connect as connectAsBrowser } from '../src/browser.ts'
import { CoordinatorProcess } from './coordinator-process.ts'

interface Tasks {
  readonly square: (n: number) => number
  readonly factorial: (n: number) => bigint
  readonly sleep: (ms: number) => Promise<number>
  readonly fail: (message?: unknown) => never
}

let coordinator: CoordinatorProcess
let cluster: Cluster<Tasks>

beforeAll(async () => {
  coordinator = await CoordinatorProcess.start(0)
  cluster = await connect<Tasks>(coordinator.url)
})

afterAll(async () => {
  await cluster.close()
  await coordinator[Symbol.asyncDispose]()
})

interface Listed {
  readonly state: string
}

async function openBatches(): Promise<number> {
  const response = await fetch(`${coordinator.url}/api/v1/batches`)
  const { batches } = (await response.json()) as { batches: readonly Listed[] }
  return batches.filter((batch) => batch.state === 'open' || batch.state === 'cancelling').length
}

describe.each([
  ['node', connect<Tasks>],
  ['browser', connectAsBrowser<Tasks>],
])('the %s door', (_name, door) => {
  test('squares a hundred thousand numbers, in order', async () => {
    await using other = await door(coordinator.url)
    const squares = await other.pool({ size: 2 }).map('square', range(1, 100_001))
    expect(squares).toHaveLength(100_000)
    expect(squares.every((square, i) => square === (i + 1) ** 2)).toBe(true)
  })

  test('carries what JSON cannot', async () => {
    await using other = await door(coordinator.url)
    expect(await other.pool().submit('factorial', 25)).toBe(15511210043330985984000000n)
    expect(await other.pool().map('factorial', [0, 1, 20])).toEqual([1n, 1n, 2432902008176640000n])
  })
})

test('a task that throws tells everything', async () => {
  const error = await cluster.pool().submit('fail', 'on purpose').exception()
  expect(error).toBeInstanceOf(TaskError)
  expect(error).toMatchObject({ code: 'TASK_FAILED', message: 'on purpose', task: 'fail', index: 0, attempts: 1 })
  expect((error as TaskError).cause).toMatchObject({ name: 'DemonstrationError', cause: { name: 'RangeError' } })
  expect(String(((error as TaskError).cause as Error).stack)).toContain('fail.ts')
})

test('the first failure by index is thrown, and the rest has run', async () => {
  let ended: unknown
  const failing = cluster.pool().map('factorial', [3, -1, 5, 1.5], { chunkSize: 1, onEnd: (summary) => (ended = summary) })
  await expect(failing).rejects.toMatchObject({ index: 1 })
  expect(ended).toMatchObject({ outcome: 'failed', completed: 2, failed: 2 })
})

test('an unknown task is refused with the nearest names', async () => {
  const anything = await connect(coordinator.url)
  await expect(anything.pool().map('sqare', [1])).rejects.toMatchObject({
    code: 'TASK_UNKNOWN',
    message: expect.stringContaining('square'),
  })
  await anything.close()
})

test('an endless input is read as far as it is used, and leaving cancels', async () => {
  let read = 0
  function* endless(): Generator<number> {
    for (;;) yield read++
  }
  const seen: number[] = []
  for await (const square of cluster.pool().imap('square', endless(), { bufferSize: 1000 })) {
    seen.push(square)
    if (seen.length === 5000) break
  }
  expect(seen.at(-1)).toBe(4999 ** 2)
  expect(read).toBeLessThanOrEqual(6000)
  // The cancellation is on its way; the answer to a call behind it says that it has arrived.
  await cluster.pool().submit('square', 1)
  expect(await openBatches()).toBe(0)
})

test('a million numbers stream through unordered', async () => {
  let sum = 0
  for await (const square of cluster.pool().imapUnordered('square', range(1_000_000))) sum += Math.sqrt(square)
  // Roots of squares: whole numbers, so that the order of the sum does not count.
  expect(sum).toBe((999_999 * 1_000_000) / 2)
})

test('abort stops running tasks too', async () => {
  const controller = new AbortController()
  const sleeping = cluster
    .pool({ size: 2 })
    .map('sleep', [60_000, 60_000], { signal: controller.signal, onAccepted: () => controller.abort('enough') })
  await expect(sleeping).rejects.toBe('enough')
})

test('ten thousand submits at once', async () => {
  const futures = Array.from({ length: 10_000 }, (_, i) => cluster.pool().submit('square', i))
  const results = await Promise.all(futures)
  expect(results.every((square, i) => square === i * i)).toBe(true)
})

test('compares pool sizes', async () => {
  const report = await compare(cluster, { task: 'square', items: { from: 1, to: 20_000 }, poolSizes: [1, 2], repeats: 2 })
  expect(report).toMatchObject({ task: 'square', items: 20_000, repeats: 2 })
  expect(report.runs.map((run) => run.poolSize)).toEqual([1, 2])
  for (const run of report.runs) {
    expect(run.seconds).toBeGreaterThan(0)
    expect(run.workers).toBeLessThanOrEqual(run.poolSize)
    expect(run.efficiency * run.poolSize).toBeCloseTo(run.speedup)
  }
  expect(report.runs[0]?.resultDigest).toBe(report.runs[1]?.resultDigest)
  expect([1, 2]).toContain(report.recommendedPoolSize)
})

describe('with a token', () => {
  test('both doors prove themselves, and a wrong or missing token is UNAUTHORISED', async () => {
    await using guarded = await CoordinatorProcess.start(0, [], { FORKPOOL_TOKEN: 'canary-token' })
    for (const door of [connect<Tasks>, connectAsBrowser<Tasks>]) {
      await using other = await door(guarded.url, { token: 'canary-token' })
      expect(await other.pool().submit('square', 3)).toBe(9)
      await expect(door(guarded.url, { token: 'wrong' })).rejects.toMatchObject({ code: 'UNAUTHORISED' })
      const refused = await door(guarded.url).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'UNAUTHORISED' })
      expect(JSON.stringify(refused) + String((refused as Error).stack)).not.toContain('canary-token')
    }
  })
})

describe('a coordinator that goes', () => {
  test('by SIGTERM: open batches end well, and new ones wait for its successor', async () => {
    const first = await CoordinatorProcess.start(0)
    await using client = await connect<Tasks>(first.url, { reconnect: { attempts: 200, minDelayMs: 20, maxDelayMs: 50 } })
    const said = new Promise<void>((resolve) => client.onEvent((event) => event.kind === 'goodbye' && resolve()))
    let ending: Promise<void> | undefined
    const open = client.pool().map('sleep', [300], {
      onAccepted: () => {
        ending = first.end('SIGTERM')
      },
    })
    await said
    const later = client.pool().submit('square', 4)
    expect(await open).toEqual([300])
    await ending
    await using second = await CoordinatorProcess.start(first.port)
    expect(second.port).toBe(first.port)
    expect(await later).toBe(16)
  })

  test('by SIGKILL: open batches are CONNECTION_LOST, and the client goes on with its successor', async () => {
    const first = await CoordinatorProcess.start(0)
    await using client = await connect<Tasks>(first.url, { reconnect: { attempts: 200, minDelayMs: 20, maxDelayMs: 50 } })
    const open = client.pool().map('sleep', [60_000], { onAccepted: () => void first.end('SIGKILL') })
    await expect(open).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await using second = await CoordinatorProcess.start(first.port)
    expect(second.port).toBe(first.port)
    expect(await client.pool().submit('square', 4)).toBe(16)
  })
})
