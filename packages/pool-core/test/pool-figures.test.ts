import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { registerMetrics } from '../src/metrics/index.ts'
import { POOLS } from './pools.ts'

type Tasks = typeof import('./fixtures/pool-worker-tasks.ts')
const TASKS = new URL('./fixtures/pool-worker-tasks.ts', import.meta.url)

describe.each(POOLS)('the figures of a %s pool', (_kind, Pool) => {
  it('count each run once, by task function, and how long it waited, ran and travelled', async () => {
    await using pool = new Pool<Tasks>(TASKS, { size: 2 })
    await pool.map(
      'square',
      Array.from({ length: 1_000 }, (_, i) => i),
      { chunkSize: 100 },
    )
    await pool.map('evenOnly', [0, 1, 2, 3], { settle: true, retries: 2, chunkSize: 4 })
    const { durations, byTask } = pool.statistics()
    expect(byTask['square']).toMatchObject({ ran: 1_000, failed: 0, retried: 0, timedOut: 0, run: { count: 1_000 } })
    // 4 in the first run, then the 2 odd ones twice.
    expect(byTask['evenOnly']).toMatchObject({ ran: 8, failed: 6, retried: 4, timedOut: 0, run: { count: 8 } })
    expect(durations.run.count).toBe(1_008)
    expect(durations.queueWait.count).toBe(1_004)
    expect(durations.roundTrip.count).toBeGreaterThanOrEqual(11)
    expect(durations.run.sumMs).toBeCloseTo((byTask['square']?.runMs ?? 0) + (byTask['evenOnly']?.runMs ?? 0), 6)
    for (const { meanMs, maxMs, p50Ms, p90Ms, p99Ms } of Object.values(durations)) {
      expect([p50Ms, p90Ms, p99Ms, maxMs]).toEqual([p50Ms, p90Ms, p99Ms, maxMs].toSorted((a, b) => a - b))
      expect(meanMs).toBeLessThanOrEqual(maxMs)
      expect(p50Ms).toBeGreaterThan(0)
    }
    expect(durations.roundTrip.sumMs).toBeGreaterThan(durations.run.sumMs)
  })

  it('are what a register of prom-client shows', async () => {
    const register = new Registry()
    await using pool = new Pool<Tasks>(TASKS, { size: 2 })
    const leave = registerMetrics(register, pool, { name: 'numbers' })
    await pool.map('square', [1, 2, 3])
    const text = await register.metrics()
    for (const line of [
      'forkpool_pool_size{pool="numbers"} 2',
      'forkpool_tasks_total{pool="numbers",outcome="completed"} 3',
      'forkpool_task_runs_total{pool="numbers",task="square",outcome="succeeded"} 3',
      'forkpool_task_run_seconds_count{pool="numbers"} 3',
      'forkpool_task_queue_wait_seconds_count{pool="numbers"} 3',
      'forkpool_worker_restarts_total{pool="numbers",reason="lost"} 0',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    leave()
    expect((await register.metrics()).trim()).toBe('')
  })
})
