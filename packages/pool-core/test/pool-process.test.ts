import { describe, expect, it } from 'vitest'
import { ProcessPool } from '../src/index.ts'
import { poolConformance } from '../src/testing/index.ts'
import type { ConformanceTasks } from '../src/testing/index.ts'
import { crashMatrix } from './pool-crashes.ts'
import type { CrashTasks } from './pool-crashes.ts'

const tasks = new URL('./fixtures/pool-tasks.ts', import.meta.url)

describe('a process pool', () => {
  it.each(poolConformance)('$name', async ({ run }) => {
    await run({
      open: (options) => new ProcessPool<ConformanceTasks>(tasks, { size: 2, ...options }),
      openModule: (module) => new ProcessPool(module, { size: 2 }),
    })
  })

  it('runs its tasks in other processes', async () => {
    await using pool = new ProcessPool<CrashTasks>(tasks, { size: 1 })
    const { pid, thread } = await pool.submit('place')
    expect(pid).not.toBe(process.pid)
    expect(thread).toBe(0)
  })
})

describe('the end of a process', () => {
  crashMatrix(
    (options) => new ProcessPool<CrashTasks>(tasks, options),
    [
      { how: 'exit 0', exit: { exitCode: 0 } },
      { how: 'exit 1', exit: { exitCode: 1 } },
      { how: 'kill', exit: { signal: 'SIGKILL' } },
      { how: 'abort', exit: { signal: 'SIGABRT' } },
      { how: 'heap', exit: { signal: 'SIGABRT', stderr: expect.stringContaining('heap') } },
      { how: 'stray error', exit: { exitCode: 1, stderr: expect.stringContaining('stray') } },
    ],
  )
})
