import { expect, test } from 'vitest'
import type { BatchSummary, TaskFailure } from '@forkpool/pool-core/protocol'
import { decodeItems, encodeItems } from '@forkpool/pool-core/protocol'
import type { BatchId } from '@forkpool/pool-core/scheduler'
import type { BatchRecord, Engine, RecordedRange } from './engine.ts'

/** A batch as the tests of engines open it. */
export function batchRecord(id: string, more: Partial<BatchRecord> = {}): BatchRecord {
  return {
    id: id as BatchId,
    task: 'square',
    pool: 'size-2',
    poolSize: 2,
    spread: false,
    priority: 0,
    total: undefined,
    chunkSize: undefined,
    retries: 0,
    backoffMs: 0,
    failFast: false,
    submittedAt: 0,
    ...more,
  }
}

/** Results from index `from` on. */
export function succeeded(from: number, ...values: readonly unknown[]): RecordedRange {
  return { from, count: values.length, values: encodeItems(values), failures: [] }
}

/** One task that failed. */
export function failedTask(from: number, code?: string): RecordedRange {
  const failure: TaskFailure = {
    at: 0,
    error: { name: 'RangeError', message: `bad ${from}`, ...(code === undefined ? {} : { code }) },
    attempts: 2,
  }
  return { from, count: 1, values: { count: 0, codec: 'f64', bytes: new Uint8Array(0) }, failures: [failure] }
}

export function summaryOf(completed: number, failed = 0, cancelled = 0): BatchSummary {
  const outcome = cancelled > 0 ? 'cancelled' : failed > 0 ? 'failed' : 'completed'
  return { outcome, completed, failed, cancelled, wallMs: 1, runMs: 1, workers: 1 }
}

/** Results by index: values, and messages of failures. */
export async function readResults(engine: Engine, id: BatchId, from = 0): Promise<readonly (readonly [index: number, value: unknown])[]> {
  const found: [number, unknown][] = []
  for await (const range of engine.results(id, from)) {
    const failures = new Map(range.failures.map((failure) => [failure.at, failure.error.message]))
    const values = decodeItems(range.values)
    for (let at = 0; at < range.count; at++) found.push([range.from + at, failures.has(at) ? failures.get(at) : values.shift()])
  }
  return found
}

const A = batchRecord('a')
const UNKNOWN = { code: 'BATCH_UNKNOWN' }

/**
 * What every engine has to keep, whatever it writes to. Call it in the test file of an engine; `create` gives a new engine with nothing
 * in it, recovered.
 */
export function testEngine(name: string, create: () => Promise<Engine>): void {
  const withEngine = (what: string, body: (engine: Engine) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const engine = await create()
      try {
        await body(engine)
      } finally {
        await engine.close()
      }
    })
  }
  testRecording(withEngine)
  testWritingBehind(withEngine)
  testReading(withEngine)
  testKeeping(withEngine)
}

type WithEngine = (what: string, body: (engine: Engine) => Promise<void>) => void

