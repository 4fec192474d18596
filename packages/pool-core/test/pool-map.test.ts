import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Pool } from '../src/index.ts'
import { range } from '../src/index.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS, POOLS } from './pools.ts'
import { until } from './sync-actors.ts'

type Tasks = PoolTasks & typeof import('./fixtures/conformance-tasks.ts')
const modules = [POOL_TASKS, new URL('./fixtures/conformance-tasks.ts', import.meta.url)]

const squares = (count: number): number[] => Array.from({ length: count }, (_, n) => n * n)

class SayWhen extends Error {}
/** Numbers from 0; instead of `when` it throws. */
function* throwing(when: number): Generator<number> {
  for (let n = 0; ; n++) {
    if (n === when) throw new SayWhen('when')
    yield n
  }
}

async function collect<Value>(results: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = []
  for await (const value of results) values.push(value)
  return values
}

describe.each(POOLS)('calls of a %s pool', (_kind, PoolOfKind) => {
  let pool: Pool<Tasks>
  beforeAll(() => {
    pool = new PoolOfKind<Tasks>(modules, { size: 2 })
  })
  afterAll(() => pool.close())

  test('apply gives the result of one call', async () => {
    expect(await pool.apply('square', [5])).toBe(25)
    expect(await pool.apply('add', [2, 8])).toBe(10)
  })

  test('named arguments travel as one object', async () => {
    expect(await pool.submit('multiplyNamed', { x: 2, y: 8 })).toBe(16)
  })

  test('map gives the results in order, with and without chunkSize', async () => {
    expect(await pool.map('square', [...Array(10).keys()])).toEqual(squares(10))
    expect(await pool.map('square', [...Array(100).keys()], { chunkSize: 20 })).toEqual(squares(100))
  })

  test('starmap spreads lists of arguments', async () => {
    const pairs = (count: number): [number, number][] => Array.from({ length: count }, (_, n) => [n, count - n])
    expect(await pool.starmap('add', pairs(10))).toEqual(Array(10).fill(10))
    expect(await pool.starmap('add', pairs(100), { chunkSize: 20 })).toEqual(Array(100).fill(100))
  })

  test('the promise of a map fulfils with the list of results, or rejects with the first failure', async () => {
    const heard: unknown[] = []
    await pool.map('square', [1, 2]).then((results) => heard.push(results))
    await pool.map('declineOdd', [2, 3]).catch((error: Error) => heard.push(error.message))
    expect(heard).toEqual([[1, 4], 'declined: 3'])
  })

  test.each([6, 40, 50])('chunks of %d of 40 items, and no item is lost', async (chunkSize) => {
    expect(await pool.map('square', range(40), { chunkSize })).toEqual(squares(40))
    expect(await collect(pool.imap('square', range(40), { chunkSize }))).toEqual(squares(40))
  })

  test.each([0, -1, 0.5, '12'])('a chunkSize of %s is refused', async (chunkSize) => {
    const refused = { code: 'BAD_ARGUMENT', message: expect.stringContaining('chunkSize') as string }
    await expect(pool.map('square', [1], { chunkSize: chunkSize as number })).rejects.toMatchObject(refused)
  })

  test('an empty input is an empty result, with a chunkSize too', async () => {
    expect(await pool.map('square', [])).toEqual([])
    expect(await pool.map('square', [], { chunkSize: 1 })).toEqual([])
    expect(await collect(pool.imap('square', []))).toEqual([])
    expect(await collect(pool.imapUnordered('square', []))).toEqual([])
  })

  test('imap gives the results one by one, in order, and then the end', async () => {
    const stream = pool.imap('square', range(10))
    for (const value of squares(10)) expect(await stream.next()).toEqual({ value, done: false })
    expect(await stream.next()).toEqual({ value: undefined, done: true })
    expect(await collect(pool.imap('square', range(1_000), { chunkSize: 100 }))).toEqual(squares(1_000))
  })

  test('imapUnordered gives all results, in any order', async () => {
    const sorted = async (results: AsyncIterable<number>): Promise<number[]> => (await collect(results)).toSorted((a, b) => a - b)
    expect(await sorted(pool.imapUnordered('square', range(10)))).toEqual(squares(10))
    expect(await sorted(pool.imapUnordered('square', range(1_000), { chunkSize: 100 }))).toEqual(squares(1_000))
  })

  test('work begins with the call of imap, not with the first read', async () => {
    const before = pool.statistics().tasks.completed
    const stream = pool.imap('square', range(10))
    await until(() => pool.statistics().tasks.completed === before + 10)
    expect(await collect(stream)).toEqual(squares(10))
  })

  test('map over an input that throws rejects with what it threw, at its first item too, and again', async () => {
    await expect(pool.map('square', throwing(0), { chunkSize: 1 })).rejects.toThrow(SayWhen)
    await expect(pool.map('square', throwing(0), { chunkSize: 1 })).rejects.toThrow(SayWhen)
    await expect(pool.map('square', throwing(3), { chunkSize: 1 })).rejects.toThrow(SayWhen)
    // What the caller's own code threw comes back as it is: no stack of a worker, no cause.
    await expect(pool.map('square', throwing(3))).rejects.not.toHaveProperty('cause')
  })

  test.each([1, 2, 4])('imap over an input that throws gives what came before, then the error (chunks of %d)', async (chunkSize) => {
    for (const when of [0, 0, 3, 7]) {
      const stream = pool.imap('square', throwing(when), { chunkSize })
      for (const value of squares(when)) expect(await stream.next()).toEqual({ value, done: false })
      await expect(stream.next()).rejects.toThrow(SayWhen)
      expect(await stream.next()).toEqual({ value: undefined, done: true })
    }
  })

  test.each([1, 2])('imapUnordered over an input that throws gives what came before, then the error (chunks of %d)', async (chunkSize) => {
    for (const when of [0, 0, 3, 7]) {
      const seen: number[] = []
      const read = async (): Promise<void> => {
        for await (const value of pool.imapUnordered('square', throwing(when), { chunkSize })) seen.push(value)
      }
      await expect(read()).rejects.toThrow(SayWhen)
      expect(seen.toSorted((a, b) => a - b)).toEqual(squares(when))
    }
  })

  test('a stream gives what came before a failure, the failure, and what comes after it', async () => {
    const stream = pool.istarmap('divide', [
      [1, 2],
      [1, 3],
      [1, 0],
      [1, 5],
    ])
    expect((await stream.next()).value).toEqual([0, 1])
    expect((await stream.next()).value).toEqual([0, 1])
    await expect(stream.next()).rejects.toMatchObject({ code: 'TASK_FAILED', index: 2, message: 'division by zero' })
    // Python's iterator is over after a failure.
    expect((await stream.next()).value).toEqual([0, 1])
  })

  test('map rejects when all tasks have ended, not at the first failure', async () => {
    const before = pool.statistics().tasks
    await expect(pool.map('declineOdd', range(1, 101), { chunkSize: 1 })).rejects.toMatchObject({ index: 0 })
    const { completed, failed, queued, running } = pool.statistics().tasks
    expect({ completed: completed - before.completed, failed: failed - before.failed, queued, running }).toEqual({
      completed: 50,
      failed: 50,
      queued: 0,
      running: 0,
    })
  })

  test('an argument that cannot be sent fails in the call, and the pool goes on', async () => {
    const unsendable = { toBe: () => 'sent' }
    await expect(pool.map('echo', Array(10).fill(unsendable))).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
    await expect(pool.submit('echo', unsendable)).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
    expect(await pool.submit('square', 3)).toBe(9)
  })

  test('a result that cannot be sent fails its own call twenty times over, and costs no worker', async () => {
    for (let round = 0; round < 20; round++) {
      await expect(pool.submit('unsendable', 1)).rejects.toMatchObject({ code: 'NOT_SERIALISABLE', task: 'unsendable' })
    }
    expect(pool.statistics().workers.lost).toBe(0)
  })

  test('the error of a task has the class name and the stack of where it was thrown', async () => {
    const error = await pool.submit('divide', 1, 0).exception()
    expect(error).toMatchObject({ name: 'TaskError', code: 'TASK_FAILED', message: 'division by zero' })
    const { cause } = error as Error
    expect(cause).toBeInstanceOf(RangeError)
    expect((cause as Error).stack).toMatch(/at divide .*conformance-tasks\.ts/s)
    expect((cause as Error).stack).toContain('division by zero')
  })

  test('a stream whose reader gave up by a signal gives what came in time, then the reason', async () => {
    const time = new AbortController()
    const stream = pool.imap('waitIfTwo', [0, 1, 2], { signal: time.signal, chunkSize: 1 })
    expect([(await stream.next()).value, (await stream.next()).value]).toEqual([0, 1])
    const third = stream.next()
    time.abort(new DOMException('the time is over', 'TimeoutError'))
    await expect(third).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(await pool.submit('square', 3)).toBe(9)
  })

  test('next with a time limit rejects, and the stream goes on', async () => {
    const begun = pool.imap('waitIfTwo', [2, 1], { chunkSize: 1 })
    await expect(begun.next(5)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await expect(begun.next(0)).rejects.toMatchObject({ code: 'TIMED_OUT' })
    await expect(begun.next(-1)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await begun.return()
    const stream = pool.imap('square', range(3))
    expect([await stream.next(60_000), await stream.next(60_000)]).toEqual([
      { value: 0, done: false },
      { value: 1, done: false },
    ])
    expect(await collect(stream)).toEqual([4])
  })
})
