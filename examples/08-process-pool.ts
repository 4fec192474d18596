/**
 * Lesson 8: a process pool of this program, and the ways to call it.
 *
 * The Python original, from the documentation of `multiprocessing` ("Using a pool of workers"):
 *
 *     with Pool(processes=4) as pool:
 *         print(pool.map(f, range(10)))                  # in order
 *         for i in pool.imap_unordered(f, range(10)):    # as they are ready
 *             print(i)
 *         res = pool.apply_async(f, (20,))               # one call
 *         print(res.get(timeout=1))
 *         res = pool.apply_async(time.sleep, (10,))
 *         try:
 *             print(res.get(timeout=1))
 *         except TimeoutError:
 *             print("We lacked patience and got a multiprocessing.TimeoutError")
 *
 * Needs no coordinator.
 */
import { ForkpoolError, ProcessPool, range } from '@forkpool/pool-core'

await using pool = new ProcessPool<typeof import('./shared-tasks.ts')>(new URL('./shared-tasks.ts', import.meta.url), { size: 4 })

console.log('map:', (await pool.map('square', range(10))).join(' '))

const unordered: number[] = []
for await (const square of pool.imapUnordered('square', range(10), { chunkSize: 1 })) unordered.push(square)
console.log('imapUnordered:', unordered.toSorted((a, b) => a - b).join(' '), '(sorted)')

console.log(
  'starmap:',
  (
    await pool.starmap('power', [
      [2, 10],
      [3, 4],
    ])
  ).join(' '),
)

const future = pool.submit('square', 20)
console.log('submit:', await future.result(10_000))

// Python's get gives up waiting and the sleep goes on; here the time limit ends the task as well.
const patience = await pool.apply('pause', [10_000], { timeoutMs: 200 }).catch((error: unknown) => error)
console.log('apply:', patience instanceof ForkpoolError ? patience.code : patience)

console.log('in other processes:', (await pool.apply('processNumber', [])) !== process.pid)
