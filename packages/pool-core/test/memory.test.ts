import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { koffiBinary, useKoffiBinary } from '../src/memory/koffi-binary.ts'
import { loadKoffi } from '../src/memory/load-koffi.ts'
import { attachMemory, createMemory, Lock, SharedMemory, sweepSharedMemory } from '../src/sync/index.ts'
import type { Memory } from '../src/sync/index.ts'
import { KINDS, shmEntries, until } from './sync-actors.ts'

const path = (name: string | undefined): string => `/dev/shm/${name}`
const started: ChildProcess[] = []

/** Starts the little program and waits until it has the memory. */
async function program(how: 'create' | 'attach', name: string, then: 'end' | 'exit' | 'wait'): Promise<ChildProcess> {
  const file = new URL('./memory-actor.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=forkpool-source', file, how, name, then], { stdio: ['pipe', 'pipe', 'inherit'] })
  started.push(child)
  await once(child.stdout, 'data')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null && child.signalCode === null) await kill(child)
  sweepSharedMemory()
})

describe('SharedMemory', () => {
  test('is seen by another holder, by name and by handle', () => {
    using one = SharedMemory.create({ size: 500 })
    expect(one.size).toBe(500)
    expect(one.name).toMatch(/^forkpool\.[0-9a-f]{16}$/)
    one.bytes[0] = 42
    using two = SharedMemory.attach(one.name ?? '')
    using three = SharedMemory.attach(JSON.parse(JSON.stringify(one.handle)))
    expect([two.bytes[0], two.size, three.bytes[0], three.size]).toEqual([42, 500, 42, 500])
    three.bytes[499] = 7
    expect(one.bytes[499]).toBe(7)
    one.unlink()
  })

  test('has the name that was asked for, once', () => {
    using one = SharedMemory.create({ size: 8, name: 'test.mine' })
    expect(one.name).toBe('forkpool.test.mine')
    expect(() => SharedMemory.create({ size: 8, name: 'test.mine' })).toThrow(expect.objectContaining({ code: 'ALREADY_EXISTS' }))
    using two = SharedMemory.attach('test.mine')
    using three = SharedMemory.attach('forkpool.test.mine')
    expect([two.name, three.name]).toEqual([one.name, one.name])
    one.unlink()
  })

  test('bad sizes and names are refused', () => {
    for (const size of [0, -1, 1.5, Number.NaN]) expect(() => SharedMemory.create({ size })).toThrow(RangeError)
    for (const name of ['', 'a/b', '../x', 'nul\0byte', 'x'.repeat(300), '.hidden'])
      expect(() => SharedMemory.create({ size: 8, name })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
    expect(() => SharedMemory.attach('test.none')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    expect(() => SharedMemory.create({ size: 8, kind: 'thread', name: 'x' })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }))
  })

  test('unlink removes the name once, and holders keep their views', () => {
    const one = SharedMemory.create({ size: 8 })
    using two = SharedMemory.attach(one.name ?? '')
    one.unlink()
    expect(() => one.unlink()).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    expect(() => SharedMemory.attach(one.name ?? '')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
    one.bytes[3] = 9
    expect(two.bytes[3]).toBe(9)
    one.close()
    expect(two.bytes[3]).toBe(9)
  })

  test('a name that was unlinked can be made again', () => {
    const one = SharedMemory.create({ size: 8, name: 'test.again' })
    one.bytes[0] = 1
    one.unlink()
    using two = SharedMemory.create({ size: 16, name: 'test.again' })
    expect([two.size, two.bytes[0], one.bytes[0]]).toEqual([16, 0, 1])
    two.unlink()
    one.close()
  })

  test('close empties every view, and twice is fine', () => {
    const one = SharedMemory.create({ size: 64 })
    const { bytes } = one
    one.unlink()
    one.close()
    one.close()
    expect([bytes.length, one.bytes.length]).toEqual([0, 0])
    expect(() => one.memory.wait(0, 0, 0)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    expect(() => one.memory.notify(0, 1)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  test('the file is readable and writable by its user only', () => {
    using one = SharedMemory.create({ size: 8 })
    expect(statSync(path(one.name)).mode & 0o777).toBe(0o600)
    one.unlink()
  })

  test('is shared between processes', async () => {
    using one = SharedMemory.create({ size: 64, name: 'test.across' })
    const child = await program('attach', 'test.across', 'end')
    if (child.exitCode === null) await once(child, 'exit')
    expect(one.bytes[0]).toBe(1)
    one.unlink()
  })

  test('descriptors are closed: by unlink and close for the creator, by close for the others', () => {
    const count = (): number => readdirSync('/proc/self/fd').length
    const before = count()
    const one = SharedMemory.create({ size: 64 })
    const two = SharedMemory.attach(one.name ?? '')
    expect(count()).toBe(before + 2)
    two.close()
    one.close()
    expect(count()).toBe(before + 1)
    one.unlink()
    expect(count()).toBe(before)
  })
})

describe('cleaning', () => {
  test.each(['end', 'exit'] as const)('a program that forgot to unlink leaves nothing (%s)', async (then) => {
    const child = await program('create', `test.forgot.${then}`, then)
    if (child.exitCode === null) await once(child, 'exit')
    expect(existsSync(path(`forkpool.test.forgot.${then}`))).toBe(false)
  })

  test('what a killed program left is removed by a sweep', async () => {
    const child = await program('create', 'test.crashed', 'wait')
    expect(sweepSharedMemory()).not.toContain('forkpool.test.crashed')
    await kill(child)
    expect(existsSync(path('forkpool.test.crashed'))).toBe(true)
    expect(sweepSharedMemory()).toContain('forkpool.test.crashed')
    expect(existsSync(path('forkpool.test.crashed'))).toBe(false)
  })

  test('what a killed program left is removed by the next program that starts', async () => {
    await kill(await program('create', 'test.crashed2', 'wait'))
    const next = await program('create', 'test.other', 'end')
    if (next.exitCode === null) await once(next, 'exit')
    expect(existsSync(path('forkpool.test.crashed2'))).toBe(false)
  })

  test('what another still uses stays, whoever made it and however that one ended', async () => {
    const creator = await program('create', 'test.used', 'wait')
    const user = await program('attach', 'test.used', 'wait')
    await kill(creator)
    expect(sweepSharedMemory()).not.toContain('forkpool.test.used')
    using late = SharedMemory.attach('test.used')
    expect(late.bytes[0]).toBe(2)
    late.close()
    await kill(user)
    expect(sweepSharedMemory()).toContain('forkpool.test.used')
  })

  test('a normal exit removes nothing that another uses; the last one out does', async () => {
    const creator = await program('create', 'test.last', 'wait')
    const user = await program('attach', 'test.last', 'wait')
    creator.stdin?.end()
    await once(creator, 'exit')
    expect(existsSync(path('forkpool.test.last'))).toBe(true)
    user.stdin?.end()
    await once(user, 'exit')
    expect(existsSync(path('forkpool.test.last'))).toBe(false)
  })

  test('what its creator closed for a moment stays', () => {
    const one = SharedMemory.create({ size: 8, name: 'test.moment' })
    one.bytes[0] = 5
    one.close()
    expect(sweepSharedMemory()).not.toContain('forkpool.test.moment')
    using two = SharedMemory.attach('test.moment')
    expect(two.bytes[0]).toBe(5)
    one.unlink()
  })

  test('a terminated thread leaves nothing open', async () => {
    const one = SharedMemory.create({ size: 8, name: 'test.thread' })
    const file = new URL('./sync-actor.ts', import.meta.url)
    const worker = new Worker(file, { execArgv: ['--conditions=forkpool-source'] })
    worker.postMessage({ id: 1, object: 1, method: 'attach', args: [{ forkpool: 'event', memory: one.handle, offset: 0 }] })
    await once(worker, 'message')
    await worker.terminate()
    one.unlink()
    one.close()
    expect(shmEntries()).not.toContain('forkpool.test.thread')
  })
})

describe.each([...KINDS, 'polling'] as const)('waiting in %s memory', (kind) => {
  const make = (): { memory: Memory; other: Memory; end: () => void } => {
    const memory = createMemory({ kind: kind === 'polling' ? 'process' : kind, byteLength: 4096, polling: kind === 'polling' })
    const other = attachMemory(memory.handle)
    return {
      memory,
      other,
      end: () => {
        memory.unlink()
        memory.close()
        other.close()
      },
    }
  }
  const change = (memory: Memory, word: number): void => {
    Atomics.add(memory.words, word, 1)
    memory.notify(word, 1)
  }

  test('says how it waits', () => {
    const { memory, other, end } = make()
    const expected = { thread: 'atomics', process: 'futex', polling: 'polling' }[kind]
    expect([memory.handle.waiting, other.handle.waiting]).toEqual([expected, expected])
    end()
  })

  test('a wait ends by a difference, a timeout, a notification', async () => {
    const { memory, other, end } = make()
    expect(memory.wait(1, 1, 1000)).toBe('not-equal')
    expect(memory.wait(1, 0, 5)).toBe('timed-out')
    expect(await memory.waitAsync(1, 1).settled).toBe('not-equal')
    expect(await memory.waitAsync(1, 0, 5).settled).toBe('timed-out')
    const wait = memory.waitAsync(1, 0)
    change(other, 1)
    expect(await wait.settled).not.toBe('timed-out')
    end()
  })

  test('four hundred words and four hundred waiters of one word, without blocking file access', async () => {
    const { memory, other, end } = make()
    const words = Array.from({ length: 400 }, (_, index) => memory.waitAsync(index, 0))
    const one = Array.from({ length: 400 }, () => memory.waitAsync(500, 0))
    for (let i = 0; i < 20; i++) await readFile(new URL(import.meta.url))
    for (let index = 0; index < 400; index++) change(other, index)
    Atomics.add(other.words, 500, 1)
    other.notify(500, Infinity)
    const outcomes = await Promise.all([...words, ...one].map((pending) => pending.settled))
    expect(outcomes.filter((outcome) => outcome === 'timed-out')).toEqual([])
    end()
  })

  test('a wait that is given up passes its wake-up on', async () => {
    const { memory, other, end } = make()
    const first = memory.waitAsync(1, 0)
    const second = other.waitAsync(1, 0)
    Atomics.add(memory.words, 1, 1)
    memory.notify(1, 1)
    first.cancel()
    expect(await first.settled).toBeDefined()
    expect(await second.settled).not.toBe('timed-out')
    first.cancel()
    end()
  })

  test('close ends the waits of its holder', async () => {
    const { memory, end } = make()
    const wait = memory.waitAsync(1, 0)
    end()
    expect(await wait.settled).toBe('timed-out')
    expect(memory.isClosed).toBe(true)
  })
})

test('a program that waits in process memory can still exit, and be told to', async () => {
  const script = `
    import { createMemory } from ${JSON.stringify(new URL('../src/sync/index.ts', import.meta.url).href)}
    const memory = createMemory({ kind: 'process', byteLength: 64 })
    memory.waitAsync(0, 0)
    await memory.waitAsync(1, 0, 20).settled
    process.exit(7)`
  const child = spawn(process.execPath, ['--conditions=forkpool-source', '--input-type=module', '-e', script], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(7)
})

test('native code is loaded by the first process memory, and never by thread memory', async () => {
  const script = `
    import { createMemory, Lock } from ${JSON.stringify(new URL('../src/sync/index.ts', import.meta.url).href)}
    const isLoaded = () => process.report.getReport().sharedObjects.some((file) => file.includes('koffi'))
    new Lock().acquireSync().release()
    const before = isLoaded()
    createMemory({ kind: 'process', byteLength: 64 })
    process.exit(before === false && isLoaded() === true ? 7 : 8)`
  const child = spawn(process.execPath, ['--conditions=forkpool-source', '--input-type=module', '-e', script], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(7)
})

test("where koffi's binary is not in its place, koffi's own loader finds it", () => {
  useKoffiBinary('/nowhere/koffi.node')
  expect(loadKoffi()).toMatchObject({ load: expect.any(Function), view: expect.any(Function) })
  expect(koffiBinary()).toBeUndefined()
})

test('a program that awaits a lock stays alive until it has it', async () => {
  const lock = new Lock({ memory: 'process' })
  lock.acquireSync()
  const script = `
    import { Lock } from ${JSON.stringify(new URL('../src/sync/index.ts', import.meta.url).href)}
    const lock = Lock.attach(${JSON.stringify(lock.handle)})
    await lock.acquire()
    process.exitCode = 7`
  const child = spawn(process.execPath, ['--conditions=forkpool-source', '--input-type=module', '-e', script], { stdio: 'inherit' })
  const exited = once(child, 'exit') as Promise<[number]>
  await until(() => lock.statistics().waiters === 1)
  lock.release()
  expect((await exited)[0]).toBe(7)
  lock.unlink()
  lock.close()
})

test('no entry of these tests is left', () => {
  expect(shmEntries().filter((name) => name.startsWith('forkpool.test.'))).toEqual([])
})
