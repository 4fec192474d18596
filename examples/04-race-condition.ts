/**
 * Lesson 4: a race condition. Four processes add to one number in shared memory, without a lock and with one.
 *
 * The Python original, from the documentation of `multiprocessing`:
 *
 *     counter = Value('i', 0, lock=False)
 *     lock = Lock()
 *     def increment(times):
 *         for _ in range(times):
 *             with lock:                    # without this line updates are lost
 *                 counter.value += 1
 *
 * Needs no coordinator.
 */
import { ProcessPool } from '@forkpool/pool-core'
import { Barrier, Lock, Value } from '@forkpool/pool-core/sync'

const PROCESSES = 4
const TIMES = 200_000

using counter = new Value('i32', 0, { memory: 'process', lock: false })
using lock = new Lock({ memory: 'process' })
/** All begin together, whichever process starts first. */
using start = new Barrier({ parties: PROCESSES, memory: 'process' })

await using pool = new ProcessPool<typeof import('./shared-tasks.ts')>(new URL('./shared-tasks.ts', import.meta.url), {
  size: PROCESSES,
  initializer: 'useCounter',
  initializerArguments: [counter.handle, lock.handle, start.handle],
})

for (const task of ['increment', 'incrementLocked'] as const) {
  counter.value = 0
  // One task for each process: a chunk of one.
  await pool.map(
    task,
    Array.from({ length: PROCESSES }, () => TIMES),
    { chunkSize: 1 },
  )
  const lost = PROCESSES * TIMES - counter.value
  console.log(`${task}: ${PROCESSES} processes × ${TIMES} = ${counter.value}, ${lost === 0 ? 'none lost' : `${lost} lost`}`)
}

for (const one of [counter, lock, start]) one.unlink()
