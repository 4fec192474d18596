import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import type { WorkerView } from '@forkpool/pool-core/protocol'
import { Coordinator } from './support/forkpool.ts'

const TASKS = new URL('./fixtures/policy-tasks.ts', import.meta.url).pathname

const WORKERS = 2

/** Single tasks that the small client sends, one after the other. */
const SINGLES = 60

let coordinator: Coordinator

beforeAll(async () => {
  coordinator = await Coordinator.start(['--log-level', 'fatal', '--workers', String(WORKERS), '--tasks', TASKS])
})

afterAll(() => coordinator.stop())

/** Shards that workers have answered for so far. */
async function shardsRun(): Promise<number> {
  const { workers } = (await (await fetch(`${coordinator.url}/api/v1/workers`)).json()) as { readonly workers: readonly WorkerView[] }
  return workers.reduce((sum, worker) => sum + worker.shardsRun, 0)
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

/** Counted in shards, which slow down as the tasks do where the machine has other things to do. */
test(
  'beside a client with a million tasks in the same pool, the single tasks of another wait for less than three shards, at p95',
  { timeout: 120_000 },
  async () => {
    await using large = await connect(coordinator.url)
    await using small = await connect(coordinator.url)
    const stop = new AbortController()
    const million = large
      .pool({ name: 'shared', size: WORKERS })
      .map('busy', new Array<number>(1_000_000).fill(0.2), { signal: stop.signal })
    const ended = expect(million).rejects.toThrow('enough')
    const pool = small.pool({ name: 'shared', size: WORKERS })
    // The cost of a task is known from here on, and every worker is busy with the million.
    for (let i = 0; i < 10; i++) await pool.submit('busy', 1).result()
    const waits: number[] = []
    for (let i = 0; i < SINGLES; i++) {
      const before = await shardsRun()
      await pool.submit('busy', 1).result()
      // Its own is one of them.
      waits.push(((await shardsRun()) - before - 1) / WORKERS)
    }
    stop.abort(new Error('enough'))
    await ended
    // The workers had other things to do, or this would show nothing.
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(SINGLES / 4)
    expect(percentile(waits, 0.95), `waits in shards of a worker: ${waits.toSorted((a, b) => a - b).join(' ')}`).toBeLessThan(3)
  },
)
