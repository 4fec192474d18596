import { statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '@forkpool/client'
import type { WorkerView } from '@forkpool/pool-core/protocol'
import { Coordinator } from './support/forkpool.ts'

const TASKS = new URL('./fixtures/policy-tasks.ts', import.meta.url).pathname

const WORKERS = 2

/** Single tasks that the small client sends, one after the other. */
const SINGLES = 100

let coordinator: Coordinator
let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairness-'))
  file = join(folder, 'begun')
  await writeFile(file, '')
  coordinator = await Coordinator.start(['--log-level', 'fatal', '--workers', String(WORKERS), '--tasks', TASKS])
})

afterAll(async () => {
  await coordinator.stop()
  await rm(folder, { recursive: true })
})

/** Tasks that have begun so far, in all workers. */
function begun(): number {
  return statSync(file).size
}

/** Shards that workers have answered for so far. */
async function shardsRun(): Promise<number> {
  const { workers } = (await (await fetch(`${coordinator.url}/api/v1/workers`)).json()) as { readonly workers: readonly WorkerView[] }
  return workers.reduce((sum, worker) => sum + worker.shardsRun, 0)
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

/**
 * Counted in shards, which slow down as the tasks do where the machine has other things to do, and counted where the tasks begin: what this program
 * waits for before it asks, or after it was answered, is nobody's wait.
 */
test(
  'beside a client with a million tasks in the same pool, the single tasks of another wait for less than three shards, at p95',
  { timeout: 120_000 },
  async () => {
    await using large = await connect(coordinator.url)
    await using small = await connect(coordinator.url)
    const stop = new AbortController()
    const items = new Array<{ ms: number; file: string }>(1_000_000).fill({ ms: 0.2, file })
    const million = large.pool({ name: 'shared', size: WORKERS }).map('countedBusy', items, { signal: stop.signal })
    const ended = expect(million).rejects.toThrow('enough')
    const pool = small.pool({ name: 'shared', size: WORKERS })
    const single = (): Promise<number> => pool.submit('countedBusy', { ms: 1, file }).result() as Promise<number>
    // The cost of a task is known from here on, and every worker is busy with the million.
    for (let i = 0; i < 10; i++) await single()
    const [tasksAtFirst, shardsAtFirst] = [begun(), await shardsRun()]
    const tasksWaited: number[] = []
    for (let i = 0; i < SINGLES; i++) {
      const before = begun()
      // Its own is one of them.
      tasksWaited.push((await single()) - before - 1)
    }
    const tasksPerShard = (begun() - tasksAtFirst - SINGLES) / ((await shardsRun()) - shardsAtFirst - SINGLES)
    stop.abort(new Error('enough'))
    await ended
    const waits = tasksWaited.map((tasks) => tasks / tasksPerShard / WORKERS)
    const told = `waits in shards of ${tasksPerShard.toFixed(0)} tasks: ${waits
      .toSorted((a, b) => a - b)
      .map((wait) => wait.toFixed(1))
      .join(' ')}`
    console.log(told)
    // The workers had other things to do, or this would show nothing.
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(SINGLES / 4)
    expect(percentile(waits, 0.95), told).toBeLessThan(3)
  },
)
