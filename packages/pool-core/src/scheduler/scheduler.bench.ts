/**
 * What the scheduler itself costs. Run: `node --conditions=forkpool-source packages/pool-core/src/scheduler/scheduler.bench.ts`.
 * Prints one line a case: microseconds a task or a step, the best and the median of several rounds. Everything else a round trip costs
 * (frames, sockets, the task) is outside. Wrong figures come from a machine that does something else, and from too few rounds to warm up.
 */
import { systemClock } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { createScheduler, step } from './index.ts'
import type { Assign, BatchId, PoolName, SchedulerEvent, SchedulerState, SessionId, WorkerId } from './index.ts'

const ROUNDS = 15
const POOL = 'pool' as PoolName
const RUN_MS = 0.02

/** A scheduler with `workers` workers online, and what it has handed out. */
class Host {
  readonly state: SchedulerState
  readonly assigned: Assign[] = []
  steps = 0
  #now = 0
  #batches = 0

  constructor(workers: number) {
    this.state = createScheduler({ baseWorkers: workers, maxWorkers: workers })
    this.give({ kind: 'pool-set', pool: POOL, size: workers })
    for (let i = 0; i < workers; i++) this.give({ kind: 'worker-online', worker: `worker-${i}` as WorkerId })
  }

  give(event: SchedulerEvent): void {
    this.#now += 0.01
    this.steps++
    for (const command of step(this.state, event, this.#now as Instant)) if (command.kind === 'assign') this.assigned.push(command)
  }

  open(total: number | undefined, session = 'session'): BatchId {
    const batch = `batch-${this.#batches++}` as BatchId
    this.give({
      kind: 'batch-opened',
      batch,
      session: session as SessionId,
      pool: POOL,
      task: 'square',
      priority: 0,
      chunkSize: undefined,
      total,
      retries: 0,
      backoffMs: 0,
      failFast: false,
    })
    return batch
  }

  single(session?: string): void {
    const batch = this.open(1, session)
    this.give({ kind: 'items-added', batch, count: 1, bytes: 8 })
    this.give({ kind: 'batch-ended', batch })
  }

  /** Answers for the oldest shard. */
  answer(itemMs = RUN_MS): void {
    const shard = this.assigned.shift()
    if (shard === undefined) return
    const runMs = shard.count * itemMs
    this.give({ kind: 'shard-ran', worker: shard.worker, shard: shard.shard, ran: shard.count, failures: [], runMs })
  }
}

function measure(name: string, unit: string, round: () => { readonly count: number; readonly ms: number }): void {
  const costs: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const { count, ms } = round()
    costs.push((ms * 1000) / count)
  }
  costs.sort((a, b) => a - b)
  const median = costs[ROUNDS >> 1] ?? 0
  console.log(`${name.padEnd(52)} ${(costs[0] ?? 0).toFixed(2)} best, ${median.toFixed(2)} median µs a ${unit}`)
}

function timed(run: () => void): number {
  const from = systemClock.now()
  run()
  return systemClock.now() - from
}

const oneByOne = new Host(2)
measure('one task at a time (open, assign, settle: 4 steps)', 'task', () => {
  const ms = timed(() => {
    for (let i = 0; i < 20_000; i++) {
      oneByOne.single()
      oneByOne.answer()
    }
  })
  return { count: 20_000, ms }
})

for (const sessions of [1, 1000]) {
  measure(`100,000 one-task batches open at once, ${sessions} session${sessions > 1 ? 's' : ''}`, 'task', () => {
    const host = new Host(4)
    const ms = timed(() => {
      for (let i = 0; i < 100_000; i++) host.single(`session-${i % sessions}`)
      while (host.assigned.length > 0) host.answer()
    })
    return { count: 100_000, ms }
  })
}

let steps = 0
measure('one batch of a million squares in 16 blocks, 4 workers', 'step', () => {
  const host = new Host(4)
  const ms = timed(() => {
    const batch = host.open(1_000_000)
    for (let i = 0; i < 16; i++) host.give({ kind: 'items-added', batch, count: 62_500, bytes: 500_000 })
    host.give({ kind: 'batch-ended', batch })
    while (host.assigned.length > 0) host.answer(0.0001)
  })
  ;({ steps } = host)
  return { count: steps, ms }
})
console.log(`  in ${steps} steps`)

measure('one batch of a million tasks of 1 ms, 8 workers', 'step', () => {
  const host = new Host(8)
  const ms = timed(() => {
    const batch = host.open(1_000_000)
    for (let i = 0; i < 16; i++) host.give({ kind: 'items-added', batch, count: 62_500, bytes: 500_000 })
    host.give({ kind: 'batch-ended', batch })
    while (host.assigned.length > 0) host.answer(1)
  })
  ;({ steps } = host)
  return { count: steps, ms }
})
console.log(`  in ${steps} steps`)
