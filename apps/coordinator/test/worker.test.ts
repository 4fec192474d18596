import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeItems, FRAME_BYTES_MAX } from '@forkpool/pool-core/protocol'
import { WorkerHarness } from './fixtures/worker-harness.ts'
import type { HarnessWorker } from './fixtures/worker-harness.ts'

const harness = new WorkerHarness()
let folder: string

beforeAll(async () => {
  await harness.open()
  folder = await mkdtemp(join(tmpdir(), 'forkpool-modules-'))
})

afterAll(async () => {
  await harness.close()
  await rm(folder, { recursive: true })
})

async function moduleFile(name: string, source: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, source)
  return file
}

describe('a worker', () => {
  let worker: HarnessWorker
  beforeAll(async () => {
    worker = await harness.forkReady()
  })

  it('runs shards and reports on them', async () => {
    expect(await worker.run('primeCount', [10, 100, 1e6])).toMatchObject({ count: 3, results: [4, 25, 78_498] })
    expect(await worker.run('factorial', [20, 25])).toMatchObject({
      results: [2_432_902_008_176_640_000n, 15_511_210_043_330_985_984_000_000n],
    })
    expect(await worker.run('mandelbrotRow', [{ width: 2, height: 1, row: 0 }])).toMatchObject({ results: [Uint16Array.of(256, 256)] })
  })

  it("prefers the user's task and keeps the built-in one behind its prefix", async () => {
    expect(await worker.run('square', [3])).toMatchObject({ results: ['mine: 9'] })
    expect(await worker.run('built-in.square', [3])).toMatchObject({ results: [9] })
  })

  it('tells a task where it is', async () => {
    expect(await worker.run('where', [0, 0], { from: 40, attempt: 2 })).toMatchObject({
      results: [
        { index: 40, attempt: 2, worker: 'w1' },
        { index: 41, attempt: 2, worker: 'w1' },
      ],
    })
  })

  it('reports what was thrown with class, properties, cause and stack', async () => {
    const { failures } = await worker.run('decline', [1])
    expect(failures).toMatchObject([
      {
        at: 0,
        retryable: true,
        error: { name: 'PaymentDeclined', message: 'no money', properties: { amount: 12 }, cause: { name: 'RangeError' } },
      },
    ])
    expect(failures?.[0]?.error.stack).toContain('worker-tasks.ts:')
  })

  it('lives on after a result that cannot be sent', async () => {
    expect(await worker.run('unserialisable', [1])).toMatchObject({
      count: 1,
      failures: [
        { retryable: false, error: { code: 'NOT_SERIALISABLE', message: expect.stringContaining('callback is a function') as unknown } },
      ],
    })
    expect(await worker.run('where', [1])).toMatchObject({ count: 1 })
  })

  it('runs several shards that it holds one after the other, in order', async () => {
    const shards = [await worker.start('burn', [20]), await worker.start('where', [1]), await worker.start('primeCount', [10])]
    const reports = [await worker.nextRan(), await worker.nextRan(), await worker.nextRan()]
    expect(reports.map(({ shard }) => shard)).toEqual(shards)
    expect(reports[2]?.results).toEqual([4])
  })

  it('answers with what is done when its time is over', async () => {
    const { count, results, runMs } = await worker.run(
      'burn',
      Array.from({ length: 100 }, () => 2),
      { yieldAfterMs: 20 },
    )
    expect(count).toBeGreaterThanOrEqual(1)
    expect(count).toBeLessThanOrEqual(11)
    expect(results).toHaveLength(count)
    expect(runMs).toBeGreaterThanOrEqual(2 * count)
  })

  it('leaves a waiting task when it is told to', async () => {
    const shard = await worker.start('sleep', [86_400_000, 1])
    await worker.send({ kind: 'abort', shard })
    expect(await worker.nextRan()).toMatchObject({ shard, count: 0, results: [] })
  })

  it('reads that it shall leave a shard of computing tasks within it', async () => {
    const shard = await worker.start(
      'burn',
      Array.from({ length: 10_000 }, () => 2),
    )
    await worker.send({ kind: 'abort', shard })
    const { count } = await worker.nextRan()
    expect(count).toBeGreaterThanOrEqual(1)
    expect(count).toBeLessThan(1000)
  })

  it('answers at once for a shard that waits behind another, and ignores one that it does not know', async () => {
    const first = await worker.start('sleep', [86_400_000])
    const second = await worker.start('where', [1])
    const third = await worker.start('primeCount', [2])
    await worker.send({ kind: 'abort', shard: 999_999 })
    await worker.send({ kind: 'abort', shard: second })
    expect(await worker.nextRan()).toMatchObject({ shard: second, count: 0 })
    await worker.send({ kind: 'abort', shard: first })
    expect(await worker.nextRan()).toMatchObject({ shard: first, count: 0 })
    expect(await worker.nextRan()).toMatchObject({ shard: third, results: [1] })
  })

  it('leaves signals that reach the whole process group to its coordinator', async () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.kill(worker.pid, signal)
    expect(await worker.run('primeCount', [3])).toMatchObject({ results: [2] })
  })

  it('finishes what it holds when it is told to stop, and ends with status 0', async () => {
    await worker.start('burn', [10])
    await worker.start('where', [1])
    await worker.send({ kind: 'stop' })
    expect(await worker.nextRan()).toMatchObject({ results: [10] })
    expect(await worker.nextRan()).toMatchObject({ count: 1 })
    expect(await worker.linkClosed).toEqual({ code: 1000, reason: 'stopped' })
    expect(await worker.ended).toEqual({ code: 0, signal: null, output: '' })
  })
})

