import { beforeAll, describe, expect, test } from 'vitest'
import type { LocalPoolOptions } from '../src/index.ts'
import { Value } from '../src/sync/index.ts'
import { leavingNothing } from './leftovers.ts'
import type { PoolTasks } from './pools.ts'
import { POOL_TASKS, POOLS } from './pools.ts'

type Tasks = PoolTasks & typeof import('./fixtures/pool-bombs.ts')
const modules = [POOL_TASKS, new URL('./fixtures/pool-bombs.ts', import.meta.url)]

/** How a worker ends: what `endWith` of the task module understands. */
type How = 'throw' | 'exit 0' | 'exit 1' | 'kill' | 'abort' | 'heap' | 'loop' | 'stray error'

interface Crash {
  readonly how: How
  /** What the error of the guilty task says of the end of its worker; `undefined`: the worker lives on, or it was the pool that ended it. */
  readonly exit: { readonly exitCode?: number; readonly signal?: string; readonly stderr?: unknown } | undefined
  /** What every call says where no worker can be set up. */
  readonly setUp: RegExp
}

/** Where a worker can end over a task: the task's name and its argument; the code of an error that is thrown there. */
const PLACES = [
  { place: 'while the argument is decoded', task: 'takeBomb', argument: detonating, thrown: 'NOT_SERIALISABLE' },
  { place: 'in the task', task: 'endWith', argument: (how: string): unknown => how, thrown: 'TASK_FAILED' },
  { place: 'while the result is encoded', task: 'endWhileEncoding', argument: (how: string): unknown => how, thrown: 'NOT_SERIALISABLE' },
] as const

const ALIKE: readonly Crash[] = [
  { how: 'throw', exit: undefined, setUp: /threw: thrown/ },
  { how: 'exit 0', exit: { exitCode: 0 }, setUp: /before they are ready \(exit code 0\)/ },
  { how: 'exit 1', exit: { exitCode: 1 }, setUp: /before they are ready \(exit code 1\)/ },
  { how: 'loop', exit: undefined, setUp: /not within 500 ms/ },
  { how: 'stray error', exit: { exitCode: 1, stderr: expect.stringContaining('stray') }, setUp: /\(exit code 1\); they wrote: .*stray/s },
]

const CRASHES: Readonly<Record<'thread' | 'process', readonly Crash[]>> = {
  thread: [
    ...ALIKE,
    {
      how: 'heap',
      exit: { exitCode: 1, stderr: expect.stringContaining('ERR_WORKER_OUT_OF_MEMORY') },
      setUp: /ERR_WORKER_OUT_OF_MEMORY/,
    },
    // A signal or a native abort ends the program with all its threads: pool-life.test.ts.
  ],
  process: [
    ...ALIKE,
    { how: 'heap', exit: { signal: 'SIGABRT', stderr: expect.stringContaining('heap') }, setUp: /\(SIGABRT\); they wrote: .*heap/s },
    { how: 'kill', exit: { signal: 'SIGKILL' }, setUp: /before they are ready \(SIGKILL\)/ },
    { how: 'abort', exit: { signal: 'SIGABRT' }, setUp: /before they are ready \(SIGABRT\)/ },
  ],
}

/** An endless loop ends by this; long enough for a task that has nothing to do on a busy machine. */
const TIMEOUT_MS = 1_000

