import { after } from '../base/clock.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import type { Assign, ShardId, ShardTaskFailure, WorkerId } from '../scheduler/index.ts'
import type { SimBatch } from './sim-plan.ts'

export interface SimAnswer {
  readonly shard: ShardId
  readonly ran: number
  readonly failures: readonly ShardTaskFailure[]
  readonly runMs: number
}

/** What becomes of a shard when nobody disturbs it. */
interface SimRun {
  readonly assign: Assign
  readonly batch: SimBatch
  readonly startedAt: number
  /** Items that run before it ends one way or another. */
  readonly ran: number
  readonly end: 'answers' | 'crashes' | 'hangs' | 'lingers'
}

export interface SimWorkerHost {
  readonly clock: Clock
  readonly answer: (worker: SimWorker, answer: SimAnswer) => void
  /** A poison item brought it down. */
  readonly crash: (worker: SimWorker) => void
}

/**
 * A worker as the scheduler may expect it: runs its shards one after the other, yields, leaves a shard when asked unless it hangs in
 * one. `alive` is false once it crashed or was killed; then it does nothing more.
 */
export class SimWorker {
  readonly id: WorkerId
  alive = true
  readonly #host: SimWorkerHost
  readonly #waiting: { assign: Assign; batch: SimBatch }[] = []
  #running: SimRun | undefined
  #timer: Cancel | undefined

  constructor(id: WorkerId, host: SimWorkerHost) {
    this.id = id
    this.#host = host
  }

  get isIdle(): boolean {
    return this.#running === undefined && this.#waiting.length === 0
  }

  run(assign: Assign, batch: SimBatch): void {
    if (!this.alive) return
    this.#waiting.push({ assign, batch })
    if (this.#running === undefined) this.#next()
  }

  abort(shard: ShardId): void {
    // One that loops for ever reads nothing.
    if (!this.alive || this.#running?.end === 'hangs') return
    const at = this.#waiting.findIndex(({ assign }) => assign.shard === shard)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
      this.#host.answer(this, { shard, ran: 0, failures: [], runMs: 0 })
      return
    }
    const run = this.#running
    if (run === undefined || run.assign.shard !== shard) return
    const elapsedMs = this.#host.clock.now() - run.startedAt
    const done = Math.floor(elapsedMs / run.batch.itemMs)
    // One that hangs, or is about to crash, does not look whether it was asked to leave.
    if (done >= run.ran && run.end !== 'lingers') return
    this.#end({ ...run, ran: Math.min(done, run.ran), end: 'answers' })
  }

  /** Ends without a word. */
  die(): void {
    this.alive = false
    this.#timer?.()
    this.#waiting.length = 0
    this.#running = undefined
  }

  #next(): void {
    const next = this.#waiting.shift()
    if (next === undefined) return
    const run = this.#foresee(next.assign, next.batch)
    this.#running = run
    if (run.end === 'hangs' || run.end === 'lingers') return
    const { clock } = this.#host
    this.#timer = clock.schedule(after(clock.now(), run.ran * run.batch.itemMs), () => this.#end(run))
  }

  #foresee(assign: Assign, batch: SimBatch): SimRun {
    const startedAt = this.#host.clock.now()
    for (let at = 0; at < assign.count; at++) {
      if (assign.yieldAfterMs !== undefined && at > 0 && at * batch.itemMs >= assign.yieldAfterMs) {
        return { assign, batch, startedAt, ran: at, end: 'answers' }
      }
      const item = batch.items.get(assign.from + at)
      if (item?.kind === 'poison') return { assign, batch, startedAt, ran: at, end: 'crashes' }
      if (item?.kind === 'hangs' || item?.kind === 'lingers') return { assign, batch, startedAt, ran: at, end: item.kind }
    }
    return { assign, batch, startedAt, ran: assign.count, end: 'answers' }
  }

  #hangsAtOnce(): boolean {
    return this.#running?.end === 'hangs' && this.#running.ran === 0 && this.#running.batch.timeoutMs !== undefined
  }

  #end(run: SimRun): void {
    this.#timer?.()
    this.#running = undefined
    if (run.end === 'crashes') {
      this.#host.crash(this)
      return
    }
    const failures: ShardTaskFailure[] = []
    for (let at = 0; at < run.ran; at++) {
      const index = run.assign.from + at
      const item = run.batch.items.get(index)
      if (item?.kind !== 'throws' || run.assign.attempt > item.times) continue
      failures.push({ at, error: `${run.batch.id}[${index}] run ${run.assign.attempt}`, retryable: item.retryable })
    }
    const answer = { shard: run.assign.shard, ran: run.ran, failures, runMs: run.ran * run.batch.itemMs }
    this.#next()
    // Answers are sent when the event loop turns: a task that loops for ever right behind this shard keeps them back.
    if (!this.#hangsAtOnce()) this.#host.answer(this, answer)
  }
}
