/**
 * What the compiler has to accept and to refuse: checked by `tsc` (`npm run check-types`), never run. A line that stops being an error makes
 * its `@ts-expect-error` one.
 */
import type { Cluster } from '../src/cluster.ts'
import type { ResultIterator, TaskName } from '../src/index.ts'
import { connect } from '../src/index.ts'

/** As `typeof import('./tasks.ts')` would be. */
interface Tasks {
  readonly square: (n: number) => number
  readonly add: (a: number, b: number) => number
  readonly factorial: (n: number) => Promise<bigint>
  readonly now: () => Date
  readonly pad: (text: string, width?: number) => string
  readonly sum: (...numbers: number[]) => number
  readonly VERSION: string
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Refuses to compile unless the type is `true`. */
export function expectTrue<_Check extends true>(): void {
  // The type argument is the test.
}

export async function names(cluster: Cluster<Tasks>): Promise<void> {
  expectTrue<Equal<TaskName<Tasks>, 'square' | 'add' | 'factorial' | 'now' | 'pad' | 'sum'>>()
  const pool = cluster.pool({ size: 4, retries: 2 })
  // @ts-expect-error there is no such task
  await pool.map('sqare', [1])
  // @ts-expect-error a constant is no task
  await pool.apply('VERSION', [])
}

export async function map(cluster: Cluster<Tasks>, stream: AsyncIterable<number>): Promise<void> {
  const pool = cluster.pool()
  const squares = await pool.map('square', [1, 2, 3])
  expectTrue<Equal<typeof squares, number[]>>()
  const factorials = await pool.map('factorial', stream)
  expectTrue<Equal<typeof factorials, bigint[]>>()
  const outcomes = await pool.map('square', new Set([1]), { settle: true })
  expectTrue<Equal<typeof outcomes, PromiseSettledResult<number>[]>>()
  await pool.map('pad', ['a', 'b'])
  await pool.map('sum', [1, 2])
  // @ts-expect-error items of the wrong type
  await pool.map('square', ['one'])
  // @ts-expect-error two arguments are needed
  await pool.map('add', [1, 2])
  // @ts-expect-error not iterable
  await pool.map('square', 1)
  // @ts-expect-error no such option
  await pool.map('square', [1], { chunksize: 4 })
}

export async function starmap(cluster: Cluster<Tasks>): Promise<void> {
  const pool = cluster.pool()
  const sums = await pool.starmap('add', [
    [1, 2],
    [3, 4],
  ])
  expectTrue<Equal<typeof sums, number[]>>()
  await pool.starmap('pad', [['a'], ['b', 3]])
  // @ts-expect-error one argument is missing
  await pool.starmap('add', [[1]])
  // @ts-expect-error arguments of the wrong type
  await pool.starmap('add', [['1', '2']])
}

export function streams(cluster: Cluster<Tasks>): void {
  const pool = cluster.pool()
  const ordered = pool.imap('factorial', [1], { bufferSize: 10 })
  expectTrue<Equal<typeof ordered, ResultIterator<bigint>>>()
  const outcomes = pool.imapUnordered('square', [1], { settle: true })
  expectTrue<Equal<typeof outcomes, ResultIterator<PromiseSettledResult<number>>>>()
  const sums = pool.istarmap('add', [[1, 2]])
  expectTrue<Equal<typeof sums, ResultIterator<number>>>()
  // @ts-expect-error items of the wrong type
  pool.imap('square', ['one'])
}

export async function calls(cluster: Cluster<Tasks>): Promise<void> {
  const pool = cluster.pool()
  const big = await pool.submit('factorial', 20)
  expectTrue<Equal<typeof big, bigint>>()
  const date = await pool.apply('now', [])
  expectTrue<Equal<typeof date, Date>>()
  await pool.submitWith({ priority: 3 }, 'pad', 'a', 5)
  // @ts-expect-error one argument is missing
  await pool.submit('add', 1)
  // @ts-expect-error one argument too many
  await pool.submit('square', 1, 2)
  // @ts-expect-error an argument of the wrong type
  await pool.apply('square', ['1'])
}

export async function untyped(): Promise<void> {
  const cluster = await connect()
  const pool = cluster.pool()
  const results = await pool.map('anything', ['x', 1])
  expectTrue<Equal<typeof results, unknown[]>>()
  const result = await pool.submit('anything', 1, 'two', {})
  expectTrue<Equal<typeof result, unknown>>()
  await pool.starmap('anything', [[1, 'two'], []])
}

export async function typed(): Promise<void> {
  const cluster = await connect<Tasks>('ws://127.0.0.1:7070', { token: undefined })
  expectTrue<Equal<typeof cluster, Cluster<Tasks>>>()
}
