import { describe, expect, it } from 'vitest'
import { ForkpoolError } from '../base/index.ts'
import type { Clock, Instant } from '../base/index.ts'
import { decodeItems, encodeItems, encodeWorkerMessage, FRAME_BYTES_MAX, ITEM_BYTES_MAX } from '../protocol/index.ts'
import type { RanMessage, RunMessage } from '../protocol/index.ts'
import { runShard } from './run-shard.ts'
import type { ShardHost } from './run-shard.ts'
import { ShardContext, taskContext } from './task-context.ts'
import { TaskRegistry } from './task-registry.ts'
import type { TaskFunction } from './task-registry.ts'

/** A host whose clock stands still until a task moves it, and which counts the turns that it was asked for. */
class TestHost implements ShardHost {
  now = 0
  turns = 0
  registry: TaskRegistry
  onTurn: () => void = () => {}
  readonly clock: Pick<Clock, 'now'> & Clock = {
    now: () => this.now as Instant,
    wallTime: () => {
      throw new Error('a shard has no use for the wall clock')
    },
    schedule: () => {
      throw new Error('a shard sets no timer')
    },
  }

  constructor(task: TaskFunction) {
    this.registry = new TaskRegistry([
      { origin: 'test', label: 'test', prefix: 'test', builtIn: false, functions: new Map([['task', task]]) },
    ])
  }

  readonly nextTurn = (): Promise<void> => {
    this.turns++
    this.onTurn()
    return Promise.resolve()
  }
}

function messageFor(items: readonly unknown[], changes: Partial<RunMessage> = {}): RunMessage {
  return { kind: 'run', shard: 7, task: 'task', from: 100, spread: false, attempt: 1, reply: 'auto', items: encodeItems(items), ...changes }
}

async function run(task: TaskFunction, items: readonly unknown[], changes: Partial<RunMessage> = {}): Promise<RanMessage> {
  return runShard(messageFor(items, changes), new ShardContext('w1', 1), new TestHost(task))
}