describe('what a worker offers', () => {
  it('is listed when it is ready', async () => {
    const other = await moduleFile(
      'other.cjs',
      'exports.square = (n) => n; exports.only = (a, { b }) => a; exports.only.description = "One of a kind."',
    )
    const worker = harness.fork({ taskModules: [other, join(import.meta.dirname, 'fixtures/worker-tasks.ts')] })
    const ready = await worker.next()
    expect(ready).toMatchObject({ kind: 'ready', pid: worker.pid })
    const tasks = ready.kind === 'ready' ? ready.tasks : []
    expect(tasks.find(({ name }) => name === 'only')).toEqual({
      name: 'only',
      module: 'other.cjs',
      parameters: ['a', '{ b }'],
      description: 'One of a kind.',
    })
    expect(tasks.map(({ name }) => name).filter((name) => name.endsWith('square'))).toEqual([
      'built-in.square',
      'other.square',
      'worker-tasks.square',
    ])
    expect(tasks.find(({ name }) => name === 'sha256File')).toMatchObject({ module: 'built-in', parameters: ['path'] })
  })

  it('reads files below the allowed folders only', async () => {
    await writeFile(join(folder, 'abc.txt'), 'abc')
    const worker = await harness.forkReady({ taskRoots: [folder] })
    const digest = createHash('sha256').update('abc').digest('hex')
    expect(await worker.run('sha256File', ['abc.txt', '/etc/passwd'])).toMatchObject({
      results: [digest],
      failures: [{ at: 1, retryable: false, error: { code: 'NOT_ALLOWED' } }],
    })
  })

  it('shows tasks neither the token of the coordinator nor what the worker was started with', async () => {
    const worker = harness.fork({}, { FORKPOOL_TOKEN: 'canary-in-the-coal-mine' })
    await worker.next()
    const { results } = await worker.run('environment', [1])
    const [seen] = results as [{ variables: Record<string, string>; started: string }]
    expect(Object.keys(seen.variables).filter((name) => /FORKPOOL|WS_NO|COMPILE_CACHE/.test(name))).toEqual([])
    expect(JSON.stringify(seen)).not.toContain('canary')
  })
})

