import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { range } from '../src/index.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS, POOLS } from './pools.ts'

const program = fileURLToPath(new URL('./fixtures/pool-program.ts', import.meta.url))

const start = (kind: string, what: string): ReturnType<typeof spawn> =>
  spawn(process.execPath, ['--conditions=forkpool-source', program, kind, what], { stdio: ['ignore', 'pipe', 'pipe'] })

async function run(kind: string, what: string): Promise<{ code: number | null; lines: string[]; stderr: string }> {
  const child = start(kind, what)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, lines: stdout.trimEnd().split('\n'), stderr }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe.each(POOLS)('a program with a %s pool', (kind) => {
  it('ends by itself when the work is done, without a close, and warns once', async () => {
    const { code, lines, stderr } = await run(kind, 'leave open')
    expect({ code, lines }).toEqual({ code: 0, lines: ['[1,4,9]'] })
    expect(stderr.match(/FORKPOOL_UNCLOSED/g)).toHaveLength(1)
    expect(stderr).toContain('a pool was never closed')
  })

  it('does not end before a call that it does not wait for', async () => {
    const { code, lines, stderr } = await run(kind, 'leave a call open')
    expect({ code, lines }).toEqual({ code: 0, lines: ['apple'] })
    expect(stderr).toContain('FORKPOOL_UNCLOSED')
  })

  it('need not wait for the close: what was submitted ends, and then the program', async () => {
    expect(await run(kind, 'close without waiting')).toEqual({ code: 0, lines: ['apple'], stderr: '' })
  })

  it('ends at once when all calls are cancelled, and the close is not waited for', async () => {
    expect(await run(kind, 'cancel and close without waiting')).toEqual({ code: 0, lines: ['true'], stderr: '' })
  })

  it('has nothing left of a pool that lost a worker and was closed: no handle, no timer, no descriptor, no warning', async () => {
    const { code, lines, stderr } = await run(kind, 'close')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { before, after } = JSON.parse(lines[0] ?? '') as { before: unknown; after: unknown }
    expect(after).toEqual(before)
  })

  it('ends with its own error, whatever its pool does', async () => {
    const { code, stderr } = await run(kind, 'throw')
    expect(code).toBe(1)
    expect(stderr).toContain('the program fails')
  })

  it('takes its workers along when it is killed, even from an endless loop', async () => {
    const child = start(kind, 'loop')
    const lines: string[] = []
    for await (const line of createInterface(child.stdout!)) if (lines.push(line) === 1) break
    const workers = JSON.parse(lines[0] ?? '') as number[]
    expect(workers.length).toBeGreaterThan(0)
    expect(workers.every(isAlive)).toBe(true)
    child.kill('SIGKILL')
    while (workers.some(isAlive)) await new Promise((resolve) => setImmediate(resolve))
  })
})

describe('a program with a thread pool', () => {
  it.each([
    ['kill', 'SIGKILL'],
    ['abort', 'SIGABRT'],
  ])('ends with a thread whose task means %s: threads are one process', async (what, signal) => {
    const child = start('thread', what)
    const [printed, [code, ended]] = await Promise.all([
      text(child.stdout!),
      once(child, 'exit') as Promise<[number | null, string | null]>,
    ])
    expect({ printed, code, ended }).toEqual({ printed: '', code: null, ended: signal })
  })
})

describe.each(POOLS)('the finalizer of a %s pool', (_kind, Pool) => {
  it('runs when a worker stops in good order', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forkpool-pool-'))
    const file = join(folder, 'notes')
    const pool = new Pool<PoolTasks>(POOL_TASKS, { size: 1, initializer: 'setUp', initializerArguments: [file], finalizer: 'tearDown' })
    expect(await pool.submit('square', 2)).toBe(4)
    await pool.close()
    expect(await readFile(file, 'utf8')).toBe('torn down\n')
    await rm(folder, { recursive: true })
  })
})

describe.each(POOLS)('a %s pool of inline functions', (_kind, Pool) => {
  it('runs those that close over nothing, and says what another one lacks', async () => {
    const factor = 3
    await using pool = Pool.of({ square: (n: number) => n * n, scale: (n: number) => n * factor }, { size: 1 })
    expect(await pool.map('square', range(4))).toEqual([0, 1, 4, 9])
    await expect(pool.submit('scale', 1)).rejects.toMatchObject({
      name: 'TaskError',
      task: 'scale',
      message: expect.stringContaining('the inline function "scale" uses factor, which lies outside of it') as string,
    })
    expect(await pool.submit('square', 5)).toBe(25)
  })
})
