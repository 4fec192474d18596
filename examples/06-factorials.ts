/**
 * Lesson 6: a thread pool of factorials. The results are big integers, and come in order or as they are ready.
 *
 * The Python original, an exercise on `concurrent.futures`:
 *
 *     with ThreadPoolExecutor(max_workers=4) as pool:
 *         for n, result in zip(numbers, pool.map(math.factorial, numbers)): print(n, result)
 *         futures = [pool.submit(math.factorial, n) for n in (3000, 1000, 2000)]
 *         for future in as_completed(futures): print(len(str(future.result())))
 *
 * Needs no coordinator.
 */
import { asCompleted, range, ThreadPool } from '@forkpool/pool-core'

await using pool = new ThreadPool<typeof import('./shared-tasks.ts')>(new URL('./shared-tasks.ts', import.meta.url), { size: 4 })

const numbers = [...range(5, 26, 5)]
for (const [i, result] of (await pool.map('factorial', numbers)).entries()) console.log(`${numbers[i]}! = ${result}`)

// As they are ready: in whatever order they end, so they are put in order for the reader.
const lengths: number[] = []
for await (const future of asCompleted([3_000, 1_000, 2_000].map((n) => pool.submit('factorial', n)))) {
  lengths.push(String(await future.result()).length)
}
console.log(`digits of 1000!, 2000! and 3000!: ${lengths.toSorted((a, b) => a - b).join(', ')}`)