describe('a worker whose task module cannot be used', () => {
  it.each([
    ['is missing', 'missing.ts', undefined, /missing\.ts: there is no such file$/],
    ['does not parse', 'syntax.ts', 'export const a = 1\nexport const b = ;\n', /syntax\.ts: it does not parse: .+ \(syntax\.ts:2\)$/],
    ['does not parse as JavaScript', 'syntax.mjs', '\n\nexport const b = ;\n', /syntax\.mjs: it does not parse: .+ \(syntax\.mjs:3\)$/],
    [
      'exports no function',
      'nothing.ts',
      'export const limit = 3; export class A {}',
      /exports no function, only A \(class\), limit \(number\)$/,
    ],
    [
      'throws while it loads',
      'throws.ts',
      '\nthrow new RangeError("no database")',
      /it throws while it loads: RangeError: no database \(throws\.ts:2\)$/,
    ],
    [
      'has an enum',
      'enum.ts',
      'export enum Colour { red }',
      /enum is not supported in strip-only mode \(enum\.ts:1\); Node only strips types/,
    ],
  ])('says what is wrong when it %s, and ends', async (_name, file, source, text) => {
    const path = source === undefined ? join(folder, file) : await moduleFile(file, source)
    const worker = harness.fork({ taskModules: [path] })
    expect(await worker.next()).toMatchObject({
      kind: 'broken',
      error: { code: 'TASK_MODULE', message: expect.stringMatching(text) as unknown },
    })
    expect(await worker.ended).toEqual({ code: 1, signal: null, output: '' })
  })
})

describe('a worker that dies', () => {
  it('names the stray rejection that killed it, once', async () => {
    const worker = await harness.forkReady()
    await worker.start('rejectLater', [1], { from: 7 })
    const { code, output } = await worker.ended
    expect(code).toBe(1)
    expect(output).toMatch(
      /^forkpool worker w\d+ ends: a promise was rejected and nobody handled it while it ran rejectLater, item 7 of its batch\n/,
    )
    expect(output).toContain('PaymentDeclined: left alone')
    expect(output).toContain('amount: 12')
    expect(output.match(/left alone/g)).toHaveLength(1)
  })

  it('names the exception in a callback that killed it', async () => {
    const worker = await harness.forkReady()
    await worker.start('throwLater', [1])
    const { code, output } = await worker.ended
    expect(code).toBe(1)
    expect(output).toMatch(/ends: an exception was thrown and nobody caught it while it ran throwLater/)
    expect(output).toContain('PaymentDeclined: thrown in a callback')
  })

  it('ends as its task says', async () => {
    const worker = await harness.forkReady()
    await worker.start('exit', [7])
    expect(await worker.ended).toEqual({ code: 7, signal: null, output: '' })
  })

  it('says that a frame was no message', async () => {
    for (const garbage of [Uint8Array.of(0xff, 0x00, 0x13), encodeItems(['text']).bytes, new Uint8Array(0)]) {
      const worker = await harness.forkReady()
      ;(await worker.link).send(garbage)
      const { code, output } = await worker.ended
      expect(code).toBe(1)
      expect(output).toMatch(/^forkpool worker w\d+ ends: its coordinator sent what is no message: .+\n$/)
    }
  })

  it('says that a frame was too large', async () => {
    const worker = await harness.forkReady()
    ;(await worker.link).send(new Uint8Array(4 * FRAME_BYTES_MAX + 1))
    expect(await worker.ended).toMatchObject({
      code: 1,
      output: expect.stringMatching(
        /^forkpool worker w\d+ ends: the link to its coordinator failed: Max payload size exceeded\n$/,
      ) as unknown,
    })
  })

  it('ends silently when the coordinator closes the link, busy or not', async () => {
    for (const busy of [false, true]) {
      const worker = await harness.forkReady()
      if (busy) await worker.start('sleep', [86_400_000])
      ;(await worker.link).close('enough')
      expect(await worker.ended).toEqual({ code: 0, signal: null, output: '' })
    }
  })

  it('says that its coordinator refused it, or does not listen', async () => {
    const refused = harness.fork({ token: 'wrong' })
    expect(await refused.ended).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^forkpool worker w\d+ cannot reach its coordinator: .*401\n$/) as unknown,
    })
    const alone = harness.fork({ socketPath: join(folder, 'nobody.sock') })
    expect(await alone.ended).toMatchObject({ code: 1, output: expect.stringMatching(/cannot reach its coordinator: .*ENOENT/) as unknown })
  })
})
