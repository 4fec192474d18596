import { deepStrictEqual, equal, match, ok, rejects, strictEqual, throws } from 'node:assert/strict'
import { ForkpoolError, TaskError } from '../base/index.ts'
import { range } from '../batch/index.ts'
import { wait } from '../future/index.ts'
import type { LocalPoolOptions } from '../pool/options.ts'
import type { Pool } from '../pool/pool.ts'

/** The tasks that the suite calls; its user has a module with them. */
export interface ConformanceTasks {
  square(n: number): number
  add(a: number, b: number): number
  describe(...values: unknown[]): string
  nothing(): undefined
  echo(value: unknown): unknown
  /** Throws a `Declined` with the property `amount`. */
  decline(amount: number): number
  declineOdd(n: number): number
  /** A function for 1. */
  unsendable(n: number): unknown
  /** Succeeds in its third run, with 3. */
  third(): number
  /** A text that tells this worker from every other. */
  whoAmI(): string
  waitForAbort(): Promise<never>
  delay(ms: number): Promise<number>
  /** `loop`: never ends. */
  endWith(how: string): string
  setUp(...args: unknown[]): void
  /** The arguments of `setUp`. */
  settingsOf(): unknown
  failSetUp(): void
}

export interface ConformancePools {
  /** A new pool over the module with the tasks; of size 2 unless the options say otherwise. */
  readonly open: (options?: LocalPoolOptions<ConformanceTasks>) => Pool<ConformanceTasks>
  /** A new pool over another module. */
  readonly openModule: (module: URL) => Pool
}

/** One promise of the `Pool` contract. `run` rejects where it is not kept. */
export interface PoolConformanceCase {
  readonly name: string
  readonly run: (pools: ConformancePools) => Promise<void>
}

