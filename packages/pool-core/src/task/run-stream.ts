import type { Clock, Instant } from '../base/index.ts'
import { after, ForkpoolError } from '../base/index.ts'
import { ItemBlockBuilder } from '../protocol/index.ts'
import type { ItemBlock, RanMessage, RunMessage } from '../protocol/index.ts'
import { movedFrom } from './move.ts'
import type { ShardHost } from './run-shard.ts'
import { readArguments } from './shard-arguments.ts'
import { ShardResults } from './shard-results.ts'
import type { StreamRoom } from './stream-room.ts'
import { withTaskContext } from './task-context.ts'
import type { ShardContext } from './task-context.ts'

/** Where a generator runs as a task. */
export interface StreamHost extends ShardHost {
  readonly produce: (items: ItemBlock) => void
  /** A generator that was asked to end, and does not for so long, is left behind; milliseconds. Undefined: it is waited for. */
  readonly abandonAfterMs?: number | undefined
}

/** Items of a generator that never waits are sent so often, and not each by itself. */
const SEND_EVERY_MS = 1

/** How long such a generator may keep the event loop to itself. */
const TURN_EVERY_MS = 50

/** Items of so many bytes are sent at once. */
const SEND_BYTES = 256 * 1024

/** A generator, or what iterates like one. */
interface AnyIterator {
  next(): unknown
  return?: (() => unknown) | undefined
}

/**
 * Runs the one task of a shard, a generator or an async generator, and sends what it yields as far as there is room. The report says how it ended:
 * its failure, or `undefined` where it came to its end; an abort ends the generator as `break` does (`return`, so that its `finally` runs), and it
 * counts as not run. A value that cannot be sent ends it too, and is its failure.
 */
export async function runStream(message: RunMessage, context: ShardContext, room: StreamRoom, host: StreamHost): Promise<RanMessage> {
  const startedAt = host.clock.now()
  const results = new ShardResults(1, 'auto', host.clock)
  const stream = new Stream(context, room, host)
  context.index = message.from
  let count: 0 | 1 = 1
  try {
    const isWhole = await withTaskContext(context, () => stream.toEnd(begin(message, host)))
    if (isWhole) results.add(0, undefined)
    else count = 0
  } catch (thrown) {
    if (context.aborted) count = 0
    else results.fail(0, thrown)
  }
  const report = { kind: 'ran', shard: message.shard, count, values: results.finish() } as const
  const timed = { ...report, runMs: host.clock.now() - startedAt, decodeMs: 0, encodeMs: 0 }
  return results.failures.length === 0 ? timed : { ...timed, failures: results.failures }
}

/** Calls the task. @throws what it throws; ForkpoolError BAD_ARGUMENT where it gives nothing to iterate over. */
function begin({ items, spread, task: name }: RunMessage, { registry }: ShardHost): AnyIterator {
  const task = registry.get(name)
  if (task === undefined) throw registry.unknown(name)
  const { values, broken } = readArguments(items, spread)
  if (broken?.has(0) === true) throw broken.get(0)
  const made: unknown = spread ? task(...(values[0] as unknown[])) : task(values[0])
  if (typeof made === 'object' && made !== null) {
    const iterable = made as Partial<AsyncIterable<unknown> & Iterable<unknown>>
    const open = iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator]
    if (open !== undefined) return (open as (this: object) => AnyIterator).call(made)
  }
  throw new ForkpoolError('BAD_ARGUMENT', `the task "${name}" is no generator: call it with submit or apply`)
}

/** One generator between its first item and its end. */
class Stream {
  readonly #context: ShardContext
  readonly #room: StreamRoom
  readonly #host: StreamHost
  readonly #clock: Clock
  readonly #builder: ItemBlockBuilder
  #sentAt: Instant
  #turnedAt: Instant
  /** A turn of the event loop will send what is there. */
  #sendsSoon = false

  constructor(context: ShardContext, room: StreamRoom, host: StreamHost) {
    this.#context = context
    this.#room = room
    this.#host = host
    this.#clock = host.clock
    this.#builder = new ItemBlockBuilder('auto', 'item', host.attaches)
    this.#sentAt = host.clock.now()
    this.#turnedAt = this.#sentAt
  }

  /** False: it was left before its end. @throws what the generator throws, when what came before is on its way. */
  async toEnd(iterator: AnyIterator): Promise<boolean> {
    let leaving: Promise<unknown> | undefined
    const left = new Promise<false>((resolve) => {
      this.#context.onAbort(() => {
        leaving = end(iterator)
        const { abandonAfterMs } = this.#host
        if (abandonAfterMs !== undefined) this.#clock.schedule(after(this.#clock.now(), abandonAfterMs), () => resolve(false))
      })
    })
    const run = this.#run(iterator).catch((thrown: unknown) => {
      if (this.#context.aborted) return false
      throw thrown
    })
    if (await Promise.race([run, left])) return true
    await Promise.race([leaving, left])
    return false
  }

  async #run(iterator: AnyIterator): Promise<boolean> {
    try {
      while (!this.#context.aborted) {
        if (this.#room.isFull) {
          this.#send()
          await this.#waitForRoom()
          continue
        }
        const step = iterator.next()
        const { done, value } = (isPromise(step) ? await step : step) as IteratorResult<unknown>
        if (done === true) return !this.#context.aborted
        this.#room.take()
        await this.#add(iterator, value)
      }
      return false
    } finally {
      this.#send()
    }
  }

  async #add(iterator: AnyIterator, value: unknown): Promise<void> {
    try {
      this.#builder.add(value, this.#host.attaches === true ? movedFrom(value) : undefined)
    } catch (thrown) {
      this.#send()
      await end(iterator)
      throw thrown
    }
    const now = this.#clock.now()
    if (now - this.#sentAt >= SEND_EVERY_MS || this.#builder.bytes >= SEND_BYTES) this.#send()
    else if (!this.#sendsSoon) this.#sendSoon()
    if (now - this.#turnedAt < TURN_EVERY_MS) return
    await this.#host.nextTurn()
    this.#turnedAt = this.#clock.now()
  }

  /** What a generator that waits has yielded does not wait with it. */
  #sendSoon(): void {
    this.#sendsSoon = true
    void this.#host.nextTurn().then(() => {
      this.#sendsSoon = false
      this.#turnedAt = this.#clock.now()
      this.#send()
    })
  }

  #send(): void {
    if (this.#builder.count > 0) this.#host.produce(this.#builder.finish())
    this.#sentAt = this.#clock.now()
  }

  async #waitForRoom(): Promise<void> {
    this.#context.wait()
    await new Promise<void>((resolve) => {
      this.#room.onMore(resolve)
      this.#context.onAbort(resolve)
    })
    this.#context.goOn()
    this.#turnedAt = this.#clock.now()
  }
}

/** As `break` does. What it throws is of no use to anybody. */
async function end(iterator: AnyIterator): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // The reader has left.
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | undefined)?.then === 'function'
}
