import { describe, expect, it } from 'vitest'
import { ThreadPool } from '../src/index.ts'
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
})
