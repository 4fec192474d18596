import { describe, expect, it } from 'vitest'
import { ThreadPool } from '../src/index.ts'
import { poolConformance } from '../src/testing/index.ts'
import type { ConformanceTasks } from '../src/testing/index.ts'
import { crashMatrix } from './pool-crashes.ts'
import type { CrashTasks } from './pool-crashes.ts'

const tasks = new URL('./fixtures/pool-tasks.ts', import.meta.url)

describe('a thread pool', () => {
  it.each(poolConformance)('$name', async ({ run }) => {
    await run({
      open: (options) => new ThreadPool<ConformanceTasks>(tasks, { size: 2, ...options }),
      openModule: (module) => new ThreadPool(module, { size: 2 }),
    })
  })

  it('runs its tasks in other threads of this process', async () => {
    await using pool = new ThreadPool<CrashTasks>(tasks, { size: 1 })
    const { pid, thread } = await pool.submit('place')
    expect(pid).toBe(process.pid)
    expect(thread).toBeGreaterThan(0)
  })
})

describe('the end of a thread', () => {
  crashMatrix(
    (options) => new ThreadPool<CrashTasks>(tasks, options),
    [
      { how: 'exit 0', exit: { exitCode: 0 } },
      { how: 'exit 1', exit: { exitCode: 1 } },
      { how: 'heap', exit: { exitCode: 1, stderr: expect.stringContaining('ERR_WORKER_OUT_OF_MEMORY') } },
      { how: 'stray error', exit: { exitCode: 1, stderr: expect.stringContaining('stray') } },
    ],
  )
})
