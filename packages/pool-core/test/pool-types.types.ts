/**
 * What the compiler has to accept and to refuse about local pools: checked by `tsc` (`npm run check-types`), never run. The calls that they
 * share with a cluster are checked in the client's `test/task-types.types.ts`.
 */
import type { CompletedFuture, Future, Pool, ProcessPool } from '../src/index.ts'
import { asCompleted, carriedStorage, move, taskContext, ThreadPool, wait } from '../src/index.ts'

interface Tasks {
  readonly square: (n: number) => number
  readonly add: (a: number, b: number) => number
  readonly factorial: (n: number) => Promise<bigint>
  readonly setUp: (path: string) => void
  readonly count: (to: number) => Generator<number, string>
  readonly pages: (url: string) => AsyncGenerator<{ readonly text: string }>
  readonly list: (n: number) => readonly string[]
  // oxlint-disable-next-line no-explicit-any -- as in modules without types
  readonly anything: () => any
  readonly never: () => never
  readonly VERSION: string
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Refuses to compile unless the type is `true`. */
export function expectTrue<_Check extends true>(): void {
  // The type argument is the test.
}

export async function calls(pool: ThreadPool<Tasks>): Promise<void> {
  const squares = await pool.map('square', [1], { timeoutMs: 100, fallback: 0 })
  expectTrue<Equal<typeof squares, number[]>>()
  const big = await pool.submitWith({ timeoutMs: 5 }, 'factorial', 20)
  expectTrue<Equal<typeof big, bigint>>()
  await pool.map('square', [1], { fallback: (error, index) => error.message.length + index })
  await pool.map('square', [1], { fallbackTask: 'factorial', retryOn: (error) => error.code === 'TIMED_OUT', jitter: 0.5 })
  await pool.submitWith({ retryOn: ['RangeError', /busy/] }, 'square', 1)
  // @ts-expect-error no task of that name can answer instead
  await pool.map('square', [1], { fallbackTask: 'sqare' })
  // @ts-expect-error a number says nothing of an error
  await pool.map('square', [1], { retryOn: 5 })
  // @ts-expect-error a fallback is of the type of the result
  await pool.map('square', [1], { fallback: 'zero' })
  // @ts-expect-error there is no such task
  await pool.map('sqare', [1])
  // @ts-expect-error a constant is no task
  await pool.apply('VERSION', [])
  // @ts-expect-error an argument of the wrong type
  await pool.submit('square', '1')
}

export async function everyCall(pool: ThreadPool<Tasks> | ProcessPool<Tasks>): Promise<void> {
  const future = pool.submit('square', 1)
  expectTrue<Equal<typeof future, Future<number>>>()
  const one = await pool.apply('factorial', [20])
  expectTrue<Equal<typeof one, bigint>>()
  const sums = await pool.starmap('add', [[1, 2]])
  expectTrue<Equal<typeof sums, number[]>>()
  for await (const square of pool.imap('square', [1])) expectTrue<Equal<typeof square, number>>()
  for await (const sum of pool.istarmap('add', [[1, 2]])) expectTrue<Equal<typeof sum, number>>()
  for await (const big of pool.imapUnordered('factorial', [1])) expectTrue<Equal<typeof big, bigint>>()
  // @ts-expect-error there is no such task
  void pool.submit('sqare', 1)
  // @ts-expect-error an argument too many
  void pool.submit('square', 1, 2)
  // @ts-expect-error an argument is missing
  void pool.submit('add', 1)
  // @ts-expect-error a future of another result
  const wrong: Future<string> = pool.submit('square', 1)
  // @ts-expect-error a result of another type
  const texts: string[] = await pool.map('square', [1])
  // @ts-expect-error a task of two arguments is not called with one
  await pool.map('add', [1])
  // @ts-expect-error an argument is missing
  await pool.starmap('add', [[1]])
  // @ts-expect-error arguments of the wrong type
  await pool.starmap('add', [['1', 2]])
  // @ts-expect-error an argument of the wrong type
  await pool.apply('factorial', ['20'])
  // @ts-expect-error an argument is missing
  await pool.apply('add', [1])
  // @ts-expect-error items of the wrong type
  pool.imap('square', ['1'])
  // @ts-expect-error there is no such task
  pool.imapUnordered('sqare', [1])
  // @ts-expect-error there is no such option
  await pool.map('square', [1], { chunksize: 4 })
  for await (const done of asCompleted([future])) expectTrue<Equal<typeof done, CompletedFuture<number>>>()
  const { done } = await wait([future])
  expectTrue<Equal<typeof done, Set<Future<number>>>>()
  void wrong
  void texts
}

/** What is not said is not guessed from one option: any task may be called. */
export async function untyped(module: URL): Promise<void> {
  await using pool = new ThreadPool(module, { initializer: 'setUp' })
  const results = await pool.map('square', [1])
  expectTrue<Equal<typeof results, unknown[]>>()
}

export function options(module: URL): readonly Pool<Tasks>[] {
  return [
    new ThreadPool<Tasks>(module, { initializer: 'setUp', initializerArguments: ['/tmp'], minSize: 1 }),
    // @ts-expect-error there is no such function
    new ThreadPool<Tasks>(module, { initializer: 'setup' }),
    // @ts-expect-error threads share the program's environment
    new ThreadPool<Tasks>(module, { env: {} }),
  ]
}

export async function inline(): Promise<void> {
  await using pool = ThreadPool.of({ half: (n: number) => n / 2, name: async (text: string) => text }, { size: 1 })
  const halves = await pool.map('half', [1])
  expectTrue<Equal<typeof halves, number[]>>()
  const name = await pool.submit('name', 'a')
  expectTrue<Equal<typeof name, string>>()
  // @ts-expect-error there is no such function
  await pool.map('third', [1])
  // @ts-expect-error items of the wrong type
  await pool.map('half', ['1'])
}

export function both(pools: readonly (ThreadPool<Tasks> | ProcessPool<Tasks>)[]): readonly Pool<Tasks>[] {
  return pools
}

export async function streams(pool: Pool<Tasks>): Promise<void> {
  for await (const n of pool.stream('count', 3)) expectTrue<Equal<typeof n, number>>()
  for await (const page of pool.streamWith({ bufferSize: 2 }, 'pages', 'a')) expectTrue<Equal<typeof page, { readonly text: string }>>()
  for await (const text of pool.stream('list', 3)) expectTrue<Equal<typeof text, string>>()
  const list = await pool.submit('list', 3)
  expectTrue<Equal<typeof list, readonly string[]>>()
  await pool.submit('anything')
  await pool.submit('never')
  // @ts-expect-error a generator is called by stream
  await pool.submit('count', 3)
  // @ts-expect-error nor by map
  await pool.map('pages', ['a'])
  // @ts-expect-error a number is nothing to stream
  pool.stream('square', 3)
  // @ts-expect-error an argument of the wrong type
  pool.stream('count', '3')
}

export async function told(pool: Pool<Tasks>, buffer: ArrayBuffer): Promise<void> {
  const future = pool.submitWith({ transfer: [buffer], onLog: ({ values, worker }) => [...values, worker] }, 'square', 1)
  expectTrue<Equal<typeof future.progress, number | undefined>>()
  await pool.map('square', [1], { onTaskProgress: ({ index, fraction, note }) => [index, fraction, note] })
  // @ts-expect-error a view is not what is moved
  await pool.submitWith({ transfer: [new Uint8Array(1)] }, 'square', 1)
}

export async function within(): Promise<void> {
  const pool = taskContext().pool<Tasks>()
  const big = await pool.submit('factorial', 3)
  expectTrue<Equal<typeof big, bigint>>()
  // @ts-expect-error there is no such task
  await pool.submit('sqare', 1)
  const pixels = move(new Uint8Array(1))
  expectTrue<Equal<typeof pixels, Uint8Array<ArrayBuffer>>>()
}

export function carried(module: URL): Pool<Tasks> {
  const request = carriedStorage<{ readonly id: string }>('request')
  expectTrue<Equal<ReturnType<typeof request.getStore>, { readonly id: string } | undefined>>()
  return new ThreadPool<Tasks>(module, { context: { request }, concurrency: 4 })
}
