import { assert } from '../base/assert.ts'
import { after } from '../base/clock.ts'
import type { Cancel, Instant } from '../base/clock.ts'
import { ForkpoolError } from '../base/errors.ts'
import { checkInvariants, createScheduler, isShardHeld, isShardTooLate, schedulerStatistics, step } from '../scheduler/index.ts'
import type { SchedulerCommand, SchedulerEvent, SchedulerState, WorkerId } from '../scheduler/index.ts'
import { FakeClock } from './fake-clock.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimFleet } from './sim-fleet.ts'
import { SimLedger, TOO_LONG } from './sim-ledger.ts'
import { drawPlan } from './sim-plan.ts'
import { withPolicies } from './sim-policies.ts'
import type { SimBatch, SimPlan } from './sim-plan.ts'
import type { SimAnswer } from './sim-worker.ts'

/** What one simulated world did. Equal seeds give equal reports. */
export interface SimReport {
  readonly seed: number
  readonly steps: number
  readonly batches: number
  readonly tasks: { readonly completed: number; readonly failed: number; readonly cancelled: number }
  readonly shards: number
  readonly workersLost: number
  /** Simulated time, milliseconds. */
  readonly elapsedMs: number
  /** Of all commands in order. */
  readonly digest: number
}

/** No plan that `drawPlan` gives needs nearly as many: more is a loop. */
const STEPS_MAX = 100_000

/** Sets the source of policies apart from that of everything else. */
const POLICIES = 1_000_003

/**
 * A world from one seed: pools, batches, workers that run, yield, throw, crash, hang, answer late or twice, start slowly or not at all, and
 * are killed from outside, around a real scheduler. It runs until nothing is left to happen, and checks every promise on the way.
 */
export class SimWorld {
  readonly #seed: number
  readonly #random: SeededRandom
  readonly #plan: SimPlan
  readonly #clock = new FakeClock()
  readonly #ledger: SimLedger
  readonly #state: SchedulerState
  readonly #fleet: SimFleet
  #timer: Cancel | undefined
  #workersLost = 0
  #shards = 0
  #steps = 0
  #drains = 0
  #digest = 0