function testRecording(withEngine: WithEngine): void {
  withEngine('a result is recorded once; whoever comes second is dropped and counted', async (engine) => {
    await engine.open(A, encodeItems([1, 2, 3, 4]), true)
    expect(await engine.record(A.id, [succeeded(0, 1, 4)], undefined)).toHaveLength(1)
    expect(await engine.record(A.id, [succeeded(0, 1, 4)], undefined)).toEqual([])
    const fresh = await engine.record(A.id, [succeeded(1, 4, 9), succeeded(2, 9)], summaryOf(3, 0, 1))
    expect(fresh.map(({ from }) => from)).toEqual([2])
    expect(engine.ledger(A.id)).toEqual({ submitted: 4, recorded: 3, failed: 0, quarantined: 0, cancelled: 1, duplicates: 4 })
    expect(await engine.record(A.id, [succeeded(3, 16)], undefined)).toEqual([])
  })

  withEngine('the first of two at the same time wins, though neither was waited for', async (engine) => {
    const opened = engine.open(A, encodeItems([1, 2]), false)
    const first = engine.record(A.id, [succeeded(0, 'first')], undefined)
    const second = engine.record(A.id, [succeeded(0, 'second')], undefined)
    const ended = engine.append(A.id, encodeItems([3]), true)
    await Promise.all([opened, ended])
    expect(await first).toHaveLength(1)
    expect(await second).toEqual([])
    expect(await readResults(engine, A.id)).toEqual([[0, 'first']])
    expect(engine.ledger(A.id)?.submitted).toBe(3)
  })

  withEngine('failures and quarantined tasks are counted apart', async (engine) => {
    await engine.open(A, encodeItems([1, 2, 3]), true)
    await engine.record(A.id, [failedTask(1), failedTask(2, 'WORKER_LOST'), succeeded(0, 1)], summaryOf(1, 2))
    expect(engine.ledger(A.id)).toEqual({ submitted: 3, recorded: 3, failed: 1, quarantined: 1, cancelled: 0, duplicates: 0 })
    expect(await readResults(engine, A.id)).toEqual([
      [0, 1],
      [1, 'bad 1'],
      [2, 'bad 2'],
    ])
  })

  withEngine('items that come later are counted, and a batch is opened once', async (engine) => {
    await engine.open(A, undefined, false)
    await engine.append(A.id, encodeItems([1, 2]), false)
    await engine.append(A.id, encodeItems([3]), false)
    expect((await engine.batch(A.id))?.inputEnded).toBe(false)
    await engine.end(A.id)
    expect((await engine.batch(A.id))?.inputEnded).toBe(true)
    expect(engine.ledger(A.id)?.submitted).toBe(3)
    await expect(engine.open(A, undefined, false)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })

  withEngine('a batch that nobody opened is refused', async (engine) => {
    const none = 'none' as BatchId
    await expect(engine.append(none, encodeItems([1]), false)).rejects.toMatchObject(UNKNOWN)
    await expect(engine.end(none)).rejects.toMatchObject(UNKNOWN)
    await expect(engine.record(none, [succeeded(0, 1)], undefined)).rejects.toMatchObject(UNKNOWN)
    await expect(engine.attempted(none, [])).rejects.toMatchObject(UNKNOWN)
    await expect(readResults(engine, none)).rejects.toMatchObject(UNKNOWN)
    expect(engine.ledger(none)).toBeUndefined()
    expect(await engine.batch(none)).toBeUndefined()
  })
}

function testWritingBehind(withEngine: WithEngine): void {
  withEngine('a batch that is written behind has the same account, and results of it stand on all that came before', async (engine) => {
    const heard: string[] = []
    const opened = engine.open(A, encodeItems([1, 2]), false, true).then(() => void heard.push('opened'))
    await engine.append(A.id, encodeItems([3, 4, 5]), false)
    expect(engine.ledger(A.id)?.submitted).toBe(5)
    expect(await engine.batch(A.id)).toMatchObject({ batch: { task: 'square' }, inputEnded: false, end: undefined })
    const [first, second] = await Promise.all([
      engine.record(A.id, [succeeded(3, 16)], undefined).finally(() => heard.push('recorded')),
      engine.record(A.id, [failedTask(1), succeeded(3, 'again')], undefined),
    ])
    await opened
    expect(heard).toEqual(['opened', 'recorded'])
    expect([first.length, second.length]).toEqual([1, 1])
    await engine.end(A.id)
    await engine.flush(A.id)
    await engine.flush('none' as BatchId)
    expect((await engine.batch(A.id))?.inputEnded).toBe(true)
    const fresh = await engine.record(A.id, [succeeded(0, 1), succeeded(2, 9), succeeded(4, 25)], summaryOf(4, 1))
    expect(fresh).toHaveLength(3)
    await engine.flush(A.id)
    expect(engine.ledger(A.id)).toEqual({ submitted: 5, recorded: 5, failed: 1, quarantined: 0, cancelled: 0, duplicates: 1 })
    expect((await readResults(engine, A.id)).map(([, value]) => value)).toEqual([1, 'bad 1', 9, 16, 25])
    await expect(engine.open(A, undefined, false, true)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })
}

function testReading(withEngine: WithEngine): void {
  withEngine('results are read by index from any place, in the codec in which they came', async (engine) => {
    await engine.open(A, encodeItems([1, 2, 3, 4, 5, 6]), true)
    await engine.record(A.id, [succeeded(4, { a: 1 }, 'ö'), succeeded(0, 1, 4.5)], undefined)
    await engine.record(A.id, [succeeded(2, 10n ** 30n)], undefined)
    const all = [
      [0, 1],
      [1, 4.5],
      [2, 10n ** 30n],
      [4, { a: 1 }],
      [5, 'ö'],
    ]
    expect(await readResults(engine, A.id)).toEqual(all)
    expect(await readResults(engine, A.id, 1)).toEqual(all)
    expect(await readResults(engine, A.id, 2)).toEqual(all.slice(2))
    expect(await readResults(engine, A.id, 3)).toEqual(all.slice(3))
    expect(await readResults(engine, A.id, 5)).toEqual(all.slice(3))
    expect(await readResults(engine, A.id, 6)).toEqual([])
  })

  withEngine('results outlast the end of their batch', async (engine) => {
    await engine.open(A, encodeItems([1, 2]), true)
    await engine.record(A.id, [succeeded(0, 1, 4)], summaryOf(2))
    expect(await readResults(engine, A.id)).toEqual([
      [0, 1],
      [1, 4],
    ])
    const stored = await engine.batch(A.id)
    expect(stored).toMatchObject({ batch: { task: 'square', poolSize: 2 }, end: { summary: summaryOf(2) }, inputEnded: true })
    expect(stored?.end?.givenUp).toBeUndefined()
    const late = batchRecord('late')
    await engine.open(late, encodeItems([1]), true)
    const givenUp = { code: 'TIMED_OUT', message: 'too late' } as const
    await engine.record(late.id, [], summaryOf(0, 0, 1), givenUp)
    expect((await engine.batch(late.id))?.end).toMatchObject({ summary: summaryOf(0, 0, 1), givenUp })
  })
}

function testKeeping(withEngine: WithEngine): void {
  withEngine('ended batches are listed, the last to end first; open ones are not', async (engine) => {
    for (const id of ['x', 'y', 'z', 'open']) await engine.open(batchRecord(id), encodeItems([1]), true)
    for (const id of ['y', 'z', 'x']) await engine.record(id as BatchId, [succeeded(0, 1)], summaryOf(1))
    const listed = async (limit: number, before?: string): Promise<string[]> =>
      (await engine.ended(limit, before as BatchId | undefined)).map(({ batch }) => batch.id)
    const all = await listed(10)
    expect(all.toSorted()).toEqual(['x', 'y', 'z'])
    expect(await listed(2)).toEqual(all.slice(0, 2))
    expect(await listed(10, all[0])).toEqual(all.slice(1))
    expect(await listed(10, 'unheard-of')).toEqual([])
    expect(engine.usage()).toMatchObject({ openBatches: 1, endedBatches: 3, refusing: undefined })
  })

  withEngine('an idempotency key opens one batch', async (engine) => {
    const keyed = batchRecord('k1', { idempotencyKey: 'nightly 2026' })
    const opens = ['k1', 'k2'].map((id) => engine.open({ ...keyed, id: id as BatchId }, encodeItems([1]), true))
    const [first, second] = await Promise.allSettled(opens)
    expect(first).toMatchObject({ status: 'fulfilled' })
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'ALREADY_EXISTS' } })
    expect(await engine.find('nightly 2026')).toBe('k1')
    expect(await engine.find('other')).toBeUndefined()
    await engine.record(keyed.id, [succeeded(0, 1)], summaryOf(1))
    expect(await engine.find('nightly 2026')).toBe('k1')
    await engine.forget(keyed.id)
    expect(await engine.find('nightly 2026')).toBeUndefined()
  })

  withEngine('a forgotten batch is gone; an open one cannot be forgotten', async (engine) => {
    await engine.open(A, encodeItems([1]), true)
    await expect(engine.forget(A.id)).rejects.toMatchObject({ code: 'INVALID_STATE' })
    await engine.record(A.id, [succeeded(0, 1)], summaryOf(1))
    await engine.forget(A.id)
    await engine.forget(A.id)
    expect(engine.ledger(A.id)).toBeUndefined()
    expect(await engine.batch(A.id)).toBeUndefined()
    expect(await engine.ended(10)).toEqual([])
    await expect(engine.record(A.id, [succeeded(0, 1)], undefined)).rejects.toMatchObject(UNKNOWN)
    await expect(readResults(engine, A.id)).rejects.toMatchObject(UNKNOWN)
    await engine.open(A, encodeItems([1]), true)
    expect(engine.ledger(A.id)).toMatchObject({ submitted: 1, recorded: 0 })
  })
}
