/**
 * Lesson 9: what tasks can do beyond taking arguments and giving a result. They wait beside each other, yield while somebody reads, call tasks
 * themselves, share locks, and take and give memory without a copy.
 *
 * Python has some of it: `asyncio` for what waits, generators that `multiprocessing` cannot send, a `Lock` that must be inherited, and a deadlock where tasks of a
 * full pool wait for others:
 *
 *     def fibonacci(n): return n if n < 2 else pool.submit(fibonacci, n - 1).result() + …      # hangs
 *
 * Needs no coordinator.
 */
import { ThreadPool } from '@forkpool/pool-core'
import { Lock, Value } from '@forkpool/pool-core/sync'
import { request } from './flow-tasks.ts'

const tasks = new URL('./flow-tasks.ts', import.meta.url)

// One worker, a hundred waits at once.
await using waiting = new ThreadPool<typeof import('./flow-tasks.ts')>(tasks, { size: 1, concurrency: 100 })
const seen = await waiting.map(
  'visit',
  Array.from({ length: 100 }, () => 100),
)
console.log(`concurrency: ${Math.max(...seen)} waits at once in one worker`)

await using pool = new ThreadPool<typeof import('./flow-tasks.ts')>(tasks, {
  size: 1,
  onLog: ({ values }) => console.log('log:', ...values),
})

// A generator without end: it is a few items ahead of this loop, and ends with it.
const first: number[] = []
for await (const prime of pool.stream('primes')) if (first.push(prime) === 10) break
console.log(`stream: ${first.join(' ')}`)

console.log(`calls within: the tenth Fibonacci number is ${await pool.submit('fibonacci', 10)}`)

using lock = new Lock()
using counter = new Value('i32', 0)
await Promise.all([1, 2].map(() => waiting.submit('count', lock, counter, 1_000)).concat(pool.submit('count', lock, counter, 1_000)))
console.log(`a lock as an argument: ${counter.value}`)

const pixels = new Uint8Array(32 * 1024 * 1024)
const inverted = await request.run({ id: 'r-1' }, () => pool.submitWith({ transfer: [pixels.buffer] }, 'invert', pixels))
console.log(`moved: ${inverted.length} bytes there and back, ${pixels.length} left here`)
