import type { Clock, Instant } from '../base/index.ts'
import { after } from '../base/index.ts'
import type { RanMessage, RunMessage } from '../protocol/index.ts'
import { Pace } from './pace.ts'
import type { Places } from './places.ts'
import { isThenable } from './run-shard.ts'
import type { ShardHost } from './run-shard.ts'
import { readArguments } from './shard-arguments.ts'
import type { ShardArguments } from './shard-arguments.ts'
import { ShardResults } from './shard-results.ts'
import { withTaskContext } from './task-context.ts'
import type { ShardContext } from './task-context.ts'
import type { TaskFunction } from './task-registry.ts'

/** Where shards run whose tasks run at once. */
export interface AtOnceHost extends ShardHost {
  readonly places: Places
  /** A task that was asked to end, and does not for so long, is left behind; milliseconds. */
  readonly abandonAfterMs: number
  /** Called when the first task of the shard begins. */
  readonly onBegin: () => void
}

/** How a task has ended, until those before it have. */
type Outcome = { readonly value: unknown } | { readonly thrown: unknown } | 'left'

/**
 * Runs the tasks of a shard as places for them come free, so that those which return promises run at once; the report is as `runShard`'s. Tasks begin
 * in order, so what has begun is the front of the shard, and what has run is the front of that. A yield waits for what has begun. After an abort a
 * task counts as not run when it rejects, or when it has not ended `abandonAfterMs` later: then it is left behind, and what becomes of it is ignored. The
 * worker goes on, for its other tasks are not to blame.
 *
 * Each task has a context of its own, and so costs about a microsecond more than in `runShard`.
 */
export async function runShardAtOnce(message: RunMessage, context: ShardContext, host: AtOnceHost): Promise<RanMessage> {
  const startedAt = host.clock.now()
  const args = readArguments(message.items, message.spread)
  const decodedAt = host.clock.now()
  const results = new ShardResults(message.items.count, message.reply, host.clock, host.attaches)
  const run = new ShardAtOnce(message, args, results, context, host)
  const task = host.registry.get(message.task)
  const count = task === undefined ? run.failAll(host.registry.unknown(message.task)) : await run.toEnd(task, startedAt)
  const values = results.finish()
  const report = {
    kind: 'ran',
    shard: message.shard,
    count,
    values,
    runMs: Math.max(0, host.clock.now() - decodedAt - results.encodeMs),
    decodeMs: decodedAt - startedAt,
    encodeMs: results.encodeMs,
  } as const
  return results.failures.length === 0 ? report : { ...report, failures: results.failures }
}

class ShardAtOnce {
  readonly #message: RunMessage
  readonly #args: ShardArguments
  readonly #results: ShardResults
  readonly #context: ShardContext
  readonly #host: AtOnceHost
  /** Ends of tasks that others before them have not reached yet, by position. */
  readonly #ends = new Map<number, Outcome>()
  /** Tasks that have begun, that have ended, and that are in the report: each the front of the one before. */
  #begun = 0
  #ended = 0
  #reported = 0
  /** Tasks that hold a place, or will ask for it back. */
  readonly #inFlight = new Set<number>()
  /** Nothing more goes into the report. */
  #isFull = false
  /** Called when everything that has begun has ended. */
  #onRest: (() => void) | undefined

  constructor(message: RunMessage, args: ShardArguments, results: ShardResults, context: ShardContext, host: AtOnceHost) {
    this.#message = message
    this.#args = args
    this.#results = results
    this.#context = context
    this.#host = host
  }

  failAll(error: unknown): number {
    while (this.#reported < this.#args.values.length && !this.#results.full) this.#results.fail(this.#reported++, error)
    return this.#reported
  }

  /** Begins tasks until the shard must be left, and waits for those that have begun: how many are reported. */
  async toEnd(task: TaskFunction, startedAt: Instant): Promise<number> {
    const { clock, nextTurn } = this.#host
    const { length } = this.#args.values
    const pace = new Pace(clock, startedAt, this.#message.yieldAfterMs)
    while (this.#begun < length && !this.#context.aborted && !this.#results.full) {
      if (this.#begun === pace.next) {
        const decision = pace.look(this.#begun)
        if (decision === 'yield') break
        if (decision === 'turn') {
          await nextTurn()
          pace.turned(this.#begun)
          continue
        }
      }
      if (!this.#host.places.tryTake()) {
        if (!(await this.#takePlace())) break
        pace.turned(this.#begun)
      }
      this.#begin(task, this.#begun++)
    }
    await this.#rest(clock)
    return this.#reported
  }

  /** False: the shard is to be left, and no place was taken. */
  #takePlace(): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = this.#host.places.take(() => resolve(true))
      this.#context.onAbort(() => {
        waiter.isGone = true
        resolve(false)
      })
    })
  }

  /** Begins the task in the place that was taken for it. */
  #begin(task: TaskFunction, at: number): void {
    const { values, broken } = this.#args
    const { places, onBegin } = this.#host
    if (at === 0) onBegin()
    if (broken !== undefined && broken.has(at)) {
      places.give()
      this.#end(at, { thrown: broken.get(at) })
      return
    }
    const context = this.#context.forTask(this.#message.from + at, (waits) => (waits ? places.give() : places.retake()))
    const args = this.#message.spread ? (values[at] as unknown[]) : [values[at]]
    let value: unknown
    try {
      value = withTaskContext(context, () => task(...args))
    } catch (thrown) {
      context.close()
      places.give()
      this.#end(at, { thrown })
      return
    }
    if (!isThenable(value)) {
      context.close()
      places.give()
      this.#end(at, { value })
      return
    }
    this.#inFlight.add(at)
    const ended = (outcome: Outcome): void => {
      // A task that was left behind ends when nobody asks any more.
      if (!this.#inFlight.delete(at)) return
      context.close()
      places.give()
      this.#end(at, outcome)
    }
    value.then(
      (result) => ended({ value: result }),
      (thrown: unknown) => ended(this.#context.aborted ? 'left' : { thrown }),
    )
  }

  /** Notes an end, and puts all that have come in order into the report. */
  #end(at: number, outcome: Outcome): void {
    this.#ended++
    this.#ends.set(at, outcome)
    for (let next = this.#ends.get(this.#reported); next !== undefined; next = this.#ends.get(this.#reported)) {
      this.#ends.delete(this.#reported)
      if (!this.#report(this.#reported, next)) break
      this.#reported++
    }
    if (this.#ended === this.#begun) this.#onRest?.()
  }

  /** False: the report ends before this task. */
  #report(at: number, outcome: Outcome): boolean {
    if (outcome === 'left' || this.#isFull) {
      this.#isFull = true
      return false
    }
    if ('thrown' in outcome) {
      if (this.#args.broken?.has(at) === true) this.#results.fail(at, outcome.thrown, false)
      else this.#results.fail(at, outcome.thrown)
      return true
    }
    this.#isFull = !this.#results.add(at, outcome.value)
    return !this.#isFull
  }

  /** Waits for the tasks that have begun, after an abort no longer than they are given. */
  #rest(clock: Clock): Promise<void> {
    if (this.#ended === this.#begun) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onRest = resolve
      this.#context.onAbort(() => {
        clock.schedule(after(clock.now(), this.#host.abandonAfterMs), () => this.#leaveBehind(resolve))
      })
    })
  }

  #leaveBehind(resolve: () => void): void {
    this.#isFull = true
    for (const _ of this.#inFlight) this.#host.places.give()
    this.#inFlight.clear()
    resolve()
  }
}
