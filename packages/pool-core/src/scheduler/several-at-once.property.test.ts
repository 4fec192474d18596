import fc from 'fast-check'
import { expect, it } from 'vitest'
import { commandsOf, SchedulerDriver } from '../testing/scheduler-driver.ts'
import type { Assign, BatchId, PoolName, SchedulerCommand, SessionId, WorkerId } from './index.ts'

/**
 * A world in which tasks call others of their own pool: a shard is answered only when what it called has settled, and only when its worker has begun
 * it. Workers are lost, and with them what their shards called. The driver checks the invariants after every step.
 */
class World {
  readonly driver: SchedulerDriver
  readonly #concurrency: number
  /** Open batches that a shard called, by the shard. */
  readonly #called = new Map<number, Set<string>>()
  readonly #workers = new Set<string>()
  readonly #open = new Set<string>()
  #started = 0
  #batches = 0

  constructor(size: number, concurrency: number) {
    this.#concurrency = concurrency
    this.driver = new SchedulerDriver({ maxWorkers: size, concurrency, crashLimit: 2, crashBackoffMs: 1, restartBackoffMs: 1 })
    this.#take(this.driver.pool('pool', size))
  }

  get openBatches(): number {
    return this.#open.size
  }

  submit(count: number): void {
    const id = `b${++this.#batches}`
    this.#open.add(id)
    this.#take(this.driver.submit(id, count))
  }

  /** Some shard that runs calls so many tasks. */
  call(pick: number, count: number): void {
    const shard = this.#pick(this.#begun(), pick)
    if (shard === undefined) return
    const id = `b${++this.#batches}`
    this.#open.add(id)
    const { shard: number, worker } = shard
    this.#called.set(number, (this.#called.get(number) ?? new Set()).add(id))
    this.#take(this.driver.give({ kind: 'shard-waits', worker, shard: number, waits: true }))
    const opened = {
      kind: 'batch-opened',
      batch: id as BatchId,
      session: 's' as SessionId,
      pool: 'pool' as PoolName,
      task: 't',
      priority: 0,
      chunkSize: undefined,
      total: count,
      retries: 0,
      backoffMs: 0,
      failFast: false,
      parent: { worker, shard: number },
    } as const
    this.#take(this.driver.give(opened))
    this.#take(this.driver.items(id, count))
    this.#take(this.driver.end(id))
  }

  /** Some shard that can be answered is. False: there is none. */
  answer(pick: number): boolean {
    const shard = this.#pick(
      this.#begun().filter((one) => (this.#called.get(one.shard)?.size ?? 0) === 0),
      pick,
    )
    if (shard === undefined) return false
    this.#take(this.driver.answerFor(shard, { runMs: shard.count }))
    return true
  }

  lose(pick: number): void {
    const worker = this.#pick([...this.#workers], pick)
    if (worker === undefined) return
    this.#workers.delete(worker)
    for (const { shard } of this.driver.held(worker)) for (const id of this.#called.get(shard) ?? []) this.#take(this.driver.cancel(id))
    this.#take(this.driver.lost(worker))
  }

  /** Time goes by, and workers that were asked for come online. */
  pass(): void {
    this.#take(this.driver.wake(1_000))
    const asked = this.driver.log
      .filter(({ kind }) => kind === 'start-workers')
      .reduce((sum, one) => sum + ('count' in one ? one.count : 0), 0)
    while (this.#started < asked) {
      const worker = `w${++this.#started}`
      this.#workers.add(worker)
      this.#take(this.driver.online(worker))
    }
  }

  #take(commands: readonly SchedulerCommand[]): void {
    for (const { batch } of commandsOf(commands, 'batch-settled')) this.#settled(batch)
    for (const { worker, shard } of commandsOf(commands, 'abort-shard')) {
      const held = this.driver.held(worker).find((one) => one.shard === shard)
      // What it called is cancelled with it.
      for (const id of this.#called.get(shard) ?? []) this.#take(this.driver.cancel(id))
      if (held !== undefined) this.#take(this.driver.answerFor(held, { ran: 0 }))
    }
  }

  #settled(batch: string): void {
    this.#open.delete(batch)
    for (const [shard, called] of this.#called) {
      if (!called.delete(batch) || called.size > 0) continue
      this.#called.delete(shard)
      const worker = [...this.#workers].find((one) => this.driver.held(one).some((held) => held.shard === shard))
      if (worker === undefined) continue
      this.#take(this.driver.give({ kind: 'shard-waits', worker: worker as WorkerId, shard: shard as Assign['shard'], waits: false }))
    }
  }

  /** The shards that workers have begun: in order, the next when those before it wait, or more where several run at once. */
  #begun(): Assign[] {
    return [...this.#workers].flatMap((worker) => {
      const held = this.driver.held(worker)
      if (this.#concurrency > 1) return held
      const first = held.findIndex(({ shard }) => (this.#called.get(shard)?.size ?? 0) === 0)
      return first < 0 ? held : held.slice(0, first + 1)
    })
  }

  #pick<Value>(values: readonly Value[], pick: number): Value | undefined {
    return values[pick % Math.max(1, values.length)]
  }
}

const event = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('submit' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('call' as const), pick: fc.nat(20), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('answer' as const), pick: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose' as const), pick: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'pass' as const }) },
)

it('tasks that call their own pool come to an end, whatever is lost, on workers that run one or several', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(1, 1, 4),
      fc.array(event, { maxLength: 60 }),
      (size, concurrency, events) => {
        const world = new World(size, concurrency)
        for (const one of events) {
          if (one.kind === 'submit') world.submit(one.count)
          else if (one.kind === 'call') world.call(one.pick, one.count)
          else if (one.kind === 'answer') world.answer(one.pick)
          else if (one.kind === 'lose') world.lose(one.pick)
          else world.pass()
        }
        for (let round = 0; round < 2_000 && world.openBatches > 0; round++) if (!world.answer(round)) world.pass()
        expect(world.openBatches).toBe(0)
      },
    ),
    { numRuns: 500 },
  )
})
