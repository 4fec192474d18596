import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Instant } from '../base/clock.ts'
import { checkInvariants, createScheduler, schedulerStatistics, step } from './index.ts'
import type { Assign, BatchId, PoolName, SchedulerCommand, SchedulerEvent, SchedulerState, SessionId, WorkerId } from './index.ts'

/** One thing that a host does; numbers choose among what there is. */
type Move =
  | {
      readonly kind: 'open'
      readonly pool: number
      readonly priority: number
      readonly chunkSize: number | undefined
      readonly retries: number
    }
  | { readonly kind: 'items'; readonly batch: number; readonly count: number }
  | { readonly kind: 'end'; readonly batch: number }
  | { readonly kind: 'cancel'; readonly batch: number }
  | { readonly kind: 'pause'; readonly batch: number; readonly paused: boolean }
  | { readonly kind: 'online' }
  | { readonly kind: 'lose'; readonly worker: number }
  | { readonly kind: 'answer'; readonly shard: number; readonly share: number; readonly failures: number; readonly runMs: number }
  | { readonly kind: 'resize'; readonly pool: number; readonly size: number }
  | { readonly kind: 'pass'; readonly ms: number }

const number = fc.nat({ max: 1_000 })
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      pool: number,
      priority: fc.integer({ min: -10, max: 10 }),
      chunkSize: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
      retries: fc.nat({ max: 2 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('items' as const), batch: number, count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), batch: number }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), batch: number }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), batch: number, paused: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('online' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), worker: number }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      shard: number,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      failures: fc.nat({ max: 3 }),
      runMs: fc.constantFrom(0, 1, 60, 3_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const), pool: number, size: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 50, 1_500) }) },
)

const POOLS = ['p', 'q'] as const

/** The model: what was added and what has settled, batch by batch, kept from events and commands alone. */
class Host {
  readonly state: SchedulerState = createScheduler({ baseWorkers: 1, maxWorkers: 5, idleRetireMs: 1_000, crashLimit: 2 })
  readonly log: SchedulerCommand[] = []
  readonly open = new Map<BatchId, { added: number; ended: boolean; blocks: number; released: Set<number>; settledItems: number }>()
  readonly workers: WorkerId[] = []
  readonly held: Assign[] = []
  now = 0
  #numbers = 0

  give(event: SchedulerEvent): void {
    const commands = step(this.state, event, this.now as Instant)
    checkInvariants(this.state)
    for (const command of commands) {
      this.log.push(command)
      this.#obey(command)
    }
  }