describe('results', () => {
  it('sends numbers as one block of doubles, to the bit', async () => {
    const items = [1, -0, NaN, Infinity, 2 ** 53 + 2, 5e-324]
    const report = await run((n) => n, items)
    expect(report).toMatchObject({ kind: 'ran', shard: 7, count: 6, values: { codec: 'f64', count: 6 } })
    expect(report.failures).toBeUndefined()
    expect(decodeItems(report.values)).toEqual(items)
  })

  it('goes over to values of any kind at the first that is no number', async () => {
    const report = await run((n) => (n === 3 ? { n } : n), [1, 2, 3, 4])
    expect(report.values.codec).toBe('cbor')
    expect(decodeItems(report.values)).toEqual([1, 2, { n: 3 }, 4])
  })

  it('answers in JSON where it is asked to, numbers too', async () => {
    const report = await run((n) => n, [1, 2.5], { reply: 'json' })
    expect(report.values.codec).toBe('json')
    expect(new TextDecoder().decode(report.values.bytes)).toBe('12.5')
  })

  it('encodes a result before the next task can change it', async () => {
    const shared = { n: 0 }
    const report = await run((n) => Object.assign(shared, { n }), [1, 2, 3])
    expect(decodeItems(report.values)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  })

  it('awaits what is thenable, and nothing else', async () => {
    const report = await run(
      (n) =>
        n === 1 ? Promise.resolve('promise') : n === 2 ? { then: (resolve: (value: string) => void) => resolve('thenable') } : { then: 3 },
      [1, 2, 3],
    )
    expect(decodeItems(report.values)).toEqual(['promise', 'thenable', { then: 3 }])
  })

  it('spreads lists of arguments where it is asked to', async () => {
    const report = await run((a, b) => `${String(a)}+${String(b)}`, [[1, 2], ['x']], { spread: true })
    expect(decodeItems(report.values)).toEqual(['1+2', 'x+undefined'])
  })
})

describe('failures', () => {
  class PaymentDeclined extends Error {
    override readonly name = 'PaymentDeclined'
    readonly amount = 12
  }

  it('reports a task that throws, or rejects, by its position, and runs the others', async () => {
    const report = await run(
      (n) => {
        if (n === 2) throw new PaymentDeclined('no money')
        return n === 3 ? Promise.reject(new RangeError('later')) : n
      },
      [1, 2, 3, 4],
    )
    expect(report.count).toBe(4)
    expect(decodeItems(report.values)).toEqual([1, 4])
    expect(report.failures).toMatchObject([
      { at: 1, retryable: true, error: { name: 'PaymentDeclined', message: 'no money', properties: { amount: 12 } } },
      { at: 2, retryable: true, error: { name: 'RangeError', message: 'later' } },
    ])
    expect(report.failures?.[0]?.error.stack).toContain('run-shard.test.ts')
  })

  it('does not ask for another run where it cannot help', async () => {
    const report = await run(() => {
      throw new ForkpoolError('NOT_ALLOWED', 'outside')
    }, [1])
    expect(report.failures).toMatchObject([{ retryable: false, error: { code: 'NOT_ALLOWED' } }])
  })

  it('charges a result that cannot be sent to its task alone', async () => {
    const report = await run((n) => (n === 2 ? () => n : n), [1, 2, 3])
    expect(decodeItems(report.values)).toEqual([1, 3])
    expect(report.failures).toMatchObject([{ at: 1, retryable: false, error: { code: 'NOT_SERIALISABLE' } }])
  })

  it('charges arguments that cannot be decoded to their task alone', async () => {
    const items = encodeItems(['a', 'b', 'c'])
    const bytes = items.bytes.slice()
    bytes[items.offsets?.[1] ?? 0] = 0xff
    const report = await run((text) => text, [], { items: { ...items, bytes } })
    expect(decodeItems(report.values)).toEqual(['a', 'c'])
    expect(report.failures).toMatchObject([{ at: 1, retryable: false, error: { code: 'NOT_SERIALISABLE' } }])
  })

  it('charges an item that is no list of arguments to its task alone', async () => {
    const report = await run((n) => n, [[1], 'x', null], { spread: true })
    expect(decodeItems(report.values)).toEqual([1])
    expect(report.failures).toMatchObject([
      {
        at: 1,
        retryable: false,
        error: { code: 'BAD_ARGUMENT', message: expect.stringContaining('got a value of type string') as unknown },
      },
      { at: 2, retryable: false, error: { message: expect.stringContaining('got null') as unknown } },
    ])
  })

  it('fails every task of a function that does not exist, with the nearest name', async () => {
    const report = await run((n) => n, [1, 2], { task: 'taks' })
    expect(report).toMatchObject({ count: 2, values: { count: 0 } })
    expect(report.failures?.map(({ at }) => at)).toEqual([0, 1])
    expect(report.failures?.[0]).toMatchObject({
      retryable: false,
      error: { code: 'TASK_UNKNOWN', message: expect.stringContaining('did you mean task?') as unknown },
    })
  })

  it('refuses a result that no message can hold', async () => {
    const report = await run((n) => (n === 2 ? new Uint8Array(ITEM_BYTES_MAX) : n), [1, 2, 3])
    expect(report.count).toBe(3)
    expect(decodeItems(report.values)).toEqual([1, 3])
    expect(report.failures).toMatchObject([
      { at: 1, retryable: false, error: { code: 'NOT_SERIALISABLE', message: expect.stringContaining('larger than') as unknown } },
    ])
  })
})

describe('stopping early', () => {
  it('yields when its time is over, within one task of a steady cost', async () => {
    const host = new TestHost(() => (host.now += 3))
    const report = await runShard(
      messageFor(
        Array.from({ length: 100 }, () => 1),
        { yieldAfterMs: 10 },
      ),
      new ShardContext('w1', 1),
      host,
    )
    expect(report.count).toBe(4)
    expect(decodeItems(report.values)).toEqual([3, 6, 9, 12])
  })

  it('yields as soon as its time is over between tasks that are awaited', async () => {
    const host = new TestHost(() => Promise.resolve((host.now += 3)))
    const items = Array.from({ length: 100 }, () => 1)
    const report = await runShard(messageFor(items, { yieldAfterMs: 10 }), new ShardContext('w1', 1), host)
    expect(decodeItems(report.values)).toEqual([3, 6, 9, 12])
  })

  it('runs one task at least, however little time it has', async () => {
    const host = new TestHost(() => (host.now += 1000))
    const report = await runShard(messageFor([1, 2, 3], { yieldAfterMs: 0 }), new ShardContext('w1', 1), host)
    expect(report.count).toBe(1)
  })

  it('notices soon when short tasks become long ones', async () => {
    const host = new TestHost((n) => (host.now += n as number))
    const items = Array.from({ length: 10_000 }, (_, i) => (i < 5000 ? 0.00002 : 1))
    const report = await runShard(messageFor(items, { yieldAfterMs: 20 }), new ShardContext('w1', 1), host)
    expect(report.count).toBeGreaterThanOrEqual(5019)
    expect(report.count).toBeLessThanOrEqual(5019 + 32)
  })

  it('reads the clock seldom for short tasks', async () => {
    const host = new TestHost((n) => n)
    let readings = 0
    const clock: Clock = { ...host.clock, now: () => (readings++, (host.now += 0.00001) as Instant) }
    await runShard(messageFor(Array.from({ length: 6400 }, () => 1)), new ShardContext('w1', 1), {
      registry: host.registry,
      nextTurn: host.nextTurn,
      clock,
    })
    expect(readings).toBeLessThan(6400 / 30)
  })

  it('yields when the results fill a message', async () => {
    const report = await run(
      () => new Uint8Array(300_000),
      Array.from({ length: 100 }, () => 1),
    )
    expect(report.count).toBeGreaterThanOrEqual(4)
    expect(report.count).toBeLessThan(10)
  })

  it('yields when numbers fill a message', async () => {
    const report = await run(
      (n) => n,
      Array.from({ length: 200_000 }, (_, i) => i),
    )
    expect(report.count).toBe(131_072)
    expect(report.values.count).toBe(131_072)
  })

  it('leaves a result for the next run that fits a message only alone', async () => {
    const large = new Uint8Array(ITEM_BYTES_MAX - 5)
    const task: TaskFunction = (n) => (n === 2 ? large : n === 3 ? Promise.resolve(large) : 'small')
    expect(await run(task, [1, 2])).toMatchObject({ count: 1, values: { count: 1 } })
    expect(await run(task, [1, 3])).toMatchObject({ count: 1, values: { count: 1 } })
    const alone = await run(task, [2, 1])
    expect(alone).toMatchObject({ count: 1, values: { count: 1 } })
    expect(encodeWorkerMessage(alone).length).toBeLessThan(FRAME_BYTES_MAX)
  })

  it('yields when failures fill a message', async () => {
    const report = await run(
      () => {
        throw new Error('x'.repeat(10_000))
      },
      Array.from({ length: 1000 }, () => 1),
    )
    expect(report.count).toBeLessThan(100)
    expect(report.failures).toHaveLength(report.count)
    expect(encodeWorkerMessage(report).length).toBeLessThan(FRAME_BYTES_MAX)
  })

  it('lets the event loop turn in a long shard, and leaves it when it was aborted there', async () => {
    const host = new TestHost(() => (host.now += 20))
    const context = new ShardContext('w1', 1)
    host.onTurn = () => {
      if (host.turns === 2) context.abort()
    }
    const report = await runShard(messageFor(Array.from({ length: 100 }, () => 1)), context, host)
    expect(host.turns).toBe(2)
    expect(report.count).toBe(6)
  })

  it('does nothing when it was aborted before', async () => {
    const context = new ShardContext('w1', 1)
    context.abort()
    const report = await runShard(messageFor([1, 2]), context, new TestHost((n) => n))
    expect(report).toMatchObject({ count: 0, values: { count: 0 } })
  })

  it('counts a task that rejects because of the abort as not run, and one that ends all the same as run', async () => {
    for (const [ending, count] of [
      ['reject', 1],
      ['resolve', 2],
    ] as const) {
      const context = new ShardContext('w1', 1)
      const task: TaskFunction = (n) =>
        n === 1
          ? n
          : new Promise((resolve, reject) => {
              taskContext().signal.addEventListener('abort', () =>
                ending === 'reject' ? reject(new Error('interrupted')) : resolve('late'),
              )
              context.abort()
            })
      const report = await runShard(messageFor([1, 2, 3]), context, new TestHost(task))
      expect(report.count).toBe(count)
      expect(report.failures).toBeUndefined()
    }
  })
})

describe('taskContext', () => {
  it('says where a task is, before and after an await', async () => {
    const seen: unknown[] = []
    const look = (): void => {
      const { index, attempt, worker, signal } = taskContext()
      seen.push([index, attempt, worker, signal.aborted])
    }
    const task: TaskFunction = async (n) => {
      look()
      await Promise.resolve()
      look()
      return n
    }
    await runShard(messageFor([1, 2], { attempt: 3 }), new ShardContext('w9', 3), new TestHost(task))
    expect(seen).toEqual([
      [100, 3, 'w9', false],
      [100, 3, 'w9', false],
      [101, 3, 'w9', false],
      [101, 3, 'w9', false],
    ])
  })

  it('is one that never aborts outside a pool', () => {
    expect(taskContext()).toMatchObject({ index: 0, attempt: 1, worker: 'none' })
    expect(taskContext().signal.aborted).toBe(false)
  })

  it('gives a signal that is already aborted to a task that asks late', () => {
    const context = new ShardContext('w1', 1)
    context.abort()
    expect(context.signal.aborted).toBe(true)
    expect(context.signal.reason).toMatchObject({ name: 'CancelledError' })
  })
})
