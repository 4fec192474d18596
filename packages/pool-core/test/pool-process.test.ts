import { readFileSync } from 'node:fs'
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

  it.runIf(process.platform === 'linux')('loads no native code before it has had calls enough for rings to pay', async () => {
    await using pool = new ProcessPool<PoolTasks>(POOL_TASKS, { size: 1 })
    const { pid } = await pool.submit('place')
    expect(mappedFiles(pid)).not.toMatch(/koffi|forkpool/)
    for (let i = 0; i < 100; i++) await pool.submit('place')
    expect(mappedFiles(pid)).toMatch(/koffi/)
    expect(mappedFiles(pid)).toContain('/dev/shm/forkpool.')
  })

  it.runIf(process.platform === 'linux')('joins rings at once where it is to', async () => {
    await using pool = new ProcessPool<PoolTasks>(POOL_TASKS, { size: 1, link: 'ring' })
    let maps = ''
    for (let i = 0; i < 30 && !maps.includes('/dev/shm/forkpool.'); i++) maps = mappedFiles((await pool.submit('place')).pid)
    expect(maps).toContain('/dev/shm/forkpool.')
  })
})

function mappedFiles(pid: number): string {
  return readFileSync(`/proc/${pid}/maps`, 'latin1')
}
