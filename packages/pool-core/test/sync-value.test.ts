import { decode, encode } from 'cbor-x'
import { describe, expect, test } from 'vitest'
import {
  attach,
  Barrier,
  BoundedSemaphore,
  Condition,
  createMemory,
  Event,
  isHandle,
  Lock,
  RLock,
  Semaphore,
  SharedArray,
  SharedMemory,
  Value,
} from '../src/sync/index.ts'
import { actorsForAll, keepUntilTheEnd } from './shared-objects.ts'
import { KINDS } from './sync-actors.ts'

const cborCopy = (value: unknown): unknown => decode(encode(value))

const TYPES = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'f32', 'f64'] as const

describe.each(KINDS)('between %s actors', (memory) => {
  const keep = keepUntilTheEnd()
  const actors = actorsForAll(memory, 1)

  test.each(TYPES)('a Value of type %s, changed by another', async (type) => {
    const value = keep(new Value(type, 7, { memory }))
    const remote = await actors[0]!.attach(value.handle)
    expect(await remote.call('value')).toBe(7)
    value.value = 9
    expect(await remote.call('value')).toBe(9)
    expect(value.update((old) => old + 1)).toBe(10)
    expect(await remote.call('value')).toBe(10)
  })

  test('a Value of 64-bit integers', async () => {
    const value = keep(new Value('i64', -5n, { memory }))
    const remote = await actors[0]!.attach(value.handle)
    expect(await remote.call('value')).toBe(-5n)
    expect(keep(new Value('u64', undefined, { memory })).value).toBe(0n)
  })

  test('a raw Value has no lock', () => {
    const value = keep(new Value('i32', 3, { memory, lock: false }))
    expect(value.value).toBe(3)
    expect(() => value.lock).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
    expect(Value.attach(value.handle).handle.isLocked).toBe(false)
  })

  test('the lock of a Value is an RLock that others respect', async () => {
    const value = keep(new Value('i32', 0, { memory }))
    {
      using _held = value.lock.acquireSync()
      value.value = value.value + 1
    }
    expect(value.value).toBe(1)
    expect(value.lock.isLocked).toBe(false)
  })

  test('an unknown type is refused', () => {
    expect(() => new Value('i128' as never)).toThrow(TypeError)
    expect(() => new SharedArray('text' as never, 3)).toThrow(TypeError)
  })

  test('a SharedArray of given elements, changed by another', async () => {
    const array = keep(new SharedArray('i32', [680, 626, 934], { memory }))
    const remote = await actors[0]!.attach(array.handle)
    expect(array.length).toBe(3)
    await remote.call('set', 1, -1)
    expect(array.slice()).toEqual([680, -1, 934])
    expect(array.slice(1, 2)).toEqual([-1])
    array.update((elements) => {
      elements[0] = 1
    })
    expect(await remote.call('get', 0)).toBe(1)
    expect(() => array.get(3)).toThrow(RangeError)
    expect(() => array.set(-1, 0)).toThrow(RangeError)
  })

  test('a SharedArray of a length is zeroed', () => {
    const array = keep(new SharedArray('f64', 10, { memory }))
    expect(array.slice()).toEqual(Array.from({ length: 10 }, () => 0))
    for (const length of [-1, 1.5]) expect(() => new SharedArray('f64', length)).toThrow(RangeError)
    expect(keep(new SharedArray('u8', 0, { memory })).slice()).toEqual([])
  })

  test('a raw SharedArray has no lock', () => {
    const array = keep(new SharedArray('u8', [1, 2], { memory, lock: false }))
    expect(() => array.lock).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
    array.raw[0] = 255
    expect(array.get(0)).toBe(255)
  })

  test('the lock of a SharedArray holds over many accesses', () => {
    const array = keep(new SharedArray('i32', 4, { memory }))
    using _held = array.lock.acquireSync()
    for (let i = 0; i < 4; i++) array.set(i, i * i)
    expect(array.slice()).toEqual([0, 1, 4, 9])
  })

  test('many primitives live in one memory', async () => {
    const one = SharedMemory.create({ kind: memory, size: 4096 })
    const lock = new Lock({ memory: one.memory, offset: 64 })
    const value = new Value('i32', 5, { memory: one.memory, offset: 128 })
    const [remoteLock, remoteValue] = await Promise.all([actors[0]!.attach(lock.handle), actors[0]!.attach(value.handle)])
    await remoteLock.call('acquireSync')
    expect(lock.isLocked).toBe(true)
    expect(await remoteValue.call('value')).toBe(5)
    lock.release()
    expect(() => new Lock({ memory: one.memory, offset: 4092 })).toThrow(RangeError)
    expect(() => new Lock({ memory: one.memory, offset: 3 })).toThrow(RangeError)
    one.unlink()
    one.close()
  })

  test('a handle survives the ways that values travel, and is live on the other side', () => {
    const lock = keep(new Lock({ memory, name: 'mine' }))
    const { handle } = lock
    const ways = memory === 'thread' ? [structuredClone] : [structuredClone, cborCopy, (one: unknown) => JSON.parse(JSON.stringify(one))]
    for (const way of ways) {
      const copy = way(handle) as typeof handle
      expect(copy).toEqual(handle)
      expect(isHandle(copy)).toBe(true)
      const again = attach(copy) as Lock
      again.acquireSync()
      expect(lock.isLocked).toBe(true)
      lock.release()
      again.close()
    }
    for (const other of [undefined, null, 7, {}, { forkpool: 'constructor' }, { forkpool: 'task' }]) {
      expect(isHandle(other)).toBe(false)
      expect(() => attach(other as never)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
    }
    expect(() => RLock.attach(handle as never)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  })

  test('whatever was closed says so', async () => {
    const cases: [{ close(): void; unlink(): void }, () => unknown][] = []
    const add = <Kept extends { close(): void; unlink(): void }>(kept: Kept, use: (kept: Kept) => unknown): unknown =>
      cases.push([kept, () => use(kept)])
    add(new Lock({ memory }), (lock) => lock.acquireSync())
    add(new Lock({ memory }), (lock) => lock.release())
    add(new Semaphore({ memory }), (semaphore) => semaphore.acquireSync())
    add(new BoundedSemaphore({ memory }), (semaphore) => semaphore.release())
    add(new Event({ memory }), (event) => event.set())
    add(new Condition({ memory }), (condition) => condition.notify())
    add(new Barrier({ memory, parties: 1 }), (barrier) => barrier.waitSync())
    add(new Value('i32', 1, { memory, lock: false }), (value) => value.value)
    add(new SharedArray('i32', 1, { memory }), (array) => array.get(0))
    for (const [object, use] of cases) {
      object.unlink()
      object.close()
      object.close()
      expect(use).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    }
  })

  test('a wait that is under way when its holder closes the primitive rejects', async () => {
    const lock = new Lock({ memory })
    lock.acquireSync()
    const waiting = lock.acquire()
    lock.unlink()
    lock.close()
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('polling memory serves the same primitives', async () => {
    const bare = createMemory({ kind: memory, byteLength: 256, polling: true })
    const lock = new Lock({ memory: bare })
    const remote = await actors[0]!.attach(lock.handle)
    await remote.call('acquireSync')
    const waiting = lock.acquire()
    await remote.call('release')
    await waiting
    expect(await remote.call('acquireSync', { timeoutMs: 10 })).toBeUndefined()
    lock.release()
    bare.unlink()
    bare.close()
  })
})