  #obey(command: SchedulerCommand): void {
    if (command.kind === 'assign') this.held.push(command)
    if (command.kind === 'release-block') {
      const released = this.open.get(command.batch)!.released
      expect(released.has(command.block)).toBe(false)
      released.add(command.block)
    }
    if (command.kind === 'batch-settled') {
      const batch = this.open.get(command.batch)!
      expect(command.completed + command.failed + command.cancelled).toBe(batch.added)
      expect(batch.released.size).toBe(batch.blocks)
      this.open.delete(command.batch)
    }
    if (command.kind === 'stop-worker' || command.kind === 'kill-worker') this.lose(command.worker)
  }

  lose(worker: WorkerId): void {
    this.workers.splice(this.workers.indexOf(worker), 1)
    const kept = this.held.filter((shard) => shard.worker !== worker)
    this.held.splice(0, this.held.length, ...kept)
    this.give({ kind: 'worker-lost', worker, exit: { signal: 'SIGKILL' } })
  }

  fresh(kind: string): string {
    return `${kind}${this.#numbers++}`
  }

  play(move: Move): void {
    if (move.kind === 'open') {
      const batch = this.fresh('b') as BatchId
      this.open.set(batch, { added: 0, ended: false, blocks: 0, released: new Set(), settledItems: 0 })
      const { chunkSize, priority, retries } = move
      const pool = POOLS[move.pool % 2] as PoolName
      const session = `s${move.pool % 3}` as SessionId
      const rest = { task: `t${move.pool % 2}`, total: undefined, backoffMs: move.pool % 2 ? 0 : 100, failFast: move.pool % 5 === 0 }
      this.give({ kind: 'batch-opened', batch, session, pool, priority, chunkSize, retries, ...rest })
    } else if (move.kind === 'online') {
      const worker = this.fresh('w') as WorkerId
      this.workers.push(worker)
      this.give({ kind: 'worker-online', worker })
    } else if (move.kind === 'lose') {
      const worker = this.workers[move.worker % this.workers.length]
      if (worker !== undefined) this.lose(worker)
    } else if (move.kind === 'resize') {
      this.give({ kind: 'pool-set', pool: POOLS[move.pool % 2] as PoolName, size: move.size })
    } else if (move.kind === 'pass') {
      this.now += move.ms
      this.give({ kind: 'woken' })
    } else if (move.kind === 'answer') {
      this.#answer(move)
    } else {
      this.#batchMove(move)
    }
  }

  #answer(move: Extract<Move, { kind: 'answer' }>): void {
    const [shard] = this.held.splice(move.shard % Math.max(1, this.held.length), 1)
    if (shard === undefined) return
    const ran = Math.round(move.share * shard.count)
    const failures = Array.from({ length: Math.min(move.failures, ran) }, (_, at) => ({ at, error: at, retryable: at !== 1 }))
    this.give({ kind: 'shard-ran', worker: shard.worker, shard: shard.shard, ran, failures, runMs: move.runMs })
  }

  #batchMove(move: Extract<Move, { batch: number }>): void {
    const ids = [...this.open.keys()]
    const batch = ids[move.batch % Math.max(1, ids.length)]
    if (batch === undefined) return
    const book = this.open.get(batch)!
    if (move.kind === 'items') {
      if (book.ended) return
      book.added += move.count
      book.blocks++
      this.give({ kind: 'items-added', batch, count: move.count, bytes: move.count * 8 })
    } else if (move.kind === 'end') {
      if (book.ended) return
      book.ended = true
      this.give({ kind: 'batch-ended', batch })
    } else if (move.kind === 'cancel') {
      this.give({ kind: 'batch-cancelled', batch })
    } else {
      this.give({ kind: 'batch-paused', batch, paused: move.paused })
    }
  }

  /** Ends every input, undoes every pause, and answers for everything: now all must settle. */
  finish(): void {
    for (const [batch, book] of this.open) {
      this.give({ kind: 'batch-paused', batch, paused: false })
      if (!book.ended) this.give({ kind: 'batch-ended', batch })
    }
    for (let i = 0; i < 5_000 && this.open.size > 0; i++) {
      if (this.workers.length === 0) this.play({ kind: 'online' })
      if (this.held.length > 0) this.play({ kind: 'answer', shard: 0, share: 1, failures: 0, runMs: 1 })
      else this.play({ kind: 'pass', ms: 500 })
    }
  }
}

function play(moves: readonly Move[]): Host {
  const host = new Host()
  for (const pool of POOLS) host.give({ kind: 'pool-set', pool: pool as PoolName, size: 2 })
  for (const one of moves) host.play(one)
  return host
}

test('whatever happens in whatever order, the invariants hold after each step, and in the end everything settles', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const host = play(moves)
      host.finish()
      expect([...host.open.keys()]).toEqual([])
      const { pools, workers } = schedulerStatistics(host.state)
      expect(workers.busy).toBe(0)
      for (const pool of pools) expect(pool.queued + pool.running + pool.busyWorkers + pool.openBatches).toBe(0)
    }),
    { numRuns: 200 },
  )
})

test('equal input gives equal commands', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      expect(play(moves).log).toEqual(play(moves).log)
    }),
    { numRuns: 50 },
  )
})
