/**
 * Lesson 7: threads or processes. The same work, waiting and computing, by threads and by processes; then the library's own advice.
 *
 * The Python original, from the documentation of `concurrent.futures`, with either executor:
 *
 *     for Executor in (ThreadPoolExecutor, ProcessPoolExecutor):
 *         with Executor(max_workers=2) as executor:
 *             list(executor.map(time.sleep, [0.1] * 8))      # waits: threads will do
 *             list(executor.map(count_primes, [200_000] * 8))  # computes: in Python only processes help
 *
 * In Node both help with what computes, since each thread has an engine of its own: threads start sooner and share memory, processes are
 * safe from each other's crashes. And what waits needs neither. Needs no coordinator.
 */
import { advise, ProcessPool, ThreadPool } from '@forkpool/pool-core'

type Tasks = typeof import('./shared-tasks.ts')
const TASKS = new URL('./shared-tasks.ts', import.meta.url)
const SIZE = 2
const TIMES = 8

const WORK = [
  { kind: 'I/O-bound', task: 'pause', argument: 100 },
  { kind: 'CPU-bound', task: 'countPrimes', argument: 200_000 },
] as const

await using threads = new ThreadPool<Tasks>(TASKS, { size: SIZE })
await using processes = new ProcessPool<Tasks>(TASKS, { size: SIZE })

/** Seconds of all of it. */
async function seconds(run: () => Promise<unknown>): Promise<string> {
  const startedAt = performance.now()
  await run()
  return ((performance.now() - startedAt) / 1000).toFixed(2)
}

for (const { kind, task, argument } of WORK) {
  const items = Array<number>(TIMES).fill(argument)
  // Each task is a shard of its own, so that both workers get some. The first batch starts them; the second is timed.
  for (const pool of [threads, processes]) await pool.map(task, items.slice(0, SIZE), { chunkSize: 1 })
  const inThreads = await seconds(() => threads.map(task, items, { chunkSize: 1 }))
  const inProcesses = await seconds(() => processes.map(task, items, { chunkSize: 1 }))
  console.log(`${kind}: ${SIZE} threads ${inThreads} s, ${SIZE} processes ${inProcesses} s`)
}

for (const { kind, task, argument } of WORK) {
  const { recommended, size, concurrency, measured } = await advise<Tasks>(TASKS, task, [[argument]], { budgetMs: 200 })
  const share = (measured.cpuShare * 100).toFixed(0)
  console.log(`${kind}: advised ${recommended}, pool size ${size}, ${concurrency} at once; ${share} % of its time on a processor`)
}
