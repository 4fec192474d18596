import type { SubmitMessage } from '@forkpool/pool-core/protocol'
import { FakeClock } from '@forkpool/pool-core/testing'
import { expect, test } from 'vitest'
import { memoryNetwork } from '../test/memory-transport.ts'
import { Peer } from '../test/peer.ts'
import type { Cluster } from './cluster.ts'
import type { CompareOptions, CompareProgress } from './compare.ts'
import { compare } from './compare.ts'
import { connectThrough } from './connect.ts'

interface Setup {
  readonly cluster: Cluster
  readonly peer: Peer
  readonly run: (options?: Partial<CompareOptions>) => ReturnType<typeof compare>
}

let calls = 0
const tasks = {
  square: (n: number) => n * n,
  count: () => calls++,
}

/** A cluster in which the n-th batch of a size takes `seconds(size, n)`, counted from 0. */
async function setup(seconds: (size: number, nth: number) => number): Promise<Setup> {
  const clock = new FakeClock()
  const seen = new Map<number, number>()
  const onSubmit = ({ poolSize = 0 }: SubmitMessage): void => {
    const nth = seen.get(poolSize) ?? 0
    seen.set(poolSize, nth + 1)
    clock.advance(seconds(poolSize, nth) * 1000)
  }
  const peer = new Peer({ tasks, onSubmit })
  const cluster = await connectThrough(memoryNetwork(peer))('ws://peer', { clock })
  const run: Setup['run'] = (options) =>
    compare(cluster, { task: 'square', items: { from: 1, to: 100 }, poolSizes: [2, 4, 8], clock, ...options })
  return { cluster, peer, run }
}

test('warms up every size, and one worker, then lets the sizes take turns', async () => {
  const { peer, run } = await setup(() => 1)
  const seen: CompareProgress[] = []
  await run({ repeats: 2, onProgress: (progress) => seen.push(progress) })
  const sizes = peer.received.flatMap((message) => (message.kind === 'submit' ? [message.poolSize] : []))
  expect(sizes).toEqual([1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8])
  expect(seen.map(({ done, of }) => `${done}/${of}`)).toEqual(Array.from({ length: 12 }, (_, i) => `${i + 1}/12`))
  expect(seen.map(({ isWarmUp }) => isWarmUp)).toEqual([true, true, true, true, ...Array.from({ length: 8 }, () => false)])
})

test('takes the median, and leaves the warm-up out of it', async () => {
  const times = [100, 3, 1, 2]
  const { run } = await setup((_size, nth) => times[nth] ?? 0)
  const report = await run({ poolSizes: [2], repeats: 3 })
  expect(report.runs[0]).toMatchObject({ poolSize: 2, seconds: 2, tasksPerSecond: 50, workers: 2 })
  const even = await setup((_size, nth) => [0, 1, 2, 3, 10][nth] ?? 0)
  expect((await even.run({ poolSizes: [2], repeats: 4 })).runs[0]?.seconds).toBe(2.5)
})

test('speed-up is against one worker: measured along where nobody asked for it', async () => {
  const { run } = await setup((size) => ({ 1: 8, 2: 5, 4: 4 })[size] ?? 0)
  const withOne = await run({ poolSizes: [4, 1, 2], repeats: 1 })
  expect(withOne.runs.map(({ poolSize, speedup, efficiency }) => [poolSize, speedup, efficiency])).toEqual([
    [4, 2, 0.5],
    [1, 1, 1],
    [2, 1.6, 0.8],
  ])
  const without = await run({ poolSizes: [2, 4], repeats: 1 })
  expect(without.runs.map(({ poolSize, speedup }) => [poolSize, speedup])).toEqual([
    [2, 1.6],
    [4, 2],
  ])
  expect(without.oneWorkerSeconds).toBe(8)
})

test('reports the fit, the digest and the advice', async () => {
  const { run } = await setup((size) => (size === 1 ? 1 : 0.5))
  const report = await run({ poolSizes: [1, 2, 4], repeats: 1 })
  expect(report).toMatchObject({ task: 'square', items: 100, cores: 4, repeats: 1, recommendedPoolSize: 2 })
  expect(new Set(report.runs.map((one) => one.resultDigest)).size).toBe(1)
  expect(report.runs[0]?.resultDigest).toMatch(/^[0-9a-f]{64}$/)
  expect(report.fit.amdahlSerial).toBeGreaterThan(0)
})

test('the same size twice is measured once', async () => {
  const { run } = await setup(() => 1)
  expect((await run({ poolSizes: [2, 2], repeats: 1 })).runs).toHaveLength(1)
})

test('different results are an error that names the sizes', async () => {
  const { run } = await setup(() => 1)
  await expect(run({ task: 'count', poolSizes: [2, 4] })).rejects.toMatchObject({
    code: 'TASK_FAILED',
    message: expect.stringContaining('pool sizes 1 and 2 gave different results'),
  })
  await expect(run({ task: 'count', poolSizes: [1] })).rejects.toMatchObject({
    message: expect.stringContaining('two runs of pool size 1'),
  })
})

test('a failing task, and an abort, end it', async () => {
  const { run } = await setup(() => 1)
  await expect(run({ task: 'cube' })).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
  await expect(run({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
})

test.each<[Partial<CompareOptions>, string]>([
  [{ items: [] }, 'items must hold one item or more'],
  [{ items: { from: 2, to: 1 } }, 'from ≤ to'],
  [{ items: { from: 0.5, to: 1 } }, 'whole numbers'],
  [{ poolSizes: [] }, 'poolSizes must hold one size or more'],
  [{ poolSizes: [2, 65] }, 'pool size must be a whole number from 1 to 64, not 65'],
  [{ repeats: 0 }, 'repeats must be'],
  [{ task: '' }, 'the name of a task must be'],
])('%j is BAD_ARGUMENT, before anything runs', async (options, text) => {
  const { peer, run } = await setup(() => 1)
  await expect(run(options)).rejects.toMatchObject({ code: 'BAD_ARGUMENT', message: expect.stringContaining(text) })
  expect(peer.kinds()).toEqual(['hello'])
})
