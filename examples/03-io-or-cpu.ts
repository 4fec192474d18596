/**
 * Lesson 3: waiting or computing. More workers than cores shorten what waits, and cannot shorten what computes.
 *
 * The Python original, the exercise that every course on concurrency sets:
 *
 *     with ThreadPoolExecutor(workers) as pool:          # waits: threads are enough
 *         list(pool.map(time.sleep, [0.1] * 16))
 *     with ProcessPoolExecutor(workers) as pool:         # computes: only processes pass the interpreter lock
 *         list(pool.map(prime_count, [300_000] * 16))
 */
import { availableParallelism } from 'node:os'
import { connect } from '@forkpool/client'

interface BuiltIn {
  sleep(ms: number): unknown
  primeCount(n: number): number
}

const WORKERS = 8
const TASKS = 16
const WAIT_MS = 100
const PRIMES_BELOW = 300_000

await using cluster = await connect<BuiltIn>(process.env['FORKPOOL_URL'] ?? 'ws://127.0.0.1:7070')

/** Seconds of all tasks on a pool of this size; each task is a shard of its own, so that all workers get some. */
async function seconds(name: keyof BuiltIn, item: number, size: number): Promise<number> {
  const pool = cluster.pool({ size })
  const items = Array.from({ length: TASKS }, () => item)
  // The first batch starts the workers; only the second is timed.
  await pool.map(name, items, { chunkSize: 1 })
  const startedAt = performance.now()
  await pool.map(name, items, { chunkSize: 1 })
  return (performance.now() - startedAt) / 1000
}

for (const { kind, name, item } of [
  { kind: 'I/O-bound', name: 'sleep', item: WAIT_MS },
  { kind: 'CPU-bound', name: 'primeCount', item: PRIMES_BELOW },
] as const) {
  const one = await seconds(name, item, 1)
  const many = await seconds(name, item, WORKERS)
  const times = (one / many).toFixed(1)
  console.log(
    `${kind}: 1 worker ${one.toFixed(2)} s, ${WORKERS} workers ${many.toFixed(2)} s: ${times} times as fast on ${availableParallelism()} cores`,
  )
}
