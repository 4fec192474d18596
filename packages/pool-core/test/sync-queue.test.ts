import { describe, expect, test } from 'vitest'
import { JoinableQueue, LifoQueue, PriorityQueue, Queue, SimpleQueue } from '../src/sync/index.ts'
import { actorsForAll, keepUntilTheEnd } from './shared-objects.ts'
import { KINDS, until } from './sync-actors.ts'

describe.each(KINDS)('between %s actors', (memory) => {
  const keep = keepUntilTheEnd()
  const actors = actorsForAll(memory, 3)

  describe.each([
    ['Queue', (maxSize?: number) => keep(new Queue<number>({ memory, maxSize })), [111, 333, 222]],
    ['LifoQueue', (maxSize?: number) => keep(new LifoQueue<number>({ memory, maxSize })), [222, 333, 111]],
    ['PriorityQueue', (maxSize?: number) => keep(new PriorityQueue<number>({ memory, maxSize })), [111, 222, 333]],
    ['JoinableQueue', (maxSize?: number) => keep(new JoinableQueue<number>({ memory, maxSize })), [111, 333, 222]],
  ] as const)('%s', (_name, make, expected) => {
    test('items come out in its order', () => {
      const queue = make()
      for (const item of [111, 333, 222]) queue.putSync(item)
      expect([queue.getSync(), queue.getSync(), queue.getSync()]).toEqual(expected)
      expect(queue.isEmpty).toBe(true)
    })

    test('empty, full, and the size between', async () => {
      const queue = make(2)
      expect([queue.isEmpty, queue.isFull, queue.size]).toEqual([true, false, 0])
      queue.putSync(1)
      expect([queue.isEmpty, queue.isFull, queue.size]).toEqual([false, false, 1])
      await queue.put(2)
      expect([queue.isEmpty, queue.isFull, queue.size]).toEqual([false, true, 2])
      expect(queue.tryPut(3)).toBe(false)
      expect(() => queue.putSync(3, { timeoutMs: 5 })).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }))
      await expect(queue.put(3, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'QUEUE_FULL' })
      queue.getSync()
      await queue.get()
      expect(() => queue.getSync({ timeoutMs: 5 })).toThrow(expect.objectContaining({ code: 'QUEUE_EMPTY' }))
      await expect(queue.get({ timeoutMs: 5 })).rejects.toMatchObject({ code: 'QUEUE_EMPTY' })
      expect(queue.tryGet()).toBeUndefined()
    })

    test('a put waits for a place, a get for an item', async () => {
      const queue = make(1)
      const remote = await actors[0]!.attach(queue.handle)
      const got = remote.call('getSync')
      await until(() => queue.statistics().waitingToGet === 1)
      queue.putSync(7)
      expect(await got).toBe(7)
      queue.putSync(8)
      const put = remote.call('putSync', 9)
      await until(() => queue.statistics().waitingToPut === 1)
      expect(await queue.get()).toBe(8)
      await put
      expect(await queue.get()).toBe(9)
    })

    test('a negative timeout is refused', async () => {
      const queue = make(1)
      expect(() => queue.putSync(1, { timeoutMs: -1 })).toThrow(RangeError)
      await expect(queue.put(1, { timeoutMs: -1 })).rejects.toThrow(RangeError)
      expect(() => queue.getSync({ timeoutMs: -1 })).toThrow(RangeError)
      expect(queue.isEmpty).toBe(true)
    })

    test('tryPut and tryGet never wait', () => {
      const queue = make(2)
      expect([queue.tryPut(1), queue.tryPut(1), queue.tryPut(1)]).toEqual([true, true, false])
      expect([queue.tryGet(), queue.tryGet(), queue.tryGet()]).toEqual([{ value: 1 }, { value: 1 }, undefined])
    })

    test('a lowered maxSize keeps the items and stays full', () => {
      const queue = make(4)
      for (let i = 0; i < 3; i++) queue.putSync(i)
      queue.maxSize = 2
      expect([queue.size, queue.isFull, queue.tryPut(9)]).toEqual([3, true, false])
      queue.getSync()
      expect(queue.tryPut(9)).toBe(false)
      queue.getSync()
      expect(queue.tryPut(9)).toBe(true)
    })

    test('taskDone more often than put is an error', () => {
      const queue = make()
      expect(() => queue.taskDone()).toThrow(expect.objectContaining({ code: 'UNBALANCED' }))
      queue.putSync(1)
      queue.taskDone()
      expect(() => queue.taskDone()).toThrow(expect.objectContaining({ code: 'UNBALANCED' }))
    })

    test('join waits until all is done, and may be called again', async () => {
      const queue = make()
      const remote = await actors[0]!.attach(queue.handle)
      expect(queue.joinSync()).toBe(true)
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 5; i++) queue.putSync(i)
        expect(await queue.join({ timeoutMs: 5 })).toBe(false)
        const joined = remote.call('joinSync')
        for (let i = 0; i < 5; i++) {
          expect(queue.statistics().unfinished).toBe(5 - i)
          await queue.get()
          queue.taskDone()
        }
        expect(await queue.join()).toBe(true)
        expect(await joined).toBe(true)
      }
    })

    test('shutdown of an empty queue: put and get fail', async () => {
      const queue = make(2)
      queue.shutdown()
      for (const call of [() => queue.putSync(1), () => queue.getSync(), () => queue.tryGet(), () => queue.tryPut(1)])
        expect(call).toThrow(expect.objectContaining({ code: 'QUEUE_SHUT_DOWN' }))
      await expect(queue.put(1)).rejects.toMatchObject({ code: 'QUEUE_SHUT_DOWN' })
      await expect(queue.get()).rejects.toMatchObject({ code: 'QUEUE_SHUT_DOWN' })
    })

    test('shutdown of a queue with items: they can be got, then get fails', () => {
      const queue = make(2)
      queue.putSync(1)
      queue.shutdown()
      expect(() => queue.putSync(2)).toThrow(expect.objectContaining({ code: 'QUEUE_SHUT_DOWN' }))
      expect(queue.getSync()).toBe(1)
      expect(() => queue.getSync()).toThrow(expect.objectContaining({ code: 'QUEUE_SHUT_DOWN' }))
    })

    test('immediate shutdown drops the items', () => {
      const queue = make(2)
      queue.putSync(1)
      queue.shutdown({ immediate: true })
      expect(queue.size).toBe(0)
      expect(() => queue.getSync()).toThrow(expect.objectContaining({ code: 'QUEUE_SHUT_DOWN' }))
      expect(queue.joinSync({ timeoutMs: 0 })).toBe(true)
    })

    test('shutdown may be called again, with either value', () => {
      const queue = make(2)
      queue.putSync(1)
      queue.shutdown()
      queue.shutdown()
      expect(queue.size).toBe(1)
      queue.shutdown({ immediate: true })
      expect(queue.size).toBe(0)
      queue.shutdown()
      expect(queue.statistics().isShutDown).toBe(true)
    })

    test.each([false, true])('shutdown (immediate %s) wakes those who wait to get', async (immediate) => {
      const queue = make(2)
      const remotes = await Promise.all(actors.map((actor) => actor.attach(queue.handle)))
      const outcomes = Promise.allSettled([...remotes.map((remote) => remote.call('getSync')), queue.get()])
      await until(() => queue.statistics().waitingToGet === 4)
      queue.shutdown({ immediate })
      for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'QUEUE_SHUT_DOWN' } })
    })

    test.each([false, true])('shutdown (immediate %s) wakes those who wait to put', async (immediate) => {
      const queue = make(1)
      queue.putSync(1)
      const remotes = await Promise.all(actors.map((actor) => actor.attach(queue.handle)))
      const outcomes = Promise.allSettled([...remotes.map((remote) => remote.call('putSync', 2)), queue.put(2)])
      await until(() => queue.statistics().waitingToPut === 4)
      queue.shutdown({ immediate })
      for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'QUEUE_SHUT_DOWN' } })
      expect(queue.size).toBe(immediate ? 0 : 1)
    })

    test('immediate shutdown releases join', async () => {
      const queue = make()
      const remote = await actors[0]!.attach(queue.handle)
      queue.putSync(1)
      queue.putSync(2)
      const joined = Promise.all([remote.call('joinSync'), queue.join()])
      queue.shutdown({ immediate: true })
      expect(await joined).toEqual([true, true])
    })

    test('plain shutdown does not release join until the items are done', async () => {
      const queue = make()
      queue.putSync(1)
      queue.shutdown()
      expect(await queue.join({ timeoutMs: 10 })).toBe(false)
      queue.getSync()
      expect(queue.joinSync({ timeoutMs: 5 })).toBe(false)
      queue.taskDone()
      expect(await queue.join()).toBe(true)
    })

    test('shutdown wakes those who wait to put while another joins', async () => {
      const queue = make(1)
      queue.putSync(1)
      const remotes = await Promise.all(actors.map((actor) => actor.attach(queue.handle)))
      const put = remotes[0]!.call('putSync', 2).catch((error: unknown) => error)
      const joined = remotes[1]!.call('joinSync')
      await until(() => queue.statistics().waitingToPut === 1)
      queue.shutdown()
      expect(await put).toMatchObject({ code: 'QUEUE_SHUT_DOWN' })
      expect(await queue.join({ timeoutMs: 5 })).toBe(false)
      queue.shutdown({ immediate: true })
      expect(await joined).toBe(true)
    })

    test('immediate shutdown while others put, get and join: all end', async () => {
      const queue = make(2)
      const remotes = await Promise.all(actors.map((actor) => actor.attach(queue.handle)))
      const loop = async (call: () => Promise<unknown>): Promise<string> => {
        for (;;) {
          try {
            await call()
          } catch (error) {
            return (error as { code: string }).code
          }
        }
      }
      const ends = Promise.all([
        loop(() => remotes[0]!.call('putSync', 1)),
        loop(() => remotes[1]!.call('getSync')),
        loop(() => remotes[2]!.call('getSync')),
      ])
      const joined = queue.join()
      await until(() => queue.statistics().unfinished > 5)
      queue.shutdown({ immediate: true })
      expect(await ends).toEqual(Array.from({ length: 3 }, () => 'QUEUE_SHUT_DOWN'))
      // Items that were got before, and never called done, are still open.
      for (let left = queue.statistics().unfinished; left > 0; left--) queue.taskDone()
      expect(await joined).toBe(true)
    })

    test('shutdown while others put, get and join: all end', async () => {
      const queue = make(2)
      const remotes = await Promise.all(actors.map((actor) => actor.attach(queue.handle)))
      const produce = async (): Promise<number> => {
        for (let i = 0; ; i++) {
          try {
            await remotes[0]!.call('putSync', i)
          } catch (error) {
            expect(error).toMatchObject({ code: 'QUEUE_SHUT_DOWN' })
            return i
          }
        }
      }
      const consume = async (index: number): Promise<number> => {
        for (let i = 0; ; i++) {
          try {
            await remotes[index]!.call('getSync')
            await remotes[index]!.call('taskDone')
          } catch (error) {
            expect(error).toMatchObject({ code: 'QUEUE_SHUT_DOWN' })
            return i
          }
        }
      }
      const all = Promise.all([produce(), consume(1), consume(2)])
      await until(() => queue.statistics().unfinished > 0)
      queue.shutdown()
      const [put, ...got] = await all
      expect((got[0] ?? 0) + (got[1] ?? 0)).toBe(put)
      expect(await queue.join()).toBe(true)
    })

    test('an aborted get takes nothing', async () => {
      const queue = make()
      const controller = new AbortController()
      const wait = queue.get({ signal: controller.signal })
      await until(() => queue.statistics().waitingToGet === 1)
      controller.abort(new Error('enough'))
      await expect(wait).rejects.toThrow('enough')
      queue.putSync(5)
      expect(queue.size).toBe(1)
    })

    test('many producers and consumers lose and double nothing', async () => {
      const queue = make(8)
      const remotes = await Promise.all(actors.map((actor) => actor.attach(queue.handle)))
      const got: number[] = []
      const consume = async (): Promise<void> => {
        for await (const item of queue) got.push(item)
      }
      const consumers = [consume(), consume()]
      await Promise.all(
        remotes.map(async (remote, index) => {
          for (let i = 0; i < 200; i++) await remote.call('putSync', index * 200 + i)
        }),
      )
      queue.shutdown()
      await Promise.all(consumers)
      expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, index) => index))
    })
  })

  test('any structured-cloneable value goes through', async () => {
    const queue = keep(new Queue<unknown>({ memory }))
    const remote = await actors[0]!.attach(queue.handle)
    const circle: Record<string, unknown> = { name: 'circle' }
    circle['self'] = circle
    const values = [
      undefined,
      null,
      -0,
      Number.NaN,
      'text\ud83d\ude00',
      '\ud800 alone',
      123n ** 20n,
      new Date(0),
      new Map([[1, new Set(['a'])]]),
      new Float64Array([1, 2]),
      new Uint8Array(1000).fill(7),
      Array.from({ length: 2 }),
      circle,
    ]
    for (const value of values) {
      queue.putSync(value)
      expect(queue.getSync()).toEqual(value)
    }
    for (const value of values) {
      await remote.call('putSync', value)
      expect(await queue.get()).toEqual(value)
    }
  })

  test('a value that cannot be encoded costs no place', async () => {
    const queue = keep(new Queue<unknown>({ memory, maxSize: 1 }))
    expect(() => queue.putSync(() => 1)).toThrow(expect.objectContaining({ code: 'NOT_SERIALISABLE' }))
    await expect(queue.put(Symbol('no'))).rejects.toMatchObject({ code: 'NOT_SERIALISABLE' })
    expect(() => queue.tryPut({ deep: [() => 1] })).toThrow(expect.objectContaining({ code: 'NOT_SERIALISABLE' }))
    expect(queue.size).toBe(0)
    expect(queue.tryPut('fits')).toBe(true)
    expect(queue.getSync()).toBe('fits')
  })

  test('a value larger than the queue is refused, a large one waits for its bytes', async () => {
    const queue = keep(new Queue<Uint8Array>({ memory, bytesMax: 4096 }))
    expect(() => queue.putSync(new Uint8Array(5000))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
    queue.putSync(new Uint8Array(3000).fill(1))
    const second = queue.put(new Uint8Array(3000).fill(2))
    await until(() => queue.statistics().waitingToPut === 1)
    expect((await queue.get())[2999]).toBe(1)
    await second
    expect((await queue.get())[2999]).toBe(2)
  })

  test('equal priorities come out in order of arrival', () => {
    const queue = keep(new PriorityQueue<[number, string] | string>({ memory }))
    queue.putSync([2, 'b1'])
    queue.putSync([1, 'a'])
    queue.putSync([2, 'b2'])
    queue.putSync('c', { priority: 1.5 })
    queue.putSync('first', { priority: -Infinity })
    const out = Array.from({ length: 5 }, () => queue.getSync())
    expect(out).toEqual(['first', [1, 'a'], 'c', [2, 'b1'], [2, 'b2']])
    expect(() => queue.putSync('none')).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  })

  test('a SimpleQueue puts and gets in order', async () => {
    const queue = keep(new SimpleQueue<unknown>({ memory }))
    const remote = await actors[0]!.attach(queue.handle)
    expect(queue.isEmpty).toBe(true)
    for (let i = 0; i < 100; i++) queue.putSync(i)
    expect(queue.size).toBe(100)
    for (let i = 0; i < 50; i++) expect(await remote.call('getSync')).toBe(i)
    for (let i = 50; i < 100; i++) expect(await queue.get()).toBe(i)
    expect(queue.isEmpty).toBe(true)
    expect(queue.tryGet()).toBeUndefined()
    expect(() => queue.getSync({ timeoutMs: 5 })).toThrow(expect.objectContaining({ code: 'QUEUE_EMPTY' }))
    expect(() => queue.getSync({ timeoutMs: -5 })).toThrow(RangeError)
  })

  test.each([
    ['', async (queue: SimpleQueue<number>) => queue.get()],
    [
      ', by tryGet',
      async (queue: SimpleQueue<number>) => {
        await until(() => !queue.isEmpty)
        return queue.tryGet()?.value
      },
    ],
    [', by get with a timeout', async (queue: SimpleQueue<number>) => queue.get({ timeoutMs: 1 }).catch(() => undefined)],
  ])('a SimpleQueue between many loses nothing%s', async (_how, get) => {
    const queue = keep(new SimpleQueue<number>({ memory }))
    const remotes = await Promise.all(actors.map((actor) => actor.attach(queue.handle)))
    const got: number[] = []
    const consumer = (async () => {
      while (got.length < 300) {
        const item = await get(queue)
        if (item !== undefined) got.push(item)
      }
    })()
    await Promise.all(
      remotes.map(async (remote, index) => {
        for (let i = 0; i < 100; i++) await remote.call('put', index * 100 + i)
      }),
    )
    await consumer
    expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index))
  })

  test('a queue that was closed cannot be used by its closer, and goes on for others', async () => {
    const queue = keep(new Queue<number>({ memory }))
    const again = Queue.attach<number>(queue.handle)
    again.close()
    for (const call of [() => again.tryPut(1), () => again.tryGet(), () => again.isEmpty, () => again.shutdown()])
      expect(call).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await expect(again.get()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(queue.tryPut(1)).toBe(true)
  })
})
