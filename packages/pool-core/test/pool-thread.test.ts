import { MessagePort } from 'node:worker_threads'
import { describe, expect, it, vi } from 'vitest'
import { ThreadPool } from '../src/index.ts'
import { ringOf } from '../src/link/ring-layout.ts'
import { ThreadMemory } from '../src/memory/thread-memory.ts'
import type { ThreadMemoryHandle } from '../src/memory/memory.ts'
import { poolConformance } from '../src/testing/index.ts'
import type { ConformanceTasks } from '../src/testing/index.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS } from './pools.ts'

describe('a thread pool', () => {
  it.each(poolConformance)('$name', async ({ run }) => {
    await run({
      open: (options) => new ThreadPool<ConformanceTasks>(POOL_TASKS, { size: 2, ...options }),
      openModule: (module) => new ThreadPool(module, { size: 2 }),
    })
  })

  it('runs its tasks in other threads of this process', async () => {
    await using pool = new ThreadPool<PoolTasks>(POOL_TASKS, { size: 1 })
    const { pid, thread } = await pool.submit('place')
    expect(pid).toBe(process.pid)
    expect(thread).toBeGreaterThan(0)
  })

  it.each([
    { link: undefined, atFirst: 0, later: 1 },
    { link: 'ring', atFirst: 1, later: 1 },
    { link: 'channel', atFirst: 0, later: 0 },
  ] as const)('with link $link has $atFirst ring at first, and $later when it has had calls enough for rings to pay', async (expected) => {
    const posts = vi.spyOn(MessagePort.prototype, 'postMessage')
    const rings = (): ThreadMemory[] => posts.mock.calls.flatMap(([message]) => (isMemory(message) ? [new ThreadMemory(message)] : []))
    await using pool = new ThreadPool<PoolTasks>(POOL_TASKS, { size: 1, link: expected.link })
    await pool.submit('place')
    expect(rings()).toHaveLength(expected.atFirst)
    for (let i = 0; i < 100; i++) await pool.submit('place')
    expect(rings()).toHaveLength(expected.later)
    for (const ring of rings()) expect(ring.words[ringOf(ring, 1).written]).toBeGreaterThan(0)
    posts.mockRestore()
  })
})

function isMemory(message: unknown): message is ThreadMemoryHandle {
  return typeof message === 'object' && message !== null && (message as Partial<ThreadMemoryHandle>).kind === 'thread'
}
