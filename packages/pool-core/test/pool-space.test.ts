import { describe, expect, it } from 'vitest'
import { POOLS } from './pools.ts'
import { until } from './sync-actors.ts'

type Tasks = typeof import('./fixtures/pool-worker-tasks.ts')
const TASKS = new URL('./fixtures/pool-worker-tasks.ts', import.meta.url)

describe.each(POOLS)('the queue of a %s pool with a limit', (_kind, Pool) => {
  it('has a place for each of many who wait for one, in order, and never more calls than it may', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 2, queueLimit: 3 })
    const order: number[] = []
    let most = 0
    const results = Array.from({ length: 40 }, async (_, i) => {
      await pool.space()
      order.push(i)
      const future = pool.submit('square', i)
      most = Math.max(most, pool.statistics().openCalls)
      return future
    })
    expect(await Promise.all(results)).toEqual(Array.from({ length: 40 }, (_, i) => i * i))
    expect(order).toEqual(Array.from({ length: 40 }, (_, i) => i))
    expect(most).toBe(3)
  })

  it('lets go of those who wait when they are told to stop, and when the pool closes', async () => {
    const pool = new Pool<Tasks>(TASKS, { size: 1, queueLimit: 1 })
    const running = new AbortController()
    const call = pool.submitWith({ signal: running.signal }, 'wait')
    const ended = expect(call).rejects.toThrow('over')
    await until(() => pool.statistics().workers.busy === 1)
    const controller = new AbortController()
    const stopped = expect(pool.space({ signal: controller.signal })).rejects.toThrow('enough')
    const closed = expect(pool.space()).rejects.toMatchObject({ code: 'POOL_CLOSED' })
    controller.abort(new Error('enough'))
    await stopped
    const closing = pool.close()
    await closed
    running.abort(new Error('over'))
    await Promise.all([ended, closing])
  })
})
