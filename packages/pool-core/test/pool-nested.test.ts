import { describe, expect, it } from 'vitest'
import { ProcessPool, ThreadPool } from '../src/index.ts'
import type { LocalPoolOptions } from '../src/index.ts'
import type * as tasks from './fixtures/nested-tasks.ts'

const module = new URL('./fixtures/nested-tasks.ts', import.meta.url)
type Tasks = typeof tasks

describe.each([
  ['thread', 1, ThreadPool],
  ['thread', 4, ThreadPool],
  ['process', 1, ProcessPool],
  ['process', 4, ProcessPool],
] as const)('a task of a %s pool, with %s of them at once, that calls its own pool', (_kind, concurrency, Pool) => {
  const open = (options: LocalPoolOptions<Tasks> = {}) => new Pool<Tasks>(module, { size: 1, concurrency, ...options })

  it('comes to an end, though the pool has one worker and every level waits for the next', async () => {
    await using pool = open()
    expect(await pool.submit('fibonacci', 6)).toBe(8)
    expect(pool.statistics()).toMatchObject({ openCalls: 0, tasks: { queued: 0, running: 0, failed: 0 }, workers: { started: 1, lost: 0 } })
    expect(await pool.map('fibonacci', [1, 2, 3, 4, 5, 6, 7])).toEqual([1, 1, 2, 3, 5, 8, 13])
  })

  it('has all of its workers, and all of the calls', async () => {
    await using pool = open({ size: 2 })
    expect(await pool.map('sumOfSquares', [100, 10, 1_000])).toEqual([328_350, 285, 332_833_500])
    expect(await Promise.all(Array.from({ length: 20 }, () => pool.submit('fibonacci', 4)))).toEqual(Array.from({ length: 20 }, () => 3))
  })

  it('gets the failure of what it called', async () => {
    await using pool = open()
    expect(await pool.submit('catches')).toBe('failed below')
  })

  it('takes what it called along when it is cancelled', async () => {
    await using pool = open()
    const call = pool.submit('waitsBelow')
    while (pool.statistics().tasks.running < 2) await new Promise((resolve) => setImmediate(resolve))
    call.cancel()
    while ((await pool.submit('abortedTasks')) < 1);
    expect(pool.statistics().workers.lost).toBe(0)
    expect(await pool.submit('square', 3)).toBe(9)
  })

  it('fails when what it calls brings down the worker of both, and its neighbours succeed', { timeout: 20_000 }, async () => {
    await using pool = open({ crashLimit: 2 })
    const outcomes = await pool.map('callsEnd', ['a', 'exit', 'b'], { settle: true })
    expect(outcomes).toMatchObject([{ value: 'a above' }, { reason: { name: 'WorkerLostError', index: 1 } }, { value: 'b above' }])
    expect(await pool.submit('fibonacci', 5)).toBe(5)
  })

  it('may run while the pool closes, beyond its quota and its limit of calls', async () => {
    const pool = open({ maxTasksPerWorker: 1, queueLimit: 1 })
    const result = pool.submit('fibonacci', 5)
    const closing = pool.close()
    expect(await result).toBe(5)
    await closing
  })

  it('may end before what it called', async () => {
    await using pool = open()
    expect(await pool.submit('leavesBehind')).toBe('left')
    expect(await pool.submit('square', 4)).toBe(16)
  })
})
