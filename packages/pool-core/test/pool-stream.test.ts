import { describe, expect, it } from 'vitest'
import { ProcessPool, ThreadPool } from '../src/index.ts'
import type { LocalPoolOptions } from '../src/index.ts'
import type * as tasks from './fixtures/stream-tasks.ts'

const module = new URL('./fixtures/stream-tasks.ts', import.meta.url)
type Tasks = typeof tasks

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

describe.each([
  ['thread', 1, ThreadPool],
  ['thread', 4, ThreadPool],
  ['process', 1, ProcessPool],
  ['process', 4, ProcessPool],
] as const)('a generator in a %s pool, with %s tasks at once,', (_kind, concurrency, Pool) => {
  const open = (options: LocalPoolOptions<Tasks> = {}) => new Pool<Tasks>(module, { size: 1, concurrency, ...options })
  const figures = async (pool: ReturnType<typeof open>, condition: (seen: { made: number; ended: number }) => boolean) => {
    let seen = await pool.submit('figures')
    while (!condition(seen)) seen = await pool.submit('figures')
    return seen
  }

  it('gives its items in order, with whatever room', async () => {
    await using pool = open()
    const thousand = Array.from({ length: 1_000 }, (_, i) => i)
    expect(await collect(pool.stream('count', 0, 1_000))).toEqual(thousand)
    expect(await collect(pool.streamWith({ bufferSize: 1 }, 'count', 0, 50))).toEqual(thousand.slice(0, 50))
    expect(await collect(pool.streamWith({ bufferSize: 7 }, 'count', 0, 500))).toEqual(thousand.slice(0, 500))
    expect(await collect(pool.stream('count', 5, 5))).toEqual([])
    expect(await collect(pool.stream('list', 3))).toEqual([0, 1, 2])
  })

  it('waits for its reader, while its worker runs other tasks, and ends when the reader leaves', async () => {
    await using pool = open()
    const stream = pool.streamWith({ bufferSize: 10 }, 'endless')
    expect(await stream.next()).toEqual({ done: false, value: { n: 0 } })
    expect(await pool.submit('square', 3)).toBe(9)
    let read = 1
    for await (const { n } of stream) {
      expect(n).toBe(read++)
      const { made } = await pool.submit('figures')
      expect(made).toBeLessThanOrEqual(read + 10)
      if (read === 30) break
    }
    expect((await figures(pool, ({ ended }) => ended === 1)).ended).toBe(1)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(pool.statistics().workers.lost).toBe(0)
  })

  it('that awaits does so too, and several run beside each other', async () => {
    await using pool = open()
    const streams = [pool.stream('endlessLater'), pool.streamWith({ bufferSize: 3 }, 'endlessLater'), pool.stream('waitsForAbort')] as const
    expect(await streams[2].next()).toEqual({ done: false, value: 'first' })
    for (const stream of [streams[0], streams[1]]) expect((await stream.next()).value).toBe(0)
    for (const stream of streams) await stream.return()
    await figures(pool, ({ ended }) => ended === 3)
    expect(pool.statistics().workers.lost).toBe(0)
  })

  it('that throws, or yields what cannot be sent, fails behind its items', async () => {
    await using pool = open()
    const seen: unknown[] = []
    const read = async (items: AsyncIterable<unknown>) => {
      for await (const item of items) seen.push(item)
    }
    await expect(read(pool.stream('breaks', 3))).rejects.toMatchObject({ name: 'TaskError', task: 'breaks', message: 'after 3' })
    expect(seen).toEqual([0, 1, 2])
    await expect(read(pool.stream('unsendable'))).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
    expect(seen).toEqual([0, 1, 2, 1])
    await figures(pool, ({ ended }) => ended === 1)
    await expect(read(pool.stream('square' as 'list', 3))).rejects.toMatchObject({
      message: expect.stringContaining('no generator') as string,
    })
    await expect(read(pool.stream('sqare' as 'list', 3))).rejects.toMatchObject({ code: 'TASK_UNKNOWN' })
  })

  it('stops at a signal, with its reason', async () => {
    await using pool = open()
    await expect(collect(pool.streamWith({ signal: AbortSignal.abort(new Error('before')) }, 'endless'))).rejects.toThrow('before')
    const stop = new AbortController()
    const read = async () => {
      for await (const { n } of pool.streamWith({ signal: stop.signal, bufferSize: 2 }, 'endless'))
        if (n === 5) stop.abort(new Error('enough'))
    }
    await expect(read()).rejects.toThrow('enough')
    await figures(pool, ({ ended }) => ended === 1)
  })

  it('whose worker is lost fails, and does not begin again; one that was not begun does', async () => {
    await using pool = open()
    const seen: number[] = []
    const read = async () => {
      for await (const n of pool.stream('exitsAfter', 2)) seen.push(n)
    }
    await expect(read()).rejects.toMatchObject({ name: 'WorkerLostError', task: 'exitsAfter', exitCode: 4 })
    expect(seen).toEqual([0, 1])
    await expect(collect(pool.stream('exitsAfter', 0))).rejects.toMatchObject({ name: 'WorkerLostError', attempts: 3 })
    expect(await collect(pool.stream('count', 0, 3))).toEqual([0, 1, 2])
  })

  it('called by submit or map says what to call', async () => {
    await using pool = open()
    const calls: Pick<ThreadPool, 'submit' | 'map'> = pool as unknown as ThreadPool
    await expect(calls.submit('count', 0, 3)).rejects.toMatchObject({ message: expect.stringContaining('call it with stream') as string })
    await expect(calls.map('endlessLater', [1])).rejects.toMatchObject({
      message: expect.stringContaining('call it with stream') as string,
    })
    expect(pool.statistics().workers.lost).toBe(0)
  })

  it('ends with its pool', async () => {
    const pool = open()
    const stream = pool.stream('endless')
    await stream.next()
    const closing = pool.terminate()
    await expect(collect(stream)).rejects.toMatchObject({ code: 'POOL_CLOSED' })
    await closing
    await expect(collect(pool.stream('endless'))).rejects.toMatchObject({ code: 'POOL_CLOSED' })
    expect(() => pool.streamWith({ bufferSize: 0 }, 'endless')).toThrow(/bufferSize/)
  })
})
