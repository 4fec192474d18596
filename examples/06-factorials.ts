/**
 * Lesson 6: a thread pool of factorials. The results are big integers, and come in order or as they are ready.
 *
 * The Python original, an exercise on `concurrent.futures`:
 *
 *     with ThreadPoolExecutor(max_workers=4) as pool:
 *         for n, result in zip(numbers, pool.map(math.factorial, numbers)): print(n, result)
 *         futures = {pool.submit(math.factorial, n): n for n in numbers}
 *         for future in as_completed(futures): print(futures[future], future.result())
 *
 * Needs no coordinator.
 */
import { asCompleted, range, ThreadPool } from '@forkpool/pool-core'

await using pool = new ThreadPool<typeof import('./shared-tasks.ts')>(new URL('./shared-tasks.ts', import.meta.url), { size: 4 })

const numbers = [...range(5, 26, 5)]
for (const [i, result] of (await pool.map('factorial', numbers)).entries()) console.log(`${numbers[i]}! = ${result}`)

const futures = new Map([1_000, 2_000, 3_000].map((n) => [pool.submit('factorial', n), n]))
const lengths = new Map<number, number>()
for await (const future of asCompleted(futures.keys())) lengths.set(futures.get(future) ?? 0, String(await future).length)
for (const [n, length] of [...lengths].sort(([a], [b]) => a - b)) console.log(`${n}! has ${length} digits`)
