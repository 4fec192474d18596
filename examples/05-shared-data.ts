/**
 * Lesson 5: sharing data. A million numbers lie in one shared memory; threads square the first half of them, processes the second, and
 * nothing is copied.
 *
 * The Python original, from the documentation of `multiprocessing.shared_memory`:
 *
 *     shm = shared_memory.SharedMemory(create=True, size=a.nbytes)
 *     b = np.ndarray(a.shape, dtype=a.dtype, buffer=shm.buf)
 *     with ProcessPoolExecutor(initializer=use_numbers, initargs=(shm.name,)) as pool: ...
 *     shm.close(); shm.unlink()
 *
 * Needs no coordinator.
 */
import { ProcessPool, ThreadPool } from '@forkpool/pool-core'
import { SharedMemory } from '@forkpool/pool-core/sync'

const COUNT = 1_000_000
const PART = 100_000

using memory = SharedMemory.create({ size: COUNT * 8 })
const numbers = new Float64Array(memory.bytes.buffer, memory.bytes.byteOffset, COUNT)
for (let i = 0; i < COUNT; i++) numbers[i] = i

const module = new URL('./shared-tasks.ts', import.meta.url)
const options = { size: 2, initializer: 'useNumbers', initializerArguments: [memory.handle] } as const
await using threads = new ThreadPool<typeof import('./shared-tasks.ts')>(module, options)
await using processes = new ProcessPool<typeof import('./shared-tasks.ts')>(module, options)

const parts = Array.from({ length: COUNT / PART }, (_, i) => [i * PART, (i + 1) * PART] as const)
await Promise.all([
  threads.starmap('squareInPlace', parts.slice(0, parts.length / 2)),
  processes.starmap('squareInPlace', parts.slice(parts.length / 2)),
])

console.log(`threads: the square of 499999 is ${numbers[499_999]}`)
console.log(`processes: the square of 999999 is ${numbers[999_999]}`)
console.log(`all squared: ${numbers.every((square, i) => square === i * i)}`)
memory.unlink()