/** What every local pool has to pass; source of the semantics: CPython's `multiprocessing.pool` and `concurrent.futures`. */
export const poolConformance: readonly PoolConformanceCase[] = [
  {
    name: 'map gives all results in order, from arrays, iterables and async iterables',
    async run({ open }) {
      await using pool = open()
      const squares = [0, 1, 4, 9, 16, 25]
      deepStrictEqual(await pool.map('square', [0, 1, 2, 3, 4, 5]), squares)
      deepStrictEqual(await pool.map('square', range(6), { chunkSize: 2 }), squares)
      deepStrictEqual(await pool.map('square', new Set([0, 1, 2, 3, 4, 5])), squares)
      deepStrictEqual(await pool.map('square', numbers(6)), squares)
      deepStrictEqual(
        await pool.starmap('add', [
          [1, 2],
          [3, 4],
        ]),
        [3, 7],
      )
      deepStrictEqual(
        await collect(
          pool.istarmap('add', [
            [1, 2],
            [3, 4],
          ]),
        ),
        [3, 7],
      )
      deepStrictEqual(await collect(pool.imap('square', range(6), { chunkSize: 1 })), squares)
      deepStrictEqual(
        (await collect(pool.imapUnordered('square', range(6), { chunkSize: 1 }))).toSorted((a, b) => a - b),
        squares,
      )
    },
  },
  {
    name: 'a hundred thousand results come in order, whatever the order in which they are ready',
    async run({ open }) {
      await using pool = open()
      const results = await pool.map('square', range(100_000))
      ok(results.every((result, i) => result === i * i))
      equal(results.length, 100_000)
    },
  },
  {
    name: 'an empty input gives an empty result at once',
    async run({ open }) {
      await using pool = open()
      deepStrictEqual(await pool.map('square', []), [])
      deepStrictEqual(await collect(pool.imap('square', numbers(0))), [])
      equal(pool.statistics().workers.started, 0)
    },
  },
  {
    name: 'single calls take any arguments and give any result',
    async run({ open }) {
      await using pool = open()
      equal(await pool.submit('add', 1, 2), 3)
      equal(await pool.submit('describe'), '')
      equal(await pool.apply('describe', ['a', 1, null]), 'a+1+null')
      equal(await pool.submit('nothing'), undefined)
      const value = { map: new Map([[1n, new Date(5)]]), bytes: Uint8Array.of(1, 2), deep: [[undefined, Number.NaN]] }
      deepStrictEqual(await pool.submit('echo', value), value)
    },
  },
  {
    name: 'many calls in flight each get their own answer',
    async run({ open }) {
      await using pool = open()
      const futures = Array.from({ length: 2_000 }, (_, i) => pool.submit('square', i))
      const { done, notDone } = await wait(futures)
      equal(done.size, 2_000)
      equal(notDone.size, 0)
      for (const [i, future] of futures.entries()) strictEqual(await future, i * i)
    },
  },
  {
    name: 'a stream reads ahead no further than bufferSize, and to leave it ends the input and cancels the rest',
    async run({ open }) {
      await using pool = open()
      let read = 0
      let returned = 0
      function* endless(): Generator<number> {
        try {
          for (;;) yield read++
        } finally {
          returned++
        }
      }
      let taken = 0
      for await (const result of pool.imap('square', endless(), { bufferSize: 10 })) {
        equal(result, taken * taken)
        ok(read <= ++taken + 10, `${read} items were read when ${taken} results were taken`)
        if (taken === 50) break
      }
      equal(returned, 1)
      equal(await pool.submit('square', 3), 9)
    },
  },
  {
    name: 'an input that throws: a stream gives what came before, map rejects, and the pool goes on',
    async run({ open }) {
      await using pool = open()
      function* broken(): Generator<number> {
        yield 1
        yield 2
        throw new RangeError('no third')
      }
      const seen: number[] = []
      await rejects(
        async () => {
          for await (const result of pool.imap('square', broken())) seen.push(result)
        },
        { name: 'RangeError', message: 'no third' },
      )
      deepStrictEqual(seen, [1, 4])
      await rejects(pool.map('square', broken()), { name: 'RangeError' })
      equal(await pool.submit('square', 3), 9)
    },
  },
  {
    name: 'a task that throws: class name, own properties, remote stack, task, index, worker, attempts',
    async run({ open }) {
      await using pool = open()
      const error = await failureOf(pool.map('declineOdd', [0, 2, 3, 4, 5], { chunkSize: 2 }))
      ok(error instanceof TaskError)
      const { code, message, task, index, attempts } = error
      deepStrictEqual(
        { code, message, task, index, attempts },
        { code: 'TASK_FAILED', message: 'declined: 3', task: 'declineOdd', index: 2, attempts: 1 },
      )
      const cause = error.cause as Error & { readonly amount: number }
      equal(cause.name, 'Declined')
      equal(cause.amount, 3)
      match(cause.stack ?? '', /declineOdd/)
      const single = await failureOf(pool.submit('decline', 7))
      ok(single instanceof TaskError && single.index === 0)
    },
  },
  {
    name: 'settle gives every outcome; failFast rejects at once; a stream goes on behind a failure',
    async run({ open }) {
      await using pool = open()
      const outcomes = await pool.map('declineOdd', [0, 1, 2], { settle: true })
      deepStrictEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      const endless = (function* () {
        for (let i = 0; ; i++) yield i
      })()
      await rejects(pool.map('declineOdd', endless, { failFast: true }), { code: 'TASK_FAILED', index: 1 })
      const stream = pool.imap('declineOdd', [0, 1, 2])
      deepStrictEqual(await stream.next(), { value: 0, done: false })
      await rejects(stream.next(), { index: 1 })
      deepStrictEqual(await stream.next(), { value: 2, done: false })
      deepStrictEqual(await stream.next(), { value: undefined, done: true })
    },
  },
  {
    name: 'an argument or a result that cannot be sent fails its own task',
    async run({ open }) {
      await using pool = open()
      const outcomes = await pool.map('echo', [1, () => 2, 3], { settle: true })
      deepStrictEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      await rejects(pool.map('echo', [1, () => 2, 3]), { code: 'NOT_SERIALISABLE' })
      await rejects(pool.submit('echo', Symbol('s')), { code: 'NOT_SERIALISABLE' })
      const results = await pool.map('unsendable', [0, 1, 2], { settle: true })
      deepStrictEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      await rejects(pool.submit('unsendable', 1), { code: 'NOT_SERIALISABLE', task: 'unsendable' })
      equal(pool.statistics().workers.lost, 0)
    },
  },
  {
    name: 'a task that no module has, and a module that cannot be used',
    async run({ open, openModule }) {
      const pool = open() as unknown as Pool
      await rejects(pool.map('sqare', range(1_000)), { code: 'TASK_UNKNOWN', message: /did you mean square/ })
      await rejects(pool.submit('sqare', 1), { code: 'TASK_UNKNOWN' })
      equal(await pool.submit('square', 2), 4)
      await pool.close()
      const broken = openModule(new URL('./no-such-module.ts', import.meta.url))
      await rejects(broken.submit('square', 2), { code: 'TASK_MODULE', message: /no-such-module/ })
      await rejects(broken.map('square', [2]), { code: 'TASK_MODULE' })
      await broken.close()
    },
  },
  {
    name: 'retries run what failed again, and the error counts its attempts',
    async run({ open }) {
      await using pool = open({ retries: 2 })
      deepStrictEqual(await pool.map('third', [undefined, undefined], { backoffMs: 1 }), [3, 3])
      await rejects(pool.submitWith({ retries: 1 }, 'third'), { attempts: 2, message: 'run 2' })
    },
  },
  {
    name: 'a fallback answers when the attempts are spent',
    async run({ open }) {
      await using pool = open()
      deepStrictEqual(await pool.map('declineOdd', [0, 1, 2], { fallback: -1 }), [0, -1, 2])
      const fallback = (error: Error, index: number): number => index * 100 + error.message.length
      deepStrictEqual(await collect(pool.imap('declineOdd', [0, 1], { fallback })), [0, 100 + 'declined: 1'.length])
      equal(await pool.submitWith({ fallback: 5 }, 'decline', 1), 5)
      await rejects(
        pool.apply('decline', [1], {
          fallback: () => {
            throw new RangeError('no answer either')
          },
        }),
        { name: 'RangeError' },
      )
    },
  },
  {
    name: 'a signal stops what waits and what runs, with its reason',
    async run({ open }) {
      await using pool = open({ size: 1 })
      await rejects(pool.submitWith({ signal: AbortSignal.abort(new Error('before')) }, 'square', 1), { message: 'before' })
      const running = new AbortController()
      const waiting = new AbortController()
      const first = pool.submitWith({ signal: running.signal }, 'waitForAbort')
      const second = pool.submitWith({ signal: waiting.signal }, 'square', 2)
      const third = pool.submit('square', 3)
      const stream = pool.map('waitForAbort' as 'square', range(3), { signal: waiting.signal })
      waiting.abort(new Error('not wanted'))
      await rejects(second, { message: 'not wanted' })
      await rejects(stream, { message: 'not wanted' })
      running.abort(new Error('stop'))
      await rejects(first, { message: 'stop' })
      equal(await third, 9)
      equal(pool.statistics().workers.lost, 0)
    },
  },
  {
    name: 'a future that waits can be cancelled, and so can one that runs',
    async run({ open }) {
      await using pool = open({ size: 1 })
      const running = pool.submit('waitForAbort')
      const waiting = pool.submit('square', 2)
      ok(waiting.cancel())
      await rejects(waiting, { name: 'CancelledError' })
      ok(running.cancel())
      await rejects(running, { name: 'CancelledError' })
      equal(await pool.submit('square', 3), 9)
    },
  },
  {
    name: 'timeoutMs ends an endless loop with its worker; its neighbours succeed, and the pool works on',
    async run({ open }) {
      await using pool = open({ cancelGraceMs: 1 })
      await pool.submit('endWith', 'warm')
      const outcomes = await pool.map('endWith', ['a', 'loop', 'b', 'c'], { settle: true, timeoutMs: 500 })
      deepStrictEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
      )
      const { reason } = outcomes[1] as PromiseRejectedResult
      ok(reason instanceof TaskError)
      const { code, task, index, attempts } = reason
      deepStrictEqual({ code, task, index, attempts }, { code: 'TIMED_OUT', task: 'endWith', index: 1, attempts: 1 })
      await rejects(pool.submitWith({ timeoutMs: 100, retries: 1 }, 'endWith', 'loop'), { code: 'TIMED_OUT', attempts: 2 })
      equal(await pool.submit('square', 3), 9)
    },
  },
  {
    name: 'a task that leaves when its time is over keeps its worker',
    async run({ open }) {
      await using pool = open({ size: 1, cancelGraceMs: 60_000 })
      const before = await pool.submit('whoAmI')
      await rejects(pool.submitWith({ timeoutMs: 20 }, 'waitForAbort'), { code: 'TIMED_OUT' })
      equal(await pool.submit('whoAmI'), before)
      equal(await pool.submitWith({ timeoutMs: 60_000 }, 'square', 2), 4)
    },
  },
  {
    name: 'a higher priority runs sooner',
    async run({ open }) {
      await using pool = open({ size: 1 })
      const order: string[] = []
      const note = (name: string) => () => void order.push(name)
      await pool.submit('whoAmI')
      const futures = [
        pool.submit('delay', 20),
        pool.submitWith({ priority: -1 }, 'square', 1),
        pool.submitWith({ priority: 5 }, 'square', 2),
      ]
      for (const [i, future] of futures.entries()) future.addDoneCallback(note(['first', 'low', 'high'][i] ?? ''))
      await wait(futures)
      deepStrictEqual(order, ['first', 'high', 'low'])
    },
  },
  {
    name: 'a worker is replaced after maxTasksPerWorker tasks, neither sooner nor later',
    async run({ open }) {
      await using pool = open({ size: 1, maxTasksPerWorker: 3 })
      const names = await pool.map(
        'whoAmI',
        Array.from({ length: 8 }, () => undefined),
      )
      const counts = new Map<string, number>()
      for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
      deepStrictEqual([...counts.values()], [3, 3, 2])
      equal(pool.statistics().workers.lost, 0)
    },
  },
  {
    name: 'workers start with the work, are kept up to minSize, and the rest stops when idle',
    async run({ open }) {
      await using pool = open({ size: 2, minSize: 1, idleTimeoutMs: 1 })
      const names = new Set(
        await pool.map(
          'whoAmI',
          Array.from({ length: 2 }, () => undefined),
          { chunkSize: 1 },
        ),
      )
      ok(names.size >= 1)
      await until(() => pool.statistics().workers.idle + pool.statistics().workers.starting + pool.statistics().workers.stopping === 1)
      equal(await pool.submit('square', 3), 9)
    },
  },
  {
    name: 'no more calls are open than queueLimit allows, and space() waits for one to end',
    async run({ open }) {
      await using pool = open({ size: 1, queueLimit: 2 })
      const controller = new AbortController()
      const first = pool.submitWith({ signal: controller.signal }, 'waitForAbort')
      const second = pool.submit('square', 2)
      await rejects(pool.submit('square', 3), { code: 'LIMIT_EXCEEDED' })
      let hasSpace = false
      const space = pool.space().then(() => (hasSpace = true))
      equal(hasSpace, false)
      controller.abort(new Error('done'))
      await rejects(first, { message: 'done' })
      equal(await second, 4)
      await space
      equal(await pool.submit('square', 3), 9)
    },
  },
  {
    name: 'close waits for what was submitted, and refuses what comes after',
    async run({ open }) {
      const pool = open()
      await rejects(pool.join(), { code: 'INVALID_STATE' })
      const futures = range(20)
      const results = pool.map('square', futures)
      const slow = pool.submit('delay', 30)
      const closing = pool.close()
      equal(pool.state, 'draining')
      await rejects(pool.submit('square', 1), { code: 'POOL_CLOSED' })
      await rejects(pool.map('square', [1]), { code: 'POOL_CLOSED' })
      await rejects(pool.space(), { code: 'POOL_CLOSED' })
      equal((await results).length, 20)
      equal(await slow, 30)
      await closing
      equal(pool.state, 'closed')
      await Promise.all([pool.close(), pool.terminate(), pool.join()])
      const { idle, busy, starting, stopping } = pool.statistics().workers
      equal(idle + busy + starting + stopping, 0)
    },
  },
  {
    name: 'terminate rejects everything that is open, and ends a worker that never would',
    async run({ open }) {
      const pool = open()
      await pool.submit('square', 1)
      const calls = [pool.submit('endWith', 'loop').result(), pool.map('square', range(10)), pool.submit('delay', 60_000).result()]
      const stream = pool.imap('delay', [60_000, 60_000])
      const settled = Promise.allSettled([...calls, stream.next()])
      await pool.terminate()
      for (const outcome of await settled) {
        ok(outcome.status === 'rejected' && outcome.reason instanceof ForkpoolError)
        equal(outcome.reason.code, 'POOL_CLOSED')
      }
      equal(pool.state, 'closed')
      await pool.join()
    },
  },
  {
    name: 'the initializer runs in each worker, with its arguments; where it throws, every call says why',
    async run({ open }) {
      await using pool = open({ initializer: 'setUp', initializerArguments: ['a', { deep: [1n] }] })
      deepStrictEqual(await pool.submit('settingsOf'), ['a', { deep: [1n] }])
      await using broken = open({ initializer: 'failSetUp' })
      await rejects(broken.submit('square', 1), { code: 'TASK_MODULE', message: /initializer "failSetUp" threw: no database/ })
      await rejects(broken.map('square', [1]), { code: 'TASK_MODULE' })
    },
  },
  {
    name: 'statistics count tasks and workers',
    async run({ open }) {
      await using pool = open()
      await pool.map('square', range(1_000))
      await pool.map('declineOdd', [0, 1], { settle: true })
      const { tasks, openCalls, byTask, state, size, workers } = pool.statistics()
      deepStrictEqual(tasks, { queued: 0, running: 0, completed: 1_001, failed: 1, cancelled: 0 })
      deepStrictEqual({ openCalls, state, size }, { openCalls: 0, state: 'running', size: 2 })
      deepStrictEqual([byTask['square']?.ran, byTask['declineOdd']?.failed], [1_000, 1])
      ok((byTask['square']?.runMs ?? 0) > 0)
      ok(workers.started >= 1 && workers.started <= 2)
    },
  },
  {
    name: 'what is wrong with an option is said at once',
    async run({ open, openModule }) {
      for (const options of [{ size: 0 }, { size: 1.5 }, { minSize: 3 }, { maxTasksPerWorker: 0 }, { queueLimit: -1 }, { retries: 101 }]) {
        throws(() => open(options), { code: 'BAD_ARGUMENT' })
      }
      throws(() => open({ initializer: 'setUp', initializerArguments: [() => 1] }), { code: 'BAD_ARGUMENT' })
      throws(() => openModule(new URL('https://example.org/tasks.js')), { code: 'BAD_ARGUMENT', message: /https:\/\/example\.org/ })
      await using pool = open()
      await rejects(pool.map('square', 5 as unknown as number[]), { code: 'BAD_ARGUMENT' })
      await rejects(pool.map('square', [1], { settle: true, failFast: true }), { code: 'BAD_ARGUMENT' })
      await rejects(pool.map('square', [1], { fallback: 1, failFast: true }), { code: 'BAD_ARGUMENT' })
      await rejects(pool.map('square', [1], { timeoutMs: 0 }), { code: 'BAD_ARGUMENT' })
    },
  },
]

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i
}

async function collect<Value>(results: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = []
  for await (const value of results) values.push(value)
  return values
}

async function failureOf(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

/** Lets the event loop turn until `condition` holds; the test's own time limit bounds it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
