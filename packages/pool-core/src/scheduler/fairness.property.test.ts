import fc from 'fast-check'
import { expect, test } from 'vitest'
import { after } from '../base/clock.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { SimWorker } from '../testing/sim-worker.ts'
import type { SimAnswer } from '../testing/sim-worker.ts'
import type { SimBatch } from '../testing/sim-plan.ts'
import { createScheduler, isShardHeld, schedulerStatistics, step } from './index.ts'
import type { BatchId, PoolName, SchedulerCommand, SchedulerEvent, SchedulerState, SessionId, ShardId, WorkerId } from './index.ts'

const POOL = 'pool' as PoolName

interface Work {
  readonly session: string
  readonly items: number
  readonly itemMs: number
  readonly weight?: number
  readonly priority?: number
}

/** A pool of workers in simulated time, with nothing in the way but the work itself. */
class Service {
  readonly clock = new FakeClock()
  readonly state: SchedulerState
  /** Time that workers spent on each session. */
  readonly spentMs = new Map<string, number>()
  readonly shardMs: number[] = []
  readonly #workers = new Map<WorkerId, SimWorker>()
  readonly #batches = new Map<BatchId, SimBatch>()
  readonly #settled = new Map<BatchId, () => void>()
  readonly #sessions = new Map<ShardId, string>()

  constructor(size: number) {
    this.state = createScheduler({ baseWorkers: size, maxWorkers: size })
    this.#give({ kind: 'pool-set', pool: POOL, size })
    for (let i = 0; i < size; i++) {
      const id = `worker-${i}` as WorkerId
      const answer = (worker: SimWorker, said: SimAnswer): void => this.#answered(worker, said)
      this.#workers.set(id, new SimWorker(id, { clock: this.clock, answer, crash: () => {} }))
      this.#give({ kind: 'worker-online', worker: id })
    }
  }

  submit({ items, itemMs, priority = 0, session, weight }: Work, settled: () => void): void {
    const id = `batch-${this.#batches.size}` as BatchId
    const policy = { retries: 0, backoffMs: 0, failFast: false, chunkSize: undefined, weight }
    const batch = { id, session: session as SessionId, pool: POOL, task: `task of ${session}`, priority, total: items, ...policy }
    this.#batches.set(id, {
      ...batch,
      itemMs,
      items: new Map(),
      blocks: [],
      opensAt: 0,
      endsAfterMs: 0,
      cancelAt: undefined,
      pause: undefined,
    })
    this.#settled.set(id, settled)
    this.#give({ kind: 'batch-opened', batch: id, ...batch })
    for (let left = items; left > 0; left -= 65_536)
      this.#give({ kind: 'items-added', batch: id, count: Math.min(left, 65_536), bytes: 8 * Math.min(left, 65_536) })
    this.#give({ kind: 'batch-ended', batch: id })
  }

  runUntil(at: number): void {
    while (this.clock.now() < at && this.clock.runNext());
  }

  #answered(worker: SimWorker, said: SimAnswer): void {
    // The worker goes on with the next at once; the answer is there as soon as it is written.
    this.clock.schedule(this.clock.now(), () => {
      if (isShardHeld(this.state, worker.id, said.shard)) this.#give({ kind: 'shard-ran', worker: worker.id, ...said })
    })
    this.shardMs.push(said.runMs)
    const session = this.#sessions.get(said.shard) ?? ''
    this.spentMs.set(session, (this.spentMs.get(session) ?? 0) + said.runMs)
  }

  #give(event: SchedulerEvent): void {
    for (const command of step(this.state, event, this.clock.now())) this.#obey(command)
  }

  #obey(command: SchedulerCommand): void {
    if (command.kind === 'batch-settled') this.#settled.get(command.batch)?.()
    if (command.kind !== 'assign') return
    const batch = this.#batches.get(command.batch)
    if (batch === undefined) throw new Error('no such batch')
    this.#sessions.set(command.shard, batch.session)
    this.#workers.get(command.worker)?.run(command, batch)
  }
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}

/** What a caller waits for single tasks, sent one after the other with a pause between them, beside the others. */
function waits(service: Service, times: number, session = 'small', itemMs = 1): number[] {
  const waited: number[] = []
  const send = (): void => {
    const from = service.clock.now()
    service.submit({ session, items: 1, itemMs }, () => {
      waited.push(service.clock.now() - from - itemMs)
      if (waited.length < times) service.clock.schedule(after(service.clock.now(), 7), send)
    })
  }
  service.clock.schedule(after(service.clock.now(), 500), send)
  for (let i = 0; i < 1_000_000 && waited.length < times; i++) if (!service.clock.runNext()) break
  return waited
}

test('beside a session with a million tasks, single tasks of another wait for less than three shards, at p95', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.constantFrom(0.1, 0.5, 3, 40), (size, itemMs) => {
      const service = new Service(size)
      service.submit({ session: 'large', items: 1_000_000, itemMs }, () => {})
      const waited = waits(service, 100)
      expect(waited).toHaveLength(100)
      const shardMs = percentile(
        service.shardMs.filter((ms) => ms > 1),
        0.5,
      )
      expect(percentile(waited, 0.95)).toBeLessThan(3 * shardMs)
      expect(schedulerStatistics(service.state).openBatches).toBe(1)
    }),
    { numRuns: 12 },
  )
})

test('ten thousand batches of one session delay another no more than one does', () => {
  const service = new Service(2)
  for (let i = 0; i < 10_000; i++) service.submit({ session: 'many', items: 20, itemMs: 5 }, () => {})
  expect(percentile(waits(service, 50), 0.95)).toBeLessThan(3 * 100)
})

test('sessions that have work without end share the time of the workers by their weights', () => {
  const work = fc.record({ itemMs: fc.constantFrom(0.05, 2, 30, 120), weight: fc.constantFrom(0.5, 1, 2, 5) })
  fc.assert(
    fc.property(fc.array(work, { minLength: 2, maxLength: 4 }), fc.integer({ min: 1, max: 3 }), (works, size) => {
      const service = new Service(size)
      for (const [i, one] of works.entries()) service.submit({ session: `s${i}`, items: Math.ceil(200_000 / one.itemMs), ...one }, () => {})
      service.runUntil(60_000)
      const total = works.reduce((sum, { weight }) => sum + weight, 0)
      for (const [i, { weight }] of works.entries()) {
        const share = (service.spentMs.get(`s${i}`) ?? 0) / (60_000 * size)
        expect(Math.abs(share - weight / total), `session ${i} of ${JSON.stringify(works)} got ${share}`).toBeLessThan(0.05)
      }
    }),
    { numRuns: 20 },
  )
})

test('a session that sends one long task after the other does not outweigh one with many short ones', () => {
  const service = new Service(1)
  service.submit({ session: 'short', items: 100_000, itemMs: 1 }, () => {})
  const long = (): void => service.submit({ session: 'long', items: 1, itemMs: 2_000 }, long)
  long()
  service.runUntil(60_000)
  expect(service.spentMs.get('short')).toBeGreaterThan(25_000)
  expect(service.spentMs.get('long')).toBeGreaterThan(25_000)
})

test('a higher priority is served first, and a lower one starves never', () => {
  const service = new Service(1)
  service.submit({ session: 'high', items: 1_000_000, itemMs: 1, priority: 5 }, () => {})
  service.submit({ session: 'low', items: 1_000_000, itemMs: 1, priority: 0 }, () => {})
  service.runUntil(60_000)
  const low = service.spentMs.get('low') ?? 0
  expect(low).toBeGreaterThan(0)
  expect(low).toBeLessThan(6_000)
})
