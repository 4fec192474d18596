import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, it } from 'vitest'
import { ProcessPool, taskContext, ThreadPool } from '../src/index.ts'
import type { LocalPoolOptions, TaskLog, TaskProgress } from '../src/index.ts'
import type * as tasks from './fixtures/context-tasks.ts'
import { tenant } from './fixtures/carried.ts'

const module = new URL('./fixtures/context-tasks.ts', import.meta.url)
type Tasks = typeof tasks

describe.each([
  ['thread', 1, ThreadPool],
  ['thread', 4, ThreadPool],
  ['process', 1, ProcessPool],
  ['process', 4, ProcessPool],
] as const)('a task of a %s pool, with %s of them at once,', (_kind, concurrency, Pool) => {
  const open = (options: LocalPoolOptions<Tasks> = {}) => new Pool<Tasks>(module, { size: 1, concurrency, ...options })

  it('knows its place, after an await too', async () => {
    await using pool = open()
    const places = await pool.map('whereAmI', [10, 11, 12, 13, 14])
    expect(places.map(({ index, attempt, n }) => [index, attempt, n])).toEqual([10, 11, 12, 13, 14].map((n, i) => [i, 1, n]))
    expect(new Set(places.map(({ worker }) => worker)).size).toBe(1)
  })

  it('logs to the caller, or else to the pool', async () => {
    const ofPool: TaskLog[] = []
    const ofCall: TaskLog[] = []
    await using pool = open({ onLog: (log) => ofPool.push(log) })
    expect(await pool.map('speak', ['a', 'bb'], { onLog: (log) => ofCall.push(log) })).toEqual(['a', 'bb'])
    expect(ofPool).toEqual([])
    const said = ofCall.toSorted((a, b) => a.index - b.index)
    expect(said.map(({ index, attempt, values }) => [index, attempt, values])).toEqual([
      [0, 1, ['says', { text: 'a' }]],
      [0, 1, [1, '[Function (anonymous)]']],
      [1, 1, ['says', { text: 'bb' }]],
      [1, 1, [2, '[Function (anonymous)]']],
    ])
    await pool.submit('speak', 'c')
    expect(ofPool.map(({ values }) => values[0])).toEqual(['says', 1])
    expect(ofPool[0]?.worker).toBe(ofCall[0]?.worker)
  })

  it('says how far it is: to the call, and by its future', async () => {
    const seen: TaskProgress[] = []
    await using pool = open()
    const future = pool.submitWith({ onTaskProgress: (progress) => seen.push(progress) }, 'stepwise', 40)
    expect(future.progress).toBeUndefined()
    expect(await future).toBe(40)
    expect(future.progress).toBe(1)
    expect(seen.at(-1)).toMatchObject({ index: 0, attempt: 1, fraction: 1, note: 'step 40' })
    expect(seen.map(({ fraction }) => fraction)).toEqual(seen.map(({ fraction }) => fraction).toSorted((a, b) => a - b))
    const ends = new Map<number, number>()
    await pool.map('stepwise', [3, 4], { onTaskProgress: ({ index, fraction }) => ends.set(index, fraction) })
    expect([...ends].toSorted(([a], [b]) => a - b)).toEqual([
      [0, 1],
      [1, 1],
    ])
    await expect(pool.submit('noFraction', 2)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
  })

  it('has what storages held where it was called', async () => {
    const trace = new AsyncLocalStorage<{ readonly id: number }>()
    await using pool = open({ context: { trace } })
    const none = { before: undefined, after: undefined, trace: undefined, none: undefined }
    expect(await pool.submit('stores')).toEqual(none)
    const call = (name: string, id: number) => tenant.run({ name }, () => trace.run({ id }, () => pool.submit('stores')))
    // In one go, so that calls without would travel together.
    const calls = [pool.submit('stores'), call('a', 1), call('b', 2), tenant.run({ name: 'c' }, () => pool.submit('stores'))]
    expect(await Promise.all(calls)).toEqual([
      none,
      { before: 'a', after: 'a', trace: { id: 1 }, none: undefined },
      { before: 'b', after: 'b', trace: { id: 2 }, none: undefined },
      { before: 'c', after: 'c', trace: undefined, none: undefined },
    ])
    const mapped = await tenant.run({ name: 'd' }, () => pool.map('stores', [undefined, undefined]))
    expect(mapped).toMatchObject([{ after: 'd' }, { after: 'd' }])
    expect(await pool.submit('stores')).toEqual(none)
  })

  it('is not called where a store cannot go along', async () => {
    const trace = new AsyncLocalStorage<unknown>()
    await using pool = open({ context: { trace } })
    const call = () => trace.run({ request: () => 1 }, () => pool.map('stores', [undefined]))
    await expect(call()).rejects.toMatchObject({ code: 'NOT_SERIALISABLE', message: expect.stringContaining('"trace"') as string })
  })
})

describe('outside a pool', () => {
  it('a context says nothing to anybody, and has no pool', () => {
    expect(taskContext().index).toBe(0)
    expect(taskContext().store('trace')).toBeUndefined()
    expect(() => taskContext().pool()).toThrow(/ThreadPool or a ProcessPool/)
    taskContext().progress(0.5)
  })

  it('an option of the pool that is no storage is refused', () => {
    expect(() => new ThreadPool(module, { context: { trace: {} as AsyncLocalStorage<unknown> } })).toThrow(/"trace" has no getStore/)
  })
})
