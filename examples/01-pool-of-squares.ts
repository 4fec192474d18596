/**
 * Lesson 1: a process pool of squares, timed at the pool sizes 2, 4 and 8.
 *
 * The Python original, from the documentation of `multiprocessing` ("Using a pool of workers"):
 *
 *     for size in (2, 4, 8):
 *         with Pool(size) as pool:
 *             started = time.perf_counter()
 *             squares = pool.map(square, range(1, 1_000_001))
 *             print(size, time.perf_counter() - started)
 *
 * Here the workers are forked by the coordinator, and a pool is a limit: at most so many of them compute for it at once.
 */
import { connect } from '@forkpool/client'

/** What this lesson uses of the coordinator's built-in tasks: names, arguments and results are checked by the compiler. */
interface BuiltIn {
  square(n: number): number
}

await using cluster = await connect<BuiltIn>(process.env['FORKPOOL_URL'] ?? 'ws://127.0.0.1:7070')
const numbers = Array.from({ length: 1_000_000 }, (_, i) => i + 1)

for (const size of [2, 4, 8]) {
  const pool = cluster.pool({ size })
  // The first batch of a size starts its workers; only the second is timed.
  await pool.map('square', numbers.slice(0, 100_000))
  const startedAt = performance.now()
  const squares = await pool.map('square', numbers)
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`pool size ${size}: ${squares.length} squares in ${seconds.toFixed(3)} s, the last is ${squares.at(-1)}`)
}