  constructor(seed: number) {
    this.#seed = seed
    this.#random = new SeededRandom(seed)
    const plan = drawPlan(this.#random)
    const policies = new SeededRandom(seed + POLICIES)
    this.#plan = policies.chance(0.5) ? withPolicies(plan, policies) : plan
    this.#ledger = new SimLedger(this.#plan, this.#clock)
    this.#state = createScheduler(this.#plan.options, policies)
    // Fewer kills than `crashLimit`, so that each item that fails for lost workers is guilty.
    this.#fleet = new SimFleet(this.#clock, this.#random, this.#plan.faults, this.#plan.options.crashLimit - 1, {
      online: (worker) => {
        this.#ledger.online(worker)
        this.#give({ kind: 'worker-online', worker })
      },
      lost: (worker) => this.#lose(worker),
      answered: (worker, answer) => this.#takeIn(worker, answer),
    })
  }

  /** Runs to the end. @throws Error that names the seed and the step, with what went wrong as its cause. */
  run(): SimReport {
    try {
      this.#begin()
      while (this.#clock.runNext());
      this.#checkEnd()
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`simulation of seed ${this.#seed}, step ${this.#steps}, at ${this.#clock.now()} ms: ${message}`, { cause })
    }
    const sum = { completed: 0, failed: 0, cancelled: 0 }
    const { pools } = schedulerStatistics(this.#state)
    for (const pool of pools) for (const key of ['completed', 'failed', 'cancelled'] as const) sum[key] += pool[key]
    return {
      seed: this.#seed,
      steps: this.#steps,
      batches: this.#plan.batches.length,
      tasks: sum,
      shards: this.#shards,
      workersLost: this.#workersLost,
      elapsedMs: this.#clock.now(),
      digest: this.#digest,
    }
  }

  #begin(): void {
    const { batches, drainAt, faults, pools, resizes } = this.#plan
    for (const { pool, size } of pools) this.#setPool(pool, size)
    for (const { at, pool, size } of resizes) this.#at(at, () => this.#setPool(pool, size))
    for (const batch of batches) this.#at(batch.opensAt, () => this.#open(batch))
    for (const { all, at } of faults.kills) this.#at(at, () => this.#fleet.killFromOutside(all))
    if (drainAt !== undefined) this.#at(drainAt, () => this.#give({ kind: 'drain-requested' }))
  }

  #setPool(pool: SimPlan['pools'][number]['pool'], size: number): void {
    this.#ledger.poolSet(pool, size)
    this.#give({ kind: 'pool-set', pool, size })
  }

  #open(batch: SimBatch): void {
    const { blocks, cancelAt, endsAfterMs, id, pause } = batch
    try {
      this.#give({ kind: 'batch-opened', batch: id, ...pickOpened(batch) })
    } catch (error) {
      const refused = error instanceof ForkpoolError && error.code === 'DRAINING'
      const { drainAt } = this.#plan
      if (refused && drainAt !== undefined && this.#clock.now() >= drainAt) return
      throw error
    }
    this.#ledger.opened(batch)
    let at = this.#clock.now()
    for (const { count, bytes, afterMs } of blocks) {
      at = after(at, afterMs)
      this.#at(at, () => {
        this.#ledger.itemsAdded(id, count)
        this.#give({ kind: 'items-added', batch: id, count, bytes })
      })
    }
    this.#at(after(at, endsAfterMs), () => this.#give({ kind: 'batch-ended', batch: id }))
    if (pause !== undefined) {
      this.#at(pause.from, () => this.#pause(id, true))
      this.#at(pause.to, () => this.#pause(id, false))
    }
    if (cancelAt === undefined) return
    this.#at(cancelAt, () => {
      this.#ledger.cancelled(id)
      this.#give({ kind: 'batch-cancelled', batch: id })
    })
  }

  #pause(batch: SimBatch['id'], paused: boolean): void {
    this.#ledger.paused(batch, paused)
    this.#give({ kind: 'batch-paused', batch, paused })
  }

  #at(at: number, run: () => void): Cancel {
    return this.#clock.schedule(at as Instant, run)
  }

  /** Gives the scheduler an event, checks it, and does what it says. */
  #give(event: SchedulerEvent): void {
    assert(++this.#steps <= STEPS_MAX, 'the world does not come to rest')
    const commands = step(this.#state, event, this.#clock.now())
    this.#ledger.stepped(commands, (worker, shard) => isShardHeld(this.#state, worker, shard))
    for (const command of commands) this.#note(command)
    checkInvariants(this.#state)
    for (const command of commands) this.#obey(command)
  }

  #note(command: SchedulerCommand): void {
    for (const char of JSON.stringify(command)) this.#digest = (Math.imul(this.#digest, 31) + (char.codePointAt(0) ?? 0)) | 0
    if (command.kind === 'assign') this.#ledger.assigned(command)
    else if (command.kind === 'settle-failed') this.#ledger.failed(command)
    else if (command.kind === 'release-block') this.#ledger.released(command)
    else if (command.kind === 'batch-settled') this.#ledger.settled(command)
  }

  #obey(command: SchedulerCommand): void {
    switch (command.kind) {
      case 'assign': {
        this.#shards++
        const batch = this.#plan.batches.find(({ id }) => id === command.batch)
        assert(batch !== undefined, `batch ${command.batch} is unknown`)
        return this.#fleet.tell(command.worker, (worker) => worker.run(command, batch))
      }
      case 'abort-shard':
        return this.#fleet.tell(command.worker, (worker) => worker.abort(command.shard))
      case 'stop-worker':
      case 'kill-worker':
        return this.#fleet.tell(command.worker, (worker) => {
          assert(command.kind === 'kill-worker' || worker.isIdle, `${worker.id} is stopped while it works`)
          this.#fleet.end(worker)
        })
      case 'start-workers':
        for (let i = 0; i < command.count; i++) this.#fleet.start()
        return
      case 'wake-at':
        this.#timer?.()
        this.#timer = command.at === undefined ? undefined : this.#at(command.at, () => this.#give({ kind: 'woken' }))
        return
      case 'drained':
        this.#drains++
        return
      case 'settle-failed':
      case 'release-block':
      case 'batch-settled':
        return
    }
  }

  #takeIn(worker: WorkerId, answer: SimAnswer): void {
    const held = isShardHeld(this.#state, worker, answer.shard)
    assert(held === this.#ledger.isHeld(worker, answer.shard), `whether ${worker} holds shard ${answer.shard} is not clear`)
    assert(!isShardTooLate(this.#state, worker, answer.shard, answer.runMs), 'an item that ran in time ran for too long')
    if (held) this.#ledger.answered(answer)
    this.#give({ kind: 'shard-ran', worker, ...answer })
  }

  #lose(worker: WorkerId): void {
    this.#workersLost++
    this.#ledger.lost(worker)
    this.#give({ kind: 'worker-lost', worker, exit: { exitCode: this.#workersLost } })
  }

  /** The world is quiet: everything that was begun must be over. */
  #checkEnd(): void {
    const open = this.#ledger.openBatches
    assert(open.length === 0, `the world is quiet and ${open.join(', ')} not settled: a lost wake-up`)
    const { openBatches, pools, workers } = schedulerStatistics(this.#state)
    assert(openBatches === 0, `${openBatches} batches are open`)
    for (const pool of pools) assert(pool.busyWorkers + pool.queued + pool.running === 0, `${pool.pool} is at work`)
    assert(workers.busy + workers.starting + workers.stopping === 0, `workers are not at rest: ${JSON.stringify(workers)}`)
    if (this.#plan.drainAt !== undefined) {
      assert(this.#drains === 1, `drained ${this.#drains} times`)
      return
    }
    const { baseWorkers } = this.#plan.options
    assert(workers.idle === baseWorkers, `${workers.idle} workers are kept, not ${baseWorkers}`)
    this.#give({ kind: 'drain-requested' })
    assert(this.#drains === 1, 'an idle scheduler does not drain at once')
  }
}

function pickOpened(batch: SimBatch) {
  const { backoffMs, chunkSize, deadlineMs, failFast, jitter, pool, priority, retries, session, task, timeoutMs, total, weight } = batch
  const timeout = timeoutMs === undefined ? undefined : { ms: timeoutMs, error: TOO_LONG }
  return { backoffMs, chunkSize, deadlineMs, failFast, jitter, pool, priority, retries, session, task, timeout, total, weight }
}
