import { describe, expect, it } from 'vitest'
import { ProcessPool, ThreadPool } from '../src/index.ts'
import type { LocalPoolOptions } from '../src/index.ts'
import { Lock, Queue, SharedArray, Value } from '../src/sync/index.ts'
import type * as tasks from './fixtures/shared-tasks.ts'

const module = new URL('./fixtures/shared-tasks.ts', import.meta.url)
type Tasks = typeof tasks

describe.each([
  ['thread', 'thread', ThreadPool],
  ['thread', 'process', ThreadPool],
  ['process', 'process', ProcessPool],
] as const)('primitives as arguments in a %s pool, in %s memory', (_kind, memory, Pool) => {
  const open = (options: LocalPoolOptions<Tasks> = {}) => new Pool<Tasks>(module, { size: 2, ...options })

  it('are live on the other side, in single calls and in batches', async () => {
    await using pool = open()
    using lock = new Lock({ memory })
    using count = new Value('i32', 0, { memory })
    await pool.starmap(
      'increment',
      Array.from({ length: 40 }, () => [lock, count, 50] as const),
      { chunkSize: 5 },
    )
    await Promise.all(Array.from({ length: 20 }, () => pool.submit('increment', lock, count, 10)))
    expect(count.value).toBe(2_200)
    expect(lock.isLocked).toBe(false)
    expect(await pool.map('incrementIn', [{ counter: count }])).toEqual([2_201])
    expect(await pool.submit('incrementByHandle', count.handle)).toBe(2_202)
    expect(await pool.map('kind', [lock, count])).toEqual(['Lock', 'Value'])
    for (const primitive of [lock, count]) if (memory === 'process') primitive.unlink()
  })

  it('carry results, and are results', async () => {
    await using pool = open()
    using queue = new Queue<unknown>({ memory })
    using array = new SharedArray('f64', 4, { memory })
    const puts = pool.map('echo', [1]).then(() => pool.submit('put', queue, { of: 'a task' }))
    expect(await queue.get()).toEqual({ of: 'a task' })
    await puts
    await pool.submit('fillShared', array, 10)
    expect(array.slice()).toEqual([10, 11, 12, 13])
    const back = (await pool.submit('echo', array)) as SharedArray<'f64'>
    back.set(0, 99)
    expect(array.get(0)).toBe(99)
    back.close()
    for (const primitive of [queue, array]) if (memory === 'process') primitive.unlink()
  })
})

describe('memory of threads', () => {
  it('is shared with the tasks of a thread pool, as buffers and views', async () => {
    await using pool = new ThreadPool<Tasks>(module, { size: 2 })
    const buffer = new SharedArrayBuffer(64)
    const whole = new Float64Array(buffer)
    const part = new Float64Array(buffer, 16, 4)
    await pool.submit('fill', part, 1)
    expect([...whole]).toEqual([0, 0, 1, 2, 3, 4, 0, 0])
    await pool.starmap('fill', [
      [new Float64Array(buffer, 0, 1), 7],
      [new Float64Array(buffer, 56, 1), 8],
    ])
    expect([...whole]).toEqual([7, 0, 1, 2, 3, 4, 0, 8])
    const back = (await pool.submit('echo', { deep: [buffer] })) as { deep: [SharedArrayBuffer] }
    new Float64Array(back.deep[0])[1] = 5
    expect(whole[1]).toBe(5)
  })

  it('is refused by a process pool, in words that help', async () => {
    await using pool = new ProcessPool<Tasks>(module, { size: 1 })
    using lock = new Lock()
    await expect(pool.submit('echo', lock)).rejects.toMatchObject({
      code: 'NOT_SERIALISABLE',
      message:
        "items[0] is a lock in thread memory, and not in process memory (memory: 'process'), which cannot be sent to or from a worker",
    })
    await expect(pool.map('echo', [1, lock.handle])).rejects.toMatchObject({
      code: 'NOT_SERIALISABLE',
      message: expect.stringContaining('shared memory') as string,
    })
    await expect(pool.submit('echo', new Uint8Array(new SharedArrayBuffer(8)))).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
  })
})

describe.each([
  ['thread', ThreadPool],
  ['process', ProcessPool],
] as const)('buffers that are moved, in a %s pool,', (kind, Pool) => {
  const open = (options: LocalPoolOptions<Tasks> = {}) => new Pool<Tasks>(module, { size: 1, ...options })

  it('come and go with their contents, and are gone where they were', async () => {
    await using pool = open()
    const pixels = new Uint8Array([1, 2, 3])
    const result = await pool.submitWith({ transfer: [pixels.buffer] }, 'double', pixels)
    expect(result).toEqual(new Uint8Array([2, 4, 6]))
    expect(pixels.length).toBe(0)
    const other = new Uint8Array([1])
    expect(await pool.apply('double', [other], { transfer: [other.buffer, new ArrayBuffer(8)] })).toEqual(new Uint8Array([2]))
    expect(other.length).toBe(0)
    expect(await pool.map('make', [2, 3])).toEqual([2, 3].map((length) => ({ pixels: new Float64Array(length).fill(0.5), name: 'image' })))
  })

  it('leave the task, where it is a thread', async () => {
    await using pool = open()
    expect(await pool.submit('keep', 3)).toEqual(new Uint8Array([7, 7, 7]))
    expect(await pool.submit('keptLength')).toBe(kind === 'thread' ? 0 : 3)
  })

  it('say why they cannot be moved', async () => {
    await using pool = open()
    const call = (transfer: unknown, options: object = {}) =>
      pool.submitWith({ transfer: transfer as ArrayBuffer[], ...options }, 'lengthOf', new ArrayBuffer(1)).result()
    await expect(call([new SharedArrayBuffer(1)])).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('shared memory') as string,
    })
    await expect(call([new Uint8Array(1)])).rejects.toMatchObject({
      message: expect.stringContaining('a Uint8Array: name its buffer') as string,
    })
    await expect(call(['x'])).rejects.toMatchObject({ message: expect.stringContaining('type string') as string })
    const gone = new ArrayBuffer(1)
    structuredClone(gone, { transfer: [gone] })
    await expect(call([gone])).rejects.toMatchObject({ message: expect.stringContaining('moved already') as string })
    await expect(call([Buffer.from('small').buffer])).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await expect(call([new ArrayBuffer(1)], { retries: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('retries') as string,
    })
    await expect(pool.map('lengthOf', [], { transfer: [] })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await expect(pool.submit('moveTwice')).rejects.toMatchObject({ message: expect.stringContaining('moved already') as string })
    expect(await pool.submit('lengthOf', new ArrayBuffer(5))).toBe(5)
  })

  it('go down with the worker that has them', async () => {
    await using pool = open()
    const buffer = new ArrayBuffer(8)
    const call = pool.submitWith({ transfer: [buffer] }, 'end', buffer)
    await expect(call.result()).rejects.toMatchObject({
      name: 'WorkerLostError',
      task: 'end',
      exitCode: 6,
      attempts: kind === 'thread' ? 1 : 3,
    })
  })
})

it('a buffer larger than any frame is moved to a thread and back without a copy of its own', async () => {
  await using pool = new ThreadPool<Tasks>(module, { size: 1 })
  const large = new Uint8Array(64 * 1024 * 1024)
  large[large.length - 1] = 21
  const doubled = await pool.submitWith({ transfer: [large.buffer] }, 'double', large)
  expect([doubled.length, doubled.at(-1)]).toEqual([64 * 1024 * 1024, 42])
})