/** The crash matrix: each way to end, at each place where a worker can. */
describe.each(POOLS)('the end of a worker of a %s pool', (kind, Pool) => {
  // A heap of 40 MB is soon full.
  const open = (options: LocalPoolOptions<Tasks> = {}): InstanceType<typeof Pool<Tasks>> =>
    new Pool<Tasks>(modules, { size: 2, crashLimit: 1, heapMb: 40, cancelGraceMs: 1, ...options })
  const crashes = CRASHES[kind]
  const cells = PLACES.flatMap((place) => crashes.map((crash) => ({ ...place, ...crash, error: errorOf(crash, place.thrown) })))
    // A stray error needs a turn of the event loop, and there is none while something is decoded or encoded.
    .filter(({ how, task }) => how !== 'stray error' || task === 'endWith')

  // What Node opens once, for the first worker of all, it keeps.
  beforeAll(async () => {
    await using first = open()
    await first.submit('square', 1)
  })

  test.each(cells)('$how $place: its task fails alone and says how, and the pool works on', async (cell) => {
    const { how, task, argument, error, exit } = cell
    await leavingNothing(async () => {
      await using pool = open()
      const first = pool.submitWith(limits(how), task, argument(how) as never)
      await expect(first).rejects.toMatchObject({ ...error, task, index: 0, attempts: 1 })
      const items = ['fine', how, 'fine', 'fine'].map(argument) as never[]
      const outcomes = await pool.map(task, items, { settle: true, chunkSize: 2, ...limits(how) })
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
      expect(outcomes[1]).toMatchObject({ reason: { ...error, task, index: 1, attempts: 1 } })
      expect(await pool.map('square', [1, 2, 3])).toEqual([1, 4, 9])
      // By the first call, by the chunk of two, and by the guilty one of them alone.
      expect(pool.statistics().workers.lost).toBe(exit === undefined ? 0 : 3)
    })
  })

  test.each(crashes)('$how after the result: the result counts, and the pool works on', async ({ how }) => {
    await leavingNothing(async () => {
      await using pool = open({ size: 1, crashLimit: 3 })
      expect(await pool.submit('endAfter', how)).toBe('sent')
      // The time of a task that waits behind an endless loop is over before the task has begun: that is what `retries` are for.
      expect(await pool.map('square', [1, 2, 3], { ...limits(how), ...(how === 'loop' && { retries: 1 }) })).toEqual([1, 4, 9])
      expect(await pool.map('square', [4, 5])).toEqual([16, 25])
    })
  })

  test.each(crashes)('$how before the first task: every call says that no worker can be set up, and why', async ({ how, setUp }) => {
    await leavingNothing(async () => {
      await using pool = open({ initializer: 'endWith', initializerArguments: [how], ...(how === 'loop' && { startTimeoutMs: 500 }) })
      const error = { code: 'TASK_MODULE', message: expect.stringMatching(setUp) as string }
      await expect(pool.map('square', [1])).rejects.toMatchObject(error)
      await expect(pool.submit('square', 1)).rejects.toMatchObject(error)
    })
  })

  // What is thrown outside of any task is a stray error.
  const outside = crashes
    .filter(({ how }) => how !== 'stray error')
    .map((crash) =>
      crash.how === 'throw' ? { ...crash, exit: { exitCode: 1, stderr: expect.stringContaining('thrown') as string } } : crash,
    )
  test.each(outside)('$how when ready, before the first task: the call says so, and the pool works on', async (crash) => {
    const started = new Value('i32', 0, { memory: 'process' })
    await leavingNothing(async () => {
      await using pool = open({ size: 1, initializer: 'endFirstWhenReady', initializerArguments: [crash.how, started.handle] })
      const future = pool.submitWith(limits(crash.how), 'square', 2)
      await expect(future).rejects.toMatchObject({ ...errorOf(crash, ''), task: 'square', index: 0, attempts: 1 })
      expect(await pool.map('square', [1, 2, 3])).toEqual([1, 4, 9])
      expect(started.value).toBe(2)
    })
    started.unlink()
    started.close()
  })

  test('large arguments are on their way when the worker ends: each call fails, and the pool works on', async () => {
    await leavingNothing(async () => {
      await using pool = open()
      const large = 'a'.repeat(1_000_000)
      const items = Array.from({ length: 10 }, () => ['exit 1', large] as [string, string])
      const outcomes = await pool.starmap('endWithBallast', items, { settle: true, chunkSize: 1 })
      for (const [index, outcome] of outcomes.entries()) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_LOST', index, exitCode: 1 } })
      }
      expect(await pool.submit('square', 3)).toBe(9)
    })
  })
})

function detonating(how: string): unknown {
  return { detonate: how }
}

/** Options of a call without which it would never end. */
function limits(how: How): { readonly timeoutMs?: number } {
  return how === 'loop' ? { timeoutMs: TIMEOUT_MS } : {}
}

/** What the guilty task fails with; `thrown`: the code of an error that the place throws. */
function errorOf({ how, exit }: Crash, thrown: string): object {
  if (exit !== undefined) return { name: 'WorkerLostError', code: 'WORKER_LOST', ...exit }
  return { name: 'TaskError', code: how === 'loop' ? 'TIMED_OUT' : thrown }
}
