/** A user's program: all that it has is the package. Prints what it found, as JSON. */
import { asCompleted, ProcessPool, range, TaskError, ThreadPool, wait } from '@forkpool/pool-core'
import type { Future, Pool } from '@forkpool/pool-core'
import { Event, Lock, Queue, Semaphore, Value } from '@forkpool/pool-core/sync'

type Tasks = typeof import('./tasks.ts')

const TASKS = new URL('./tasks.ts', import.meta.url)
const COUNTERS = 2
const TIMES = 5_000

async function useCalls(pool: Pool<Tasks>): Promise<unknown> {
  const squares: number[] = await pool.map('square', range(1, 10_001))
  const sides: number[] = await pool.starmap('hypotenuse', [
    [3, 4],
    [5, 12],
  ])
  const streamed: number[] = []
  for await (const n of pool.imap('square', [1, 2, 3], { bufferSize: 2 })) streamed.push(n)
  const big: bigint = await pool.apply('factorial', [25])
  const future: Future<number> = pool.submit('square', 12)
  const futures = [3, 2, 1].map((n) => pool.submit('square', n))
  const done: number[] = []
  for await (const one of asCompleted(futures)) done.push(await one.result())
  const { notDone } = await wait(futures)
  const error = await pool.apply('fail', ['no such number']).catch((reason: unknown) => reason)
  const cause = error instanceof TaskError ? (error.cause as RangeError & { reason: string }) : undefined
  return {
    sum: squares.reduce((sum, n) => sum + n, 0),
    sides,
    streamed,
    big: String(big),
    square: await future,
    done: done.toSorted((a, b) => a - b),
    notDone: notDone.size,
    failure: [cause?.name, cause?.message, cause?.reason],
  }
}

/** One counter under one lock, from every worker of a pool at once. */
async function useSync(kind: 'thread' | 'process'): Promise<unknown> {
  using lock = new Lock({ memory: kind })
  using counter = new Value('i32', 0, { memory: kind, lock: false })
  using queue = new Queue<string>({ memory: kind })
  using gate = new Event({ memory: kind })
  using permits = new Semaphore({ memory: kind, permits: 1 })
  const handles = { lock: lock.handle, counter: counter.handle, queue: queue.handle, gate: gate.handle, permits: permits.handle }
  const options = { size: COUNTERS, initializer: 'share', initializerArguments: [handles] } as const
  await using pool = kind === 'thread' ? new ThreadPool<Tasks>(TASKS, options) : new ProcessPool<Tasks>(TASKS, options)
  const counted = pool.map('count', Array<number>(COUNTERS).fill(TIMES), { chunkSize: 1 })
  // Waits in this event loop, which the workers wake.
  const messages = Promise.all(Array.from({ length: COUNTERS }, () => queue.get()))
  gate.set()
  const result = { counted: await counted, counter: counter.value, messages: await messages, locked: lock.isLocked }
  for (const one of [lock, counter, queue, gate, permits]) one.unlink()
  return result
}

await using threads = new ThreadPool<Tasks>(TASKS, { size: 2 })
await using processes = new ProcessPool<Tasks>(TASKS, { size: 2 })
await using inline = ThreadPool.of({ half: (n: number) => n / 2 }, { size: 1 })
const report = {
  threads: await useCalls(threads),
  processes: await useCalls(processes),
  inline: await inline.map('half', [1, 2]),
  threadSync: await useSync('thread'),
  processSync: await useSync('process'),
}
console.log(JSON.stringify(report))
