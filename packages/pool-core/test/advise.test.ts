import { describe, expect, test } from 'vitest'
import { advise } from '../src/index.ts'

type Tasks = typeof import('./fixtures/advice-tasks.ts')
const TASKS = new URL('./fixtures/advice-tasks.ts', import.meta.url)

/** Enough to tell waiting from computing. Which of two pools is faster depends on what else the machine does, and is not asked here. */
const QUICK = { budgetMs: 60, size: 2 }

describe('advise', () => {
  test('a task that computes: its processor share is near 1, in all three ways', async () => {
    const { measured, reasons } = await advise<Tasks>(TASKS, 'spin', [[100_000], [200_000]], QUICK)
    expect(measured.cpuShare).toBeGreaterThan(0.5)
    expect(measured.async).toMatchObject({ size: 1, concurrency: 1, speedup: 1 })
    expect(measured.threads).toMatchObject({ size: 2, tasksPerSecond: expect.any(Number) as number })
    expect(measured.processes).toMatchObject({ size: 2, tasksPerSecond: expect.any(Number) as number })
    expect(reasons[0]).toContain('it computes')
  })

  test('next to nothing is not worth a pool', async () => {
    const { recommended, size, concurrency } = await advise<Tasks>(TASKS, 'square', [[1], [2], [3]], QUICK)
    expect({ recommended, size, concurrency }).toEqual({ recommended: 'async', size: 1, concurrency: 1 })
  })

  test('what waits runs many at once', async () => {
    const { recommended, concurrency, measured } = await advise<Tasks>(TASKS, 'pause', [[20]], QUICK)
    expect(recommended).toBe('async')
    expect(concurrency).toBeGreaterThan(4)
    expect(measured.cpuShare).toBeLessThan(0.5)
    expect(measured.async.speedup).toBeGreaterThan(2)
  })

  test('what blocks while it waits needs workers, more than there are cores', async () => {
    const { recommended, size, concurrency, measured } = await advise<Tasks>(TASKS, 'block', [[150]], QUICK)
    expect(recommended).not.toBe('async')
    expect(size).toBeGreaterThan(measured.cores)
    expect(concurrency).toBe(1)
  })

  test('a task that fails in threads is measured in processes', async () => {
    const { measured, recommended } = await advise<Tasks>(TASKS, 'onlyInProcesses', [[100_000]], QUICK)
    expect(measured.threads).toEqual({ failed: expect.stringContaining('needs a main thread') as string })
    expect(recommended).not.toBe('threads')
  })

  test('several arguments', async () => {
    expect((await advise<Tasks>(TASKS, 'add', [[1, 2]], QUICK)).measured.payload.argumentBytes).toBeGreaterThan(0)
  })

  test('a task that throws rejects, and names itself and its sample', async () => {
    await expect(advise<Tasks>(TASKS, 'fail', [['/no/such/file']], QUICK)).rejects.toMatchObject({
      name: 'TaskError',
      task: 'fail',
      index: 0,
    })
  })

  test('an endless one ends', async () => {
    await expect(advise<Tasks>(TASKS, 'forever', [[]], { ...QUICK, timeoutMs: 200 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })

  test('bad arguments', async () => {
    await expect(advise(TASKS, 'sqare', [[1]], QUICK)).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
    for (const samples of [[], [1], 'x'])
      await expect(advise(TASKS, 'square', samples as never, QUICK)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await expect(advise(TASKS, 'square', [[1]], { ...QUICK, size: 0 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await expect(advise(TASKS, 'square', [[1]], { ...QUICK, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })

  test('names and samples are checked', () => {
    // Never called: the compiler has to refuse the arguments.
    const wrong = (): unknown[] => [
      // @ts-expect-error there is no such task
      advise<Tasks>(TASKS, 'sqare', [[1]]),
      // @ts-expect-error an argument of the wrong type
      advise<Tasks, 'square'>(TASKS, 'square', [['1']]),
    ]
    expect(wrong).toBeTypeOf('function')
  })
})
