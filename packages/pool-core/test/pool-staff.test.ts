import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Pool, WorkerFigures } from '../src/index.ts'
import { POOLS } from './pools.ts'
import { until } from './sync-actors.ts'

type Tasks = typeof import('./fixtures/pool-worker-tasks.ts')
const TASKS = new URL('./fixtures/pool-worker-tasks.ts', import.meta.url)

const living = ({ starting, idle, busy, stopping, standby }: WorkerFigures): number => starting + idle + busy + stopping + standby
const nothing = (count: number): undefined[] => Array.from({ length: count }, () => undefined)

describe.each(POOLS)('the staff of a %s pool', (_kind, PoolOfKind) => {
  const open = (options: ConstructorParameters<typeof PoolOfKind<Tasks>>[1]): Pool<Tasks> => new PoolOfKind<Tasks>(TASKS, options)

  it('replaces a worker that takes more memory than memoryLimitMb after a task, and no task fails for it', async () => {
    await using pool = open({ size: 1, memoryLimitMb: 400 })
    const first = await pool.submit('keep', 0)
    expect(await pool.submit('keep', 1)).toBe(first)
    expect(await pool.submit('keep', 500)).toBe(first)
    const second = await pool.submit('keep', 0)
    expect(second).not.toBe(first)
    expect(await pool.submit('keep', 0)).toBe(second)
    const { workers } = pool.statistics()
    expect(workers).toMatchObject({ lost: 0, recycled: { tasks: 0, memory: 1 }, started: 2 })
    expect(workers.memory?.largestBytes).toBeGreaterThan(500 * 1024 * 1024)
    expect(workers.memory?.bytes).toBeLessThan(400 * 1024 * 1024)
    expect(workers.memory?.bytes).toBeGreaterThan(1024 * 1024)
  })

  it('lets a worker that is over its memory run what it holds first', async () => {
    await using pool = open({ size: 1, memoryLimitMb: 1 })
    const names = await pool.map('worker', nothing(300))
    expect(names).toHaveLength(300)
    const { workers, tasks } = pool.statistics()
    expect(tasks).toMatchObject({ completed: 300, failed: 0 })
    expect(workers.lost).toBe(0)
    expect(workers.recycled.memory).toBeGreaterThanOrEqual(1)
    expect(new Set(names).size).toBeLessThanOrEqual(workers.started)
  })

  it('asks no worker for its memory without a limit', async () => {
    await using pool = open({ size: 1 })
    await pool.submit('keep', 1)
    expect(pool.statistics().workers.memory).toBeUndefined()
  })

  it('keeps a worker on standby, set up, which takes the place of a lost one at once', async () => {
    await using pool = open({ size: 1, standby: 1, crashLimit: 1, initializer: 'setUp' })
    expect(await pool.submit('setUpsSoFar')).toBe(1)
    await until(() => pool.statistics().workers.standby === 1)
    const { started } = pool.statistics().workers
    const ready = `w${started}`
    await expect(pool.submit('exit')).rejects.toMatchObject({ code: 'WORKER_LOST', exitCode: 3 })
    const [name, setUps] = await Promise.all([pool.submit('worker'), pool.submit('setUpsSoFar')])
    expect(name).toBe(ready)
    expect(setUps).toBe(1)
    await until(() => pool.statistics().workers.standby === 1)
    expect(pool.statistics().workers).toMatchObject({ started: started + 1, lost: 1 })
  })

  it('has a standby take the place of a worker that is still ending, and never more than size + standby', async () => {
    await using pool = open({ size: 2, standby: 1, maxTasksPerWorker: 1 })
    await until(() => pool.statistics().workers.standby === 1)
    let most = 0
    const names = pool.map('worker', nothing(12), {
      chunkSize: 1,
      onProgress: () => (most = Math.max(most, living(pool.statistics().workers))),
    })
    let done = false
    void names.finally(() => (done = true))
    await until(() => {
      most = Math.max(most, living(pool.statistics().workers))
      return done
    })
    expect(new Set(await names).size).toBe(12)
    expect(most).toBe(3)
    expect(pool.statistics().workers).toMatchObject({ lost: 0, recycled: { tasks: 12, memory: 0 } })
  })

  it('does not retire what stands by', async () => {
    await using pool = open({ size: 1, standby: 1, idleTimeoutMs: 1 })
    await pool.submit('square', 2)
    await until(() => {
      const { workers } = pool.statistics()
      return workers.standby === 1 && living(workers) === 1
    })
    const { started } = pool.statistics().workers
    expect(await pool.submit('worker')).toBe(`w${started}`)
  })

  it('grows with the work up to size, and shrinks to minSize when idle; and again', async () => {
    await using pool = open({ size: 3, minSize: 1, idleTimeoutMs: 5 })
    await until(() => pool.statistics().workers.idle === 1)
    expect(pool.statistics().workers.started).toBe(1)
    for (let round = 0; round < 2; round++) {
      const controller = new AbortController()
      const { signal } = controller
      const waiting = nothing(5).map(() => pool.submitWith({ signal }, 'wait'))
      const ends = Promise.allSettled(waiting)
      await until(() => pool.statistics().workers.busy === 3)
      const { workers, tasks } = pool.statistics()
      expect(living(workers)).toBe(3)
      expect(tasks.queued + tasks.running).toBe(5)
      controller.abort(new Error('enough'))
      await ends
      await until(() => living(pool.statistics().workers) === 1)
      expect(pool.statistics().workers).toMatchObject({ idle: 1, lost: 0 })
    }
    const before = pool.statistics().workers.started
    expect(await pool.submit('square', 3)).toBe(9)
    expect(pool.statistics().workers.started).toBe(before)
  })

  it('fails the calls that wait when no new worker can be set up any more, and takes calls again when one can', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forkpool-staff-'))
    const file = join(folder, 'no more')
    await using pool = open({ size: 1, maxTasksPerWorker: 1, initializer: 'setUpUnless', initializerArguments: [file] })
    expect(await pool.submit('square', 2)).toBe(4)
    await writeFile(file, '')
    await expect(pool.map('square', [3, 4])).rejects.toMatchObject({
      code: 'WORKER_LOST',
      message: expect.stringContaining('no worker is left') as string,
    })
    await rm(folder, { recursive: true })
    expect(await pool.submit('square', 5)).toBe(25)
  })

  it('says what is wrong with an option', () => {
    for (const options of [{ size: 1, standby: 2 }, { standby: -1 }, { memoryLimitMb: 0 }, { memoryLimitMb: 0.5 }]) {
      expect(() => open(options)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }) as Error)
    }
  })
})
