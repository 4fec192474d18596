/** What must not compile for a user of the package: each of these lines is an error, or the compiler says that its directive is not needed. */
import { ProcessPool, ThreadPool } from '@forkpool/pool-core'
import type { Future } from '@forkpool/pool-core'

type Tasks = typeof import('./tasks.ts')

export async function wrong(module: URL): Promise<void> {
  await using pool = new ProcessPool<Tasks>(module)
  // @ts-expect-error there is no such task
  await pool.map('sqare', [1])
  // @ts-expect-error an item of the wrong type
  await pool.map('square', ['1'])
  // @ts-expect-error two arguments are needed
  await pool.map('hypotenuse', [1])
  // @ts-expect-error an argument is missing
  await pool.starmap('hypotenuse', [[3]])
  // @ts-expect-error an argument of the wrong type
  await pool.apply('factorial', [25n])
  // @ts-expect-error an argument too many
  pool.submit('square', 1, 2)
  // @ts-expect-error a result of the wrong type
  const texts: string[] = await pool.map('square', [1])
  // @ts-expect-error a result of the wrong type
  const number: number = await pool.apply('factorial', [25])
  // @ts-expect-error a future of another result
  const future: Future<string> = pool.submit('square', 1)
  // @ts-expect-error there is no such function to set a worker up
  const other = new ThreadPool<Tasks>(module, { initializer: 'shere' })
  console.log(texts, number, future, other)
}
