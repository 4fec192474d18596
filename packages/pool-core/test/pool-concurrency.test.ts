import { describe, expect, it } from 'vitest'
import { ProcessPool, ThreadPool } from '../src/index.ts'
import type { LocalPoolOptions } from '../src/index.ts'
import type * as tasks from './fixtures/concurrency-tasks.ts'

const module = new URL('./fixtures/concurrency-tasks.ts', import.meta.url)
type Tasks = typeof tasks

describe.each([
  ['thread', ThreadPool],
  ['process', ProcessPool],
] as const)('a %s pool whose workers run several tasks at once', (_kind, Pool) => {
  const open = (options: LocalPoolOptions<Tasks>) => new Pool<Tasks>(module, options)

  it('has all that it may in flight, of one call and of many', { timeout: 20_000 }, async () => {
    await using pool = open({ size: 2, minSize: 2, concurrency: 50 })
    while (pool.statistics().workers.idle < 2) await new Promise((resolve) => setImmediate(resolve))
    const visits = await pool.map(
      'gather',
      Array.from({ length: 100 }, () => 50),
    )
    expect(visits.every(({ most }) => most === 50)).toBe(true)
    expect(new Set(visits.map(({ worker }) => worker)).size).toBe(2)
    await using single = open({ size: 2, concurrency: 50 })
    const futures = await Promise.all(Array.from({ length: 100 }, () => single.submit('gather', 50)))
    expect(futures.every(({ most }) => most === 50)).toBe(true)
  })

  it('puts results and failures in their places, whatever ends first', async () => {
    await using pool = open({ size: 2, concurrency: 8 })
    const outcomes = await pool.map(
      'shuffle',
      Array.from({ length: 500 }, (_, i) => i),
      { settle: true },
    )
    for (const [i, outcome] of outcomes.entries()) {
      if (i % 10 === 5) expect(outcome).toMatchObject({ status: 'rejected', reason: { index: i, message: `no ${i}` } })
      else expect(outcome).toEqual({ status: 'fulfilled', value: i })
    }
    const again = await pool.map('shuffle', [5, 6], { retries: 2, settle: true })
    expect(again).toMatchObject([{ status: 'rejected', reason: { attempts: 3 } }, { status: 'fulfilled' }])
  })

  it('stops those that leave when they are asked, and leaves behind those that do not', async () => {
    await using pool = open({ size: 1, concurrency: 10, cancelGraceMs: 20 })
    const before = await pool.submit('place')
    const outcomes = await pool.map('behave', ['a', 'wait', 'b', 'ignore', 'c'], { timeoutMs: 50, settle: true })
    expect(outcomes).toMatchObject([
      { value: 'a' },
      { reason: { code: 'TIMED_OUT', index: 1, attempts: 1 } },
      { value: 'b' },
      { reason: { code: 'TIMED_OUT', index: 3, attempts: 1 } },
      { value: 'c' },
    ])
    expect(await pool.submit('place')).toBe(before)
    expect(pool.statistics().workers.lost).toBe(0)
  })

  it('gives the places of what was left behind to others', { timeout: 20_000 }, async () => {
    await using pool = open({ size: 1, concurrency: 2, cancelGraceMs: 1 })
    for (let i = 0; i < 5; i++) {
      const call = pool.submitWith({ signal: AbortSignal.timeout(5) }, 'behave', 'ignore')
      await expect(call.result()).rejects.toMatchObject({ name: 'TimeoutError' })
    }
    expect((await pool.map('gather', [2, 2])).map(({ most }) => most)).toEqual([2, 2])
  })

  it('ends a worker that one of them keeps from turning, finds that one, and its neighbours succeed', { timeout: 20_000 }, async () => {
    await using pool = open({ size: 2, concurrency: 10, cancelGraceMs: 10 })
    const outcomes = await pool.map('behave', ['a', 'b', 'loop', 'c', 'd', 'e'], { timeoutMs: 300, settle: true })
    expect(outcomes).toMatchObject([
      { value: 'a' },
      { value: 'b' },
      { reason: { code: 'TIMED_OUT', index: 2 } },
      { value: 'c' },
      { value: 'd' },
      { value: 'e' },
    ])
  })

  it('finds the one that brings its workers down, and its neighbours succeed', { timeout: 20_000 }, async () => {
    await using pool = open({ size: 2, concurrency: 10 })
    const hows = Array.from({ length: 30 }, (_, i) => (i === 17 ? 'exit' : `task ${i}`))
    const outcomes = await pool.map('behave', hows, { settle: true })
    for (const [i, outcome] of outcomes.entries()) {
      if (i === 17) expect(outcome).toMatchObject({ reason: { name: 'WorkerLostError', index: 17, exitCode: 3 } })
      else expect(outcome).toEqual({ status: 'fulfilled', value: `task ${i}` })
    }
  })

  it('cancels what runs and what waits for a place', async () => {
    await using pool = open({ size: 1, concurrency: 3 })
    const calls = Array.from({ length: 6 }, () => pool.submit('behave', 'wait'))
    for (const call of calls) call.cancel()
    await Promise.allSettled(calls)
    expect(calls.every((call) => call.cancelled())).toBe(true)
    expect(await pool.map('behave', ['a', 'b'])).toEqual(['a', 'b'])
    expect(pool.statistics().workers.lost).toBe(0)
  })

  it('replaces a worker after as many tasks as it may run, however many at once', async () => {
    await using pool = open({ size: 1, concurrency: 4, maxTasksPerWorker: 6 })
    const places = await pool.map(
      'place' as 'behave',
      Array.from({ length: 13 }, () => ''),
      { chunkSize: 1 },
    )
    const counts = new Map<string, number>()
    for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1)
    expect([...counts.values()]).toEqual([6, 6, 1])
  })
})

it('how many a worker may run at once is a whole number', () => {
  for (const concurrency of [0, 1.5, 10_001, Number.NaN]) {
    expect(() => new ThreadPool(module, { concurrency })).toThrow(/concurrency must be a whole number from 1 to 10000/)
  }
})
