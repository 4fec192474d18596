import { describe, expect, it } from 'vitest'
import { ProcessPool } from '../src/index.ts'
import { poolConformance } from '../src/testing/index.ts'
import type { ConformanceTasks } from '../src/testing/index.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS } from './pools.ts'

describe('a process pool', () => {
  it.each(poolConformance)('$name', async ({ run }) => {
    await run({
      open: (options) => new ProcessPool<ConformanceTasks>(POOL_TASKS, { size: 2, ...options }),
      openModule: (module) => new ProcessPool(module, { size: 2 }),
    })
  })

  it('runs its tasks in other processes', async () => {
    await using pool = new ProcessPool<PoolTasks>(POOL_TASKS, { size: 1 })
    const { pid, thread } = await pool.submit('place')
    expect(pid).not.toBe(process.pid)
    expect(thread).toBe(0)
  })
})
