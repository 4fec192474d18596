import { describe, expect, it } from 'vitest'
import type { ForkpoolError } from '../src/index.ts'
import { POOLS } from './pools.ts'

type Tasks = typeof import('./fixtures/pool-worker-tasks.ts')
const TASKS = new URL('./fixtures/pool-worker-tasks.ts', import.meta.url)

async function collect<Value>(results: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = []
  for await (const value of results) values.push(value)
  return values
}

describe.each(POOLS)('failed tasks of a %s pool', (_kind, Pool) => {
  it('run again where retryOn names the error, by class, by code or by message, and not otherwise', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 1, retries: 3 })
    expect(await pool.map('failsFirst', [0, 1, 2], { retryOn: 'RangeError' })).toEqual([1, 2, 3])
    expect(await pool.submitWith({ retryOn: ['TypeError', /^run/] }, 'failsFirst', 2)).toBe(3)
    await expect(pool.submitWith({ retryOn: 'TypeError' }, 'failsFirst', 2)).rejects.toMatchObject({ attempts: 1 })
    await expect(pool.submitWith({ retryOn: 'EODD' }, 'evenOnly', 1)).rejects.toMatchObject({ attempts: 4 })
    await expect(pool.submitWith({ retryOn: /even/ }, 'evenOnly', 1)).rejects.toMatchObject({ attempts: 1 })
    await expect(pool.submitWith({ retryOn: 'RangeError' }, 'worseAndWorse')).rejects.toMatchObject({ attempts: 2, message: 'second' })
    expect(pool.statistics().byTask['worseAndWorse']).toMatchObject({ ran: 2, failed: 2, retried: 1 })
  })

  it('run again where a function here says so, which sees the error of the call', async () => {
    const seen: unknown[] = []
    const retryOn = (error: ForkpoolError): boolean => {
      seen.push(error)
      return seen.length < 3
    }
    await using pool = new Pool<Tasks>(TASKS, { size: 1, retries: 9, retryOn })
    await expect(pool.map('evenOnly', [0, 2, 5, 4], { chunkSize: 4 })).rejects.toMatchObject({ index: 2, attempts: 3 })
    expect(seen).toMatchObject(
      [1, 2, 3].map((attempts) => ({
        name: 'TaskError',
        task: 'evenOnly',
        index: 2,
        attempts,
        cause: { name: 'RangeError', code: 'EODD' },
      })),
    )
  })

  it('that took too long run again only where retryOn has that', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 1, retries: 1, timeoutMs: 100, cancelGraceMs: 1 })
    await expect(pool.submitWith({ retryOn: 'RangeError' }, 'loop')).rejects.toMatchObject({ code: 'TIMED_OUT', attempts: 1 })
    await expect(pool.submitWith({ retryOn: 'TIMED_OUT' }, 'loop')).rejects.toMatchObject({ code: 'TIMED_OUT', attempts: 2 })
    expect(pool.statistics().byTask['loop']).toMatchObject({ ran: 3, failed: 3, retried: 1, timedOut: 3 })
  })

  it('and those that wait end with their call when its deadline is over, and the pool goes on', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 1, cancelGraceMs: 1 })
    await pool.submit('square', 1)
    await expect(pool.map('square', [1, 2], { deadlineMs: 60_000 })).resolves.toEqual([1, 4])
    const late = { code: 'TIMED_OUT', message: expect.stringContaining('whole call') as string }
    await expect(pool.map('wait', [1, 2, 3] as never[], { deadlineMs: 200, chunkSize: 1 })).rejects.toMatchObject(late)
    await expect(pool.submitWith({ deadlineMs: 200 }, 'loop')).rejects.toMatchObject(late)
    expect(await pool.submit('square', 3)).toBe(9)
  })

  it('are answered for by another task, with the same arguments, when their attempts are spent', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 2, retries: 1 })
    expect(await pool.map('evenOnly', [0, 1, 2, 3, 4], { fallbackTask: 'negate', chunkSize: 2 })).toEqual([0, -1, 2, -3, 4])
    expect(
      await pool.starmap(
        'failSum',
        [
          [1, 2],
          [3, 4],
        ],
        { fallbackTask: 'sum' },
      ),
    ).toEqual([3, 7])
    expect(await collect(pool.imap('evenOnly', [5, 6, 7], { fallbackTask: 'negate' }))).toEqual([-5, 6, -7])
    expect(await pool.submitWith({ fallbackTask: 'sum' }, 'failSum', 20, 22)).toBe(42)
    expect(await pool.apply('evenOnly', [9], { fallbackTask: 'negate' })).toBe(-9)
    expect(pool.statistics().byTask['evenOnly']?.retried).toBe(5)
  })

  it('are answered for where they brought their worker down, or took too long', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 1, crashLimit: 1, cancelGraceMs: 1 })
    expect(await pool.apply('exit', [], { fallbackTask: 'setUpsSoFar' })).toBe(0)
    expect(await pool.apply('loop', [], { fallbackTask: 'setUpsSoFar', timeoutMs: 100 })).toBe(0)
  })

  it('fail with both errors where the other task fails as well; a fallback value answers for both', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 1 })
    const failure = { message: 'no 1 and 2', attempts: 2, cause: { message: 'no 1 and 2', cause: { message: 'no 1 and 2' } } }
    await expect(pool.apply('failSum', [1, 2], { fallbackTask: 'failSum' })).rejects.toMatchObject(failure)
    expect(await pool.apply('failSum', [1, 2], { fallbackTask: 'failSum', fallback: 7 as never })).toBe(7)
    const outcomes = await pool.map('evenOnly', [1, 2], { fallbackTask: 'evenOnly', settle: true })
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    await expect(pool.apply('evenOnly', [1], { fallbackTask: 'evnOnly' as 'negate' })).rejects.toMatchObject({
      code: 'TASK_UNKNOWN',
      message: expect.stringContaining('did you mean evenOnly') as string,
    })
  })

  it('are answered for while the pool closes, and beyond its queueLimit', async () => {
    const pool = new Pool<Tasks>(TASKS, { size: 1, queueLimit: 1 })
    const answered = pool.map('evenOnly', [1, 2, 3], { fallbackTask: 'negate', chunkSize: 1 })
    await pool.close()
    expect(await answered).toEqual([-1, 2, -3])
  })

  it('take the account of the call with them', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 1 })
    const ends: unknown[] = []
    const onEnd = (summary: unknown): number => ends.push(summary)
    await pool.map('evenOnly', [1, 2, 3], { fallbackTask: 'negate', onEnd })
    await pool.apply('evenOnly', [1], { fallbackTask: 'negate', onEnd })
    expect(ends).toMatchObject([
      { outcome: 'completed', completed: 3, failed: 0 },
      { outcome: 'completed', completed: 1, failed: 0 },
    ])
  })

  it('are what an option that makes no sense would be about', async () => {
    expect(() => new Pool<Tasks>(TASKS, { retryOn: 5 as never })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error)
    expect(() => new Pool<Tasks>(TASKS, { jitter: 2 })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error)
    await using pool = new Pool<Tasks>(TASKS, { size: 1 })
    await expect(pool.map('square', [1], { fallbackTask: 'negate', failFast: true })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await expect(pool.map('square', [1], { fallbackTask: '' as 'negate' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
  })
})
