import type { Clock } from '../base/index.ts'
import type { RanMessage, RunMessage } from '../protocol/index.ts'
import { Pace } from './pace.ts'
import type { Decision } from './pace.ts'
import { readArguments, releaseArguments } from './shard-arguments.ts'
import type { ShardArguments } from './shard-arguments.ts'
import { ShardResults } from './shard-results.ts'
import { withTaskContext } from './task-context.ts'
import type { ShardContext } from './task-context.ts'
import type { TaskFunction, TaskRegistry } from './task-registry.ts'

/** Where shards run. */
export interface ShardHost {
  readonly registry: TaskRegistry
  readonly clock: Clock
  /** Resolves when the event loop has turned once, so that what waits to be read was read. */
  readonly nextTurn: () => Promise<void>
  /** Whether buffers may travel beside results: shared memory, and what a task moves. */
  readonly attaches?: boolean | undefined
}

/**
 * Runs the tasks of a shard one after the other and reports on them. The report covers fewer tasks than the shard has when `yieldAfterMs`
 * is over (then one at least has run), when `context` was aborted (then maybe none), or when the results fill a message; the rest has not
 * run. A task that was interrupted by the abort and rejected counts as not run.
 *
 * Tasks that return no promise run in one tight loop: no promise, closure or reading of the clock for each (measured: 13 to 30 ns for a
 * square, with decoding and encoding). A task that throws, that has no such function, or whose arguments or result cannot travel is a
 * failure in the report; a promise never rejects over one. The report is there at once where nothing was waited for: a shard may be one short task, and
 * a promise for it would cost as much.
 */
export function runShard(message: RunMessage, context: ShardContext, host: ShardHost): RanMessage | Promise<RanMessage> {
  const { clock } = host
  const startedAt = clock.now()
  const args = readArguments(message.items, message.spread)
  const decodedAt = clock.now()
  const results = new ShardResults(message.items.count, message.reply, clock, host.attaches)
  const report = (count: number): RanMessage => {
    releaseArguments(args)
    const values = results.finish()
    const { encodeMs, failures } = results
    const runMs = Math.max(0, clock.now() - decodedAt - encodeMs)
    const ran = { kind: 'ran', shard: message.shard, count, values, runMs, decodeMs: decodedAt - startedAt, encodeMs } as const
    return failures.length === 0 ? ran : { ...ran, failures }
  }
  const task = host.registry.get(message.task)
  if (task === undefined) return report(failAll(results, args, host.registry.unknown(message.task)))
  const pace = new Pace(clock, startedAt, message.yieldAfterMs)
  const run = new ShardRun(task, message, args, results, context, pace)
  const ran = withTaskContext(context, () => run.toEnd(host.nextTurn))
  return typeof ran === 'number' ? report(ran) : ran.then(report)
}

function failAll(results: ShardResults, { values }: ShardArguments, error: unknown): number {
  let at = 0
  while (at < values.length && !results.full) results.fail(at++, error)
  return at
}

/** Why the tight loop stopped: the shard is over, the clock says so, or a task returned a promise. */
type Pause = End | Wait
type End = 'over' | 'yield'
type Wait = Exclude<Decision, 'go-on' | 'yield'> | PromiseLike<unknown>

function isEnd(pause: Pause): pause is End {
  return pause === 'over' || pause === 'yield'
}

class ShardRun {
  readonly #task: TaskFunction
  readonly #from: number
  readonly #spread: boolean
  readonly #args: ShardArguments
  readonly #results: ShardResults
  readonly #context: ShardContext
  readonly #pace: Pace
  /** The task to run next; those before it have an outcome in `#results`. */
  #at = 0

  constructor(task: TaskFunction, message: RunMessage, args: ShardArguments, results: ShardResults, context: ShardContext, pace: Pace) {
    this.#task = task
    this.#from = message.from
    this.#spread = message.spread
    this.#args = args
    this.#results = results
    this.#context = context
    this.#pace = pace
  }

  /** Runs to the end of the shard, or to where it must stop: how many tasks have run; a promise where something is to be waited for. */
  toEnd(nextTurn: () => Promise<void>): number | Promise<number> {
    if (this.#context.aborted) return this.#at
    const pause = this.#runOn()
    return isEnd(pause) ? this.#at : this.#goOn(pause, nextTurn)
  }

  async #goOn(first: Wait, nextTurn: () => Promise<void>): Promise<number> {
    for (let wait = first; ;) {
      if (wait === 'turn') await nextTurn()
      else await this.#settle(wait)
      this.#pace.turned(this.#at)
      if (this.#context.aborted) return this.#at
      const pause = this.#runOn()
      if (isEnd(pause)) return this.#at
      wait = pause
    }
  }

  /** Runs tasks until one returns a promise, or the loop must stop. */
  #runOn(): Pause {
    const task = this.#task
    const spread = this.#spread
    const { values, broken } = this.#args
    const results = this.#results
    const context = this.#context
    const pace = this.#pace
    const numbers = !spread && broken === undefined && values instanceof Float64Array ? values : undefined
    for (let at = this.#at; at < values.length; at++) {
      this.#at = at
      if (results.full) return 'yield'
      if (at === pace.next) {
        const decision = pace.look(at)
        if (decision !== 'go-on') return decision
      }
      if (broken !== undefined && broken.has(at)) {
        results.fail(at, broken.get(at), false)
        continue
      }
      if (numbers !== undefined && results.numbersLeft > 0) {
        const pause = this.#runNumbers(numbers, Math.min(values.length, pace.next, at + results.numbersLeft))
        if (pause !== undefined) return pause
        at = this.#at - 1
        continue
      }
      context.index = this.#from + at
      try {
        const value = spread ? task(...(values[at] as unknown[])) : task(values[at])
        if (isThenable(value)) return value
        if (!results.add(at, value)) return 'yield'
      } catch (thrown) {
        results.fail(at, thrown)
      }
    }
    this.#at = values.length
    return 'over'
  }

  /**
   * Numbers in, numbers out, the usual case of very short tasks: nothing but the call for each (measured, Node 24: 12 ns for a square, where
   * the loop that takes anything needs 25). Runs up to task `to`, or beyond the first outcome that is no number.
   */
  #runNumbers(args: Float64Array, to: number): PromiseLike<unknown> | 'yield' | undefined {
    const task = this.#task
    const from = this.#from
    const context = this.#context
    const results = this.#results
    const { numbers } = results
    let { filled } = results
    let at = this.#at
    let odd: unknown
    try {
      for (; at < to; at++) {
        context.index = from + at
        const value = task(args[at])
        if (typeof value !== 'number') {
          odd = value
          break
        }
        numbers[filled++] = value
      }
    } catch (thrown) {
      results.filled = filled
      results.fail(at, thrown)
      this.#at = at + 1
      return undefined
    }
    results.filled = filled
    this.#at = at
    if (at === to) return undefined
    if (isThenable(odd)) return odd
    if (!results.add(at, odd)) return 'yield'
    this.#at = at + 1
    return undefined
  }

  /** Waits for the promise of the task at `#at`. */
  async #settle(promise: PromiseLike<unknown>): Promise<void> {
    const at = this.#at
    try {
      if (!this.#results.add(at, await promise)) return
    } catch (thrown) {
      if (this.#context.aborted) return
      this.#results.fail(at, thrown)
    }
    this.#at = at + 1
  }
}

/** Whether it is a promise, or anything like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
}
