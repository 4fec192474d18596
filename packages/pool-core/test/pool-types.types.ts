/**
 * What the compiler has to accept and to refuse about local pools: checked by `tsc` (`npm run check-types`), never run. The calls that they
 * share with a cluster are checked in the client's `test/task-types.types.ts`.
 */
import type { Pool, ProcessPool } from '../src/index.ts'
import { ThreadPool } from '../src/index.ts'

interface Tasks {
  readonly square: (n: number) => number
  readonly factorial: (n: number) => Promise<bigint>
  readonly setUp: (path: string) => void
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
  // @ts-expect-error a fallback is of the type of the result
  await pool.map('square', [1], { fallback: 'zero' })
  // @ts-expect-error there is no such task
  await pool.map('sqare', [1])
  // @ts-expect-error a constant is no task
  await pool.apply('VERSION', [])
  // @ts-expect-error an argument of the wrong type
  await pool.submit('square', '1')
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
