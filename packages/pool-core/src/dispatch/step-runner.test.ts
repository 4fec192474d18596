import { expect, test } from 'vitest'
import { decodeItems, encodeItems } from '../protocol/index.ts'
import type { Assign, BatchId, PoolName, SchedulerOptions, SessionId, ShardId, WorkerId } from '../scheduler/index.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { StepRunner } from './step-runner.ts'
import type { StepHost } from './step-runner.ts'

const POOL = 'p' as PoolName
const BATCH = 'b' as BatchId
const WORKER = 'w' as WorkerId

/** A host that notes what it is told; with a batch of `items` on one worker. */
function run(items: number, options: Partial<SchedulerOptions> & { readonly retries?: number } = {}) {
  const { retries = 0, ...scheduler } = options
  const said: string[] = []
  const assigned: Assign[] = []
  const host: StepHost = {
    assign: (command) => {
      assigned.push(command)
      said.push(`assign ${command.from}+${command.count}`)
    },
    releaseBlock: (_batch, block) => said.push(`release ${block}`),
    startWorkers: (count) => said.push(`start ${count}`),
    stopWorker: () => said.push('stop'),
    killWorker: () => said.push('kill'),
    abortShard: () => said.push('abort'),
    settled: (_batch, ranges, end) => {
      for (const { from, count, values, failures } of ranges) {
        const failed = failures.map(({ at, error }) => `${from + at} ${error.message}`)
        said.push(`results ${from}+${count}: ${decodeItems(values).join(' ')}${failed.length > 0 ? `; failed ${failed.join(', ')}` : ''}`)
      }
      if (end !== undefined) said.push(`end ${end.outcome}`)
    },
    drained: () => said.push('drained'),
  }
  const clock = new FakeClock()
  const runner = new StepRunner({ scheduler: { baseWorkers: 0, maxWorkers: 1, ...scheduler }, clock, random: { next: () => 0 }, host })
  runner.feed({ kind: 'pool-set', pool: POOL, size: 1 })
  const rest = { priority: 0, chunkSize: items, total: items, retries, backoffMs: 0, failFast: false }
  runner.feed({ kind: 'batch-opened', batch: BATCH, session: 's' as SessionId, pool: POOL, task: 't', ...rest })
  runner.feed({ kind: 'items-added', batch: BATCH, count: items, bytes: 8 * items })
  runner.feed({ kind: 'batch-ended', batch: BATCH })
  runner.feed({ kind: 'worker-online', worker: WORKER })
  return { runner, host, clock, said, assigned }
}

/** The worker's answer to the last shard: which of its tasks failed, by offset. */
function answer({ runner, assigned }: ReturnType<typeof run>, values: readonly number[], failedAt: readonly number[] = []): void {
  const { shard, from } = assigned.at(-1) as Assign
  const failures = failedAt.map((at) => ({ at, error: { name: 'Error', message: 'no' }, retryable: true }))
  const ran = values.length + failures.length
  const block = values.length === 0 ? { count: 0, codec: 'f64' as const, bytes: new Uint8Array(0) } : encodeItems(values)
  const message = { count: ran, values: block, failures }
  runner.feed({ kind: 'shard-ran', worker: WORKER, shard: shard as ShardId, ran, failures, runMs: 1 }, { batch: BATCH, from, message })
}

test('commands are carried out in order, and what a step settled is reported after them, in one piece', () => {
  const host = run(3)
  answer(host, [10, 12], [1])
  expect(host.said).toEqual(['start 1', 'assign 0+3', 'release 0', 'results 0+3: 10 12; failed 1 no', 'end failed'])
})

test('a failure that runs again is left open; the others are reported', () => {
  const host = run(3, { retries: 1 })
  answer(host, [10, 12], [1])
  expect(host.said.splice(0)).toEqual(['start 1', 'assign 0+3', 'assign 1+1', 'results 0+1: 10', 'results 2+1: 12'])
  answer(host, [11])
  expect(host.said).toEqual(['release 0', 'results 1+1: 11', 'end completed'])
})

test('failures that come from elsewhere than an answer are reported too', () => {
  const host = run(1, { crashLimit: 1 })
  host.runner.feed({ kind: 'worker-lost', worker: WORKER, exit: { exitCode: 3 } })
  expect(host.said.slice(2, 5)).toEqual([
    'release 0',
    'results 0+1: ; failed 0 the worker that ran this task ended once with exit code 3',
    'end failed',
  ])
})

test('its one timer feeds the scheduler, until it is stopped', () => {
  const host = run(1, { idleRetireMs: 1_000 })
  answer(host, [1])
  host.said.length = 0
  host.clock.advance(1_000)
  expect(host.said).toEqual(['stop'])
  const stopped = run(1, { idleRetireMs: 1_000 })
  answer(stopped, [1])
  stopped.said.length = 0
  stopped.runner.stop()
  stopped.clock.advance(10_000)
  expect(stopped.said).toEqual([])
})

test.each([true, false])('whether its timer keeps the program alive is for its host to say: %s', (keepsAlive) => {
  const asked: (boolean | undefined)[] = []
  const clock = new FakeClock()
  const noting = Object.assign(Object.create(clock) as FakeClock, {
    now: () => clock.now(),
    schedule: (_at: unknown, _run: unknown, options?: { unref?: boolean }) => {
      asked.push(options?.unref)
      return () => {}
    },
  })
  const { host } = run(1)
  const scheduler = { baseWorkers: 0, maxWorkers: 1, idleRetireMs: 10 }
  const runner = new StepRunner({ scheduler, clock: noting, random: { next: () => 0 }, host, keepsAlive })
  runner.feed({ kind: 'worker-online', worker: WORKER })
  expect(asked).toEqual([!keepsAlive])
})

test('the drain is told', () => {
  const host = run(1)
  host.runner.feed({ kind: 'drain-requested' })
  answer(host, [1])
  expect(host.said.at(-1)).toBe('end completed')
  expect(host.said).toContain('drained')
})
